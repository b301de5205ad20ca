# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The shape of the land: hills between flat valleys, flatter where people built, rivers and lakes.

Points are given by their metres east and north, numbers or arrays of one shape.
"""

from __future__ import annotations

import numpy as np
from visual_navsat_sim.worlds.lattice import urban_noise
from visual_navsat_sim.worlds.noise import smooth_noise

_HILL_M, _HILL_WAVELENGTH_M = 26.0, 2600.0
_DETAIL_M, _DETAIL_WAVELENGTH_M = 3.0, 420.0
HIGHEST_DETAIL_M = 1.3 * _DETAIL_M
_RIVER_WAVELENGTH_M = 3400.0
_LAKE_WAVELENGTH_M = 1500.0
_LAKE_LEVEL = 0.62  # lake noise above this is water


def height_m(seed: int, east, north) -> np.ndarray:
    """Return the height of the ground above the rivers, metres."""
    hills = _HILL_M * (0.7 + smooth_noise(seed + 111, east, north, _HILL_WAVELENGTH_M, 2))
    return _hilliness(seed, east, north) * (hills + _detail(seed, east, north))


def unmapped_height_m(seed: int, east, north) -> np.ndarray:
    """Return the part of the height that a coarse elevation model does not know, metres."""
    return _hilliness(seed, east, north) * _detail(seed, east, north)


def _detail(seed: int, east, north) -> np.ndarray:
    return _DETAIL_M * smooth_noise(seed + 112, east, north, _DETAIL_WAVELENGTH_M)


def _hilliness(seed: int, east, north) -> np.ndarray:
    """Return a share of 0, on water, to 1: a half where towns are."""
    river = _river_noise(seed, east, north) ** 2
    valley = river / (river + 0.05)
    shore = _fade(_lake_noise(seed, east, north), _LAKE_LEVEL, 0.25)
    town = _fade(urban_noise(seed, east, north), 0.3, -0.2)
    return valley * shore * (0.45 + 0.55 * town)


def _fade(value: np.ndarray, zero_at: float, one_at: float) -> np.ndarray:
    share = np.clip((value - zero_at) / (one_at - zero_at), 0, 1)
    return share * share * (3 - 2 * share)


def water_distance_m(seed: int, east, north) -> np.ndarray:
    """
    Return how far inside the water each point is, in metres; negative on land.

    A river runs where a smooth field is zero; dividing by its slope makes distance of it.
    """
    east, north = np.asarray(east, float), np.asarray(north, float)
    value = _river_noise(seed, east, north)
    step = 8.0
    slope = np.hypot(
        _river_noise(seed, east + step, north) - value,
        _river_noise(seed, east, north + step) - value,
    ) / step  # fmt: skip
    half_width = 13.0 + 9.0 * smooth_noise(seed + 102, east, north, 700.0)
    # Where the field is flat the distance would explode into a lake; a floor keeps it a river.
    river = half_width - np.abs(value) / np.maximum(slope, 2.5e-4)
    lake = (_lake_noise(seed, east, north) - _LAKE_LEVEL) * 260.0
    return np.maximum(river, lake)


def _river_noise(seed: int, east, north) -> np.ndarray:
    return smooth_noise(seed + 101, east, north, _RIVER_WAVELENGTH_M, 2)


def _lake_noise(seed: int, east, north) -> np.ndarray:
    return smooth_noise(seed + 103, east, north, _LAKE_WAVELENGTH_M, 2)
