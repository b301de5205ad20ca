# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an autopilot makes of a target and of where its estimator believes to be."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from visual_navsat_sim.autopilot.guided_flight import GuidedFlight

_TOWARDS_HZ = 0.5  # speed asked for per metre of way left
_PUSH_HZ = 1.5  # push per metre a second of speed that is wrong
_TRIM_HZ = 0.1  # how fast a steady wind is learnt
_MAX_TRIM = 1.5  # m/s^2
_NOSE_M = 5.0  # nearer targets do not turn the nose


@dataclass
class PositionController:
    """Cascade from position to velocity to push, as multirotors have it."""

    speed_m_s: float = 8.0
    target_en_m: np.ndarray | None = None  # None: stay
    height_m: float = 0.0

    def __post_init__(self) -> None:
        self._trim = np.zeros(2)

    def steer(self, flight: GuidedFlight, state: np.ndarray, seconds: float) -> None:
        """
        Ask a vehicle for what brings it to the target.

        :param state: (4,) estimated east, north and their velocities.
        """
        if self.target_en_m is None:
            self.target_en_m = np.array(state[:2])
        way_m = self.target_en_m - state[:2]
        distance_m = float(np.linalg.norm(way_m))
        speed = min(self.speed_m_s, _TOWARDS_HZ * distance_m)
        wanted = way_m / max(distance_m, 1e-6) * speed
        wrong = wanted - state[2:]
        self._trim = np.clip(self._trim + seconds * _TRIM_HZ * wrong, -_MAX_TRIM, _MAX_TRIM)
        flight.push_en = _PUSH_HZ * wrong + self._trim
        flight.climb_m_s = self.height_m - flight.height_m
        if distance_m > _NOSE_M:
            flight.nose_rad = math.atan2(way_m[0], way_m[1])
