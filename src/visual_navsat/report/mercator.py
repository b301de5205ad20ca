"""The projection of web maps: EPSG:3857, spherical Mercator on WGS 84 degrees."""

from __future__ import annotations

import numpy as np

_RADIUS_M = 6378137.0
_MAX_LAT = 85.05112877980659  # where the map is square


def mercator_from_geodetic(lat, long) -> np.ndarray:
    """
    Return (..., 2) x east and y north in projected metres, which grow with latitude.

    :param lat: degrees; beyond 85.05 the edge of the map.
    :param long: degrees, also beyond 180: maps that cross the antimeridian stay in one piece.
    """
    lat = np.radians(np.clip(np.asarray(lat, float), -_MAX_LAT, _MAX_LAT))
    x = _RADIUS_M * np.radians(np.asarray(long, float))
    return np.stack([x, _RADIUS_M * np.arcsinh(np.tan(lat))], axis=-1)


def geodetic_from_mercator(xy) -> tuple[np.ndarray, np.ndarray]:
    """Return latitude and longitude in degrees of (..., 2) projected metres."""
    xy = np.asarray(xy, float)
    lat = np.degrees(np.arctan(np.sinh(xy[..., 1] / _RADIUS_M)))
    return lat, np.degrees(xy[..., 0] / _RADIUS_M)
