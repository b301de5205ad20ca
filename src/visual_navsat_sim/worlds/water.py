"""Rivers and lakes: a depth that can be asked for at any point of the plane."""

from __future__ import annotations

import numpy as np

from visual_navsat_sim.worlds.noise import smooth_noise

_RIVER_WAVELENGTH_M = 3400.0
_LAKE_WAVELENGTH_M = 1500.0


def water_distance_m(seed: int, east, north) -> np.ndarray:
    """
    Return how far inside the water each point is, in metres; negative on land.

    A river runs where a smooth field is zero; dividing by its slope makes distance of it.

    :param east: metres, scalar or array; ``north`` has the same shape.
    """
    east, north = np.asarray(east, float), np.asarray(north, float)

    value = river_noise(seed, east, north)
    step = 8.0
    slope = np.hypot(
        river_noise(seed, east + step, north) - value,
        river_noise(seed, east, north + step) - value,
    ) / step  # fmt: skip
    half_width = 13.0 + 9.0 * smooth_noise(seed + 102, east, north, 700.0)
    # Where the field is flat the distance would explode into a lake; a floor keeps it a river.
    river = half_width - np.abs(value) / np.maximum(slope, 2.5e-4)
    lake = (lake_noise(seed, east, north) - 0.62) * 260.0
    return np.maximum(river, lake)


def river_noise(seed: int, east, north) -> np.ndarray:
    """Return the field that is zero along the rivers."""
    return smooth_noise(seed + 101, east, north, _RIVER_WAVELENGTH_M, 2)


def lake_noise(seed: int, east, north) -> np.ndarray:
    """Return the field that is above 0.62 in lakes."""
    return smooth_noise(seed + 103, east, north, _LAKE_WAVELENGTH_M, 2)
