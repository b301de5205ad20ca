# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Web mercator, the projection of slippy maps: the square of the world, its tiles, and EPSG:3857.

The square is 1 wide; x grows eastwards and y southwards from its north-west corner. A zoom has
2**zoom tiles along each side; the metres of EPSG:3857 grow east and north from the middle.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

EQUATOR_M = 2 * math.pi * 6378137.0
_MAX_LAT = 85.05112877980659  # where the world is square

Floats = npt.NDArray[np.float64]


def world_from_geodetic(lat: npt.ArrayLike, long: npt.ArrayLike) -> tuple[Floats, Floats]:
    """
    Return x and y of places in the square of the world.

    :param lat: degrees; beyond 85.05 the edge of the square.
    :param long: degrees; beyond 180 they give x beyond 1, so that maps that cross the antimeridian
        stay in one piece.
    """
    sine = np.sin(np.radians(np.clip(np.asarray(lat, float), -_MAX_LAT, _MAX_LAT)))
    y = 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return (np.asarray(long, float) + 180.0) / 360.0, y


def geodetic_from_world(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return latitude and longitude in degrees of places in the square of the world."""
    lat = np.degrees(np.arctan(np.sinh(math.pi * (1 - 2 * np.asarray(y, float)))))
    return lat, np.asarray(x, float) * 360.0 - 180.0


def mercator_from_geodetic(lat: npt.ArrayLike, long: npt.ArrayLike) -> Floats:
    """Return (..., 2) metres east and north in EPSG:3857, as :func:`world_from_geodetic`."""
    x, y = world_from_geodetic(lat, long)
    return np.stack([(x - 0.5) * EQUATOR_M, (0.5 - y) * EQUATOR_M], axis=-1)


def geodetic_from_mercator(points_m: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return latitude and longitude in degrees of (..., 2) metres in EPSG:3857."""
    points = np.asarray(points_m, float) / EQUATOR_M
    return geodetic_from_world(points[..., 0] + 0.5, 0.5 - points[..., 1])


def stretch(lat: float) -> float:
    """Return how many metres of EPSG:3857 a metre on the ground is at a latitude."""
    return 1 / math.cos(math.radians(lat))


def gsd_m_per_px(lat: float, zoom: int, tile_px: int) -> float:
    """Return metres on the ground per pixel of tiles of ``tile_px`` pixels at a latitude."""
    return EQUATOR_M * math.cos(math.radians(lat)) / (2**zoom * tile_px)
