# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the camera of a flying vehicle sees of a world; its gimbal is not exact."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from visual_navsat_sim.demo.flight_site import Site
from visual_navsat_sim.fly.truth import TrueState
from visual_navsat_sim.worlds.camera import CameraPose, photograph, Pinhole
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.noise import seeded_rng

TILT_SIGMA_DEG = 1.0
_STREAM = 411


@dataclass
class Photographer:
    """Takes photos of a world from where a vehicle truly is."""

    site: Site
    epoch: Epoch
    camera: Pinhole
    seed: int
    lowest_m: float  # from lower none is taken
    num_taken: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._random: np.random.Generator = seeded_rng(self.seed, _STREAM)

    def take(self, state: TrueState) -> np.ndarray | None:
        """Return (H, W, 3) uint8 RGB; None on the way up."""
        if not state.height_m > self.lowest_m:
            return None
        self.num_taken += 1
        east_m, north_m = self.site.world_from_geodetic(state.latitude, state.longitude)
        tilts = self._random.normal(0.0, TILT_SIGMA_DEG, 2)
        pose = CameraPose(
            float(east_m), float(north_m), state.height_m, state.heading_deg, *map(float, tilts)
        )
        shot = photograph(
            self.site.world, self.epoch, pose, self.camera, exposure_key=self.num_taken
        )
        return shot.image
