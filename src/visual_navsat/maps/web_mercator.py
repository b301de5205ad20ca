"""Slippy-map arithmetic: zoom, column and row of web mercator tiles, and where they lie."""

from __future__ import annotations

import math

import numpy as np

EQUATOR_M = 2 * math.pi * 6378137.0


def world_from_geodetic(lat, long) -> tuple[np.ndarray, np.ndarray]:
    """
    Return x and y of places in the square of the world: 0 to 1 from the north-west corner.

    Longitudes beyond 180 degrees give x beyond 1.
    """
    sine = np.sin(np.radians(np.asarray(lat, float)))
    y = 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return (np.asarray(long, float) + 180.0) / 360.0, y


def geodetic_from_world(x, y) -> tuple[np.ndarray, np.ndarray]:
    """Return latitude and longitude in degrees of places in the square of the world."""
    lat = np.degrees(np.arctan(np.sinh(math.pi * (1 - 2 * np.asarray(y, float)))))
    return lat, np.asarray(x, float) * 360.0 - 180.0


def gsd_m_per_px(lat: float, zoom: int, tile_px: int) -> float:
    """Return metres per pixel of tiles of ``tile_px`` pixels at a latitude."""
    return EQUATOR_M * math.cos(math.radians(lat)) / (2**zoom * tile_px)
