# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Metres from the EKF's origin, by ArduPilot's own arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
import math

# Metres of 1e-7 degree on ArduPilot's sphere of 6378100 m. On the ellipsoid a degree of latitude
# is up to 0.7 % shorter: 7 m a kilometre from the origin, which would be taken for the position.
_M_PER_E7 = 1e-7 * math.radians(1.0) * 6378100.0


@dataclass(frozen=True)
class Origin:
    """The point from which an EKF counts its metres."""

    latitude: float  # degrees
    longitude: float  # degrees
    altitude_m: float = 0.0  # above mean sea level

    def ned_from_geodetic(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Return metres north and east of a point, as ArduPilot counts them."""
        north_m = (latitude - self.latitude) * 1e7 * _M_PER_E7
        turn = (longitude - self.longitude + 180.0) % 360.0 - 180.0
        scale = max(math.cos(math.radians((latitude + self.latitude) / 2)), 0.01)
        return north_m, turn * 1e7 * _M_PER_E7 * scale

    def geodetic_from_ned(self, north_m: float, east_m: float) -> tuple[float, float]:
        """Return latitude and longitude in degrees: the inverse of :meth:`ned_from_geodetic`."""
        latitude = self.latitude + north_m / _M_PER_E7 / 1e7
        scale = max(math.cos(math.radians((latitude + self.latitude) / 2)), 0.01)
        longitude = self.longitude + east_m / _M_PER_E7 / 1e7 / scale
        return latitude, (longitude + 180.0) % 360.0 - 180.0
