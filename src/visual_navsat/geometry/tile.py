# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One georeferenced piece of the map, the unit of retrieval."""

from __future__ import annotations

from dataclasses import dataclass

from visual_navsat.geometry.geodesy import distance_m, wrap_long


@dataclass(frozen=True)
class TileMetadata:
    """
    A north-up map tile: its image and its corners on WGS 84, in degrees.

    A tile whose left longitude is greater than its right one by over 180 degrees crosses the
    antimeridian.
    """

    filename: str
    top_left_lat: float
    top_left_long: float
    bottom_right_lat: float
    bottom_right_long: float
    zoom_level: int | None = None
    spatial_resolution: float | None = None  # metres per pixel of the image as stored

    @property
    def span_long(self) -> float:
        """Width in degrees of longitude, also across the antimeridian."""
        return float((self.bottom_right_long - self.top_left_long) % 360.0)

    @property
    def center_lat(self) -> float:
        """Latitude of the tile's centre, degrees."""
        return (self.top_left_lat + self.bottom_right_lat) / 2

    @property
    def center_long(self) -> float:
        """Longitude of the tile's centre, degrees in [-180, 180)."""
        return float(wrap_long(self.top_left_long + self.span_long / 2))

    @property
    def size_m(self) -> tuple[float, float]:
        """Width and height in metres through the tile's centre."""
        # Halved and doubled: the geodesic between corners over 180 degrees apart is the short way.
        width = 2 * distance_m(
            self.center_lat, self.top_left_long, self.center_lat, self.center_long
        )
        height = distance_m(
            self.top_left_lat, self.center_long, self.bottom_right_lat, self.center_long
        )
        return float(width), float(height)

    def contains(self, lat: float, long: float) -> bool:
        """Return whether a point (degrees) lies in the tile, borders included."""
        inside_lat = self.bottom_right_lat <= lat <= self.top_left_lat
        return inside_lat and (long - self.top_left_long) % 360.0 <= self.span_long
