"""The height of the ground: hills between flat valleys, flatter where people built."""

from __future__ import annotations

import numpy as np

from visual_navsat_sim.worlds.lattice import urban_noise
from visual_navsat_sim.worlds.noise import smooth_noise
from visual_navsat_sim.worlds.water import lake_noise, river_noise

_HILL_M, _HILL_WAVELENGTH_M = 26.0, 2600.0
_DETAIL_M, _DETAIL_WAVELENGTH_M = 3.0, 420.0
HIGHEST_DETAIL_M = 1.3 * _DETAIL_M


def height_m(seed: int, east, north) -> np.ndarray:
    """
    Return the height of the ground above the rivers, metres, at points.

    :param east: metres, scalar or array; ``north`` has the same shape.
    """
    hills = _HILL_M * (0.7 + smooth_noise(seed + 111, east, north, _HILL_WAVELENGTH_M, 2))
    return _hilliness(seed, east, north) * (hills + _detail(seed, east, north))


def unmapped_height_m(seed: int, east, north) -> np.ndarray:
    """Return the part of the height that a coarse elevation model does not know, metres."""
    return _hilliness(seed, east, north) * _detail(seed, east, north)


def _detail(seed: int, east, north) -> np.ndarray:
    return _DETAIL_M * smooth_noise(seed + 112, east, north, _DETAIL_WAVELENGTH_M)


def _hilliness(seed: int, east, north) -> np.ndarray:
    """Return a share of 0, on water, to 1: a half where towns are."""
    river = river_noise(seed, east, north) ** 2
    valley = river / (river + 0.05)
    shore = _fade(lake_noise(seed, east, north), 0.62, 0.25)
    town = _fade(urban_noise(seed, east, north), 0.3, -0.2)
    return valley * shore * (0.45 + 0.55 * town)


def _fade(value: np.ndarray, zero_at: float, one_at: float) -> np.ndarray:
    share = np.clip((value - zero_at) / (one_at - zero_at), 0, 1)
    return share * share * (3 - 2 * share)
