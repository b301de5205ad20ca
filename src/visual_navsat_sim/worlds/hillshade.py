"""Slopes that face the sun are brighter than those that turn away."""

from __future__ import annotations

import numpy as np

from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.knot_field import KnotField
from visual_navsat_sim.worlds.sheet import Sheet
from visual_navsat_sim.worlds.world import World

_STEP_M = 40.0
_LARGEST_GAIN = 0.35


class Hillshade:
    """The light on the slopes of a world, on one day."""

    def __init__(self, world: World, epoch: Epoch) -> None:
        self._world, self._epoch = world, epoch
        self._gain = KnotField(self._gain_at, _STEP_M)

    def sample(self, sheet: Sheet) -> np.ndarray | None:
        """Return the gain in the part shown of a sheet, (h, w) float32; None if all is flat."""
        return self._gain.sample(sheet) if self._world.relief else None

    def _gain_at(self, east: np.ndarray, north: np.ndarray) -> np.ndarray:
        """Return the gain at the knots of a net, (n, n), rows from north to south."""
        # One more row and column, so that every knot has a neighbour to the east and south.
        east = np.append(east[0], east[0, -1] + _STEP_M)
        north = np.append(north[:, 0], north[-1, 0] - _STEP_M)
        height = self._world.height_m(*np.meshgrid(east, north))
        rise_east = (height[:-1, 1:] - height[:-1, :-1]) / _STEP_M
        rise_north = (height[:-1, :-1] - height[1:, :-1]) / _STEP_M
        sun = self._epoch.sun_direction / self._epoch.sun_direction[2]
        facing = -rise_east * sun[0] - rise_north * sun[1]
        return 1 + np.clip(self._epoch.shadow * facing, -_LARGEST_GAIN, _LARGEST_GAIN)
