# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Convert between WGS 84 and a local east-north plane, and measure distances on the ellipsoid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyproj
from visual_navsat.errors import ShapeError

_WGS84 = pyproj.Geod(ellps='WGS84')


class LocalFrame:
    """
    East-north metres around an origin, by azimuthal equidistant projection.

    Distances and bearings from the origin are exact on the ellipsoid; between two other points
    they are wrong by 1e-6 of the distance at 10 km from the origin. Works across the antimeridian
    and at any latitude.
    """

    def __init__(self, origin_lat: float, origin_long: float) -> None:
        check_lat_long(origin_lat, origin_long, 'frame origin')
        self.origin_lat = float(origin_lat)
        self.origin_long = float(origin_long)
        self._projection = pyproj.Proj(
            proj='aeqd', lat_0=self.origin_lat, lon_0=self.origin_long, datum='WGS84'
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LocalFrame):
            return NotImplemented
        return (self.origin_lat, self.origin_long) == (other.origin_lat, other.origin_long)

    def __hash__(self) -> int:
        return hash((self.origin_lat, self.origin_long))

    def enu_from_geodetic(self, lat: npt.ArrayLike, long: npt.ArrayLike) -> np.ndarray:
        """
        Return (..., 2) east and north in metres of points on the ellipsoid.

        :param lat: degrees, scalar or array.
        :param long: degrees, the same shape.
        """
        east, north = self._projection(np.asarray(long, float), np.asarray(lat, float))
        return np.stack([east, north], axis=-1)

    def geodetic_from_enu(self, enu: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return latitude and longitude in degrees of (..., 2) east-north metres."""
        enu = np.asarray(enu, float)
        long, lat = self._projection(enu[..., 0], enu[..., 1], inverse=True)
        return np.asarray(lat), np.asarray(long)


def distance_m(
    lat_a: npt.ArrayLike, long_a: npt.ArrayLike, lat_b: npt.ArrayLike, long_b: npt.ArrayLike
) -> np.ndarray:
    """Return the geodesic distance in metres between points given in degrees."""
    ends = (long_a, lat_a, long_b, lat_b)
    longs_a, lats_a, longs_b, lats_b = np.broadcast_arrays(*(np.asarray(x, float) for x in ends))
    return np.asarray(_WGS84.inv(longs_a, lats_a, longs_b, lats_b)[2])


def wrap_long(long: npt.ArrayLike) -> np.ndarray:
    """Return a longitude in degrees brought into [-180, 180)."""
    return (np.asarray(long, float) + 180.0) % 360.0 - 180.0


def check_lat_long(lat: float, long: float, what: str) -> None:
    """Raise ShapeError unless latitude and longitude are finite degrees in range."""
    if not -90.0 <= lat <= 90.0:
        raise ShapeError(f'latitude of {what} must be -90 to 90 degrees, got {lat}')
    if not -180.0 <= long <= 180.0:
        raise ShapeError(f'longitude of {what} must be -180 to 180 degrees, got {long}')
