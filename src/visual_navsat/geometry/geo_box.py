# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A north-up box in degrees: what a tile, an area or a whole map covers."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geodesy import distance_m, wrap_long
from visual_navsat.geometry.tile import TileMetadata


@dataclass(frozen=True)
class GeoBox:
    """
    A box in degrees WGS 84.

    ``east`` is greater than ``west``, so beyond 180 where the box crosses the antimeridian.
    """

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def of_tile(cls, tile: TileMetadata) -> GeoBox:
        """Return what a tile covers."""
        west = tile.top_left_long
        return cls(west, tile.bottom_right_lat, west + tile.span_long, tile.top_left_lat)

    @classmethod
    def parse(cls, text: str, what: str) -> GeoBox:
        """
        Return the box of ``west,south,east,north``; east is smaller across the antimeridian.

        It may be a point or a line.

        :param what: what messages call it.
        :raises ConfigError: if it is none.
        """
        try:
            west, south, east, north = map(float, text.split(','))
        except ValueError:
            west = south = east = north = math.nan
        if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
            raise ConfigError(
                f'{what} must be west,south,east,north in degrees, south below north, '
                f'got {text!r:.80}'
            )
        return cls(west, south, east if east >= west else east + 360.0, north)

    @property
    def center(self) -> tuple[float, float]:
        """Latitude and longitude of the middle."""
        return (self.south + self.north) / 2, (self.west + self.east) / 2

    @property
    def size_m(self) -> tuple[float, float]:
        """Width and height in metres through the middle."""
        lat, long = self.center
        # From the middle: the geodesic between ends over 180 degrees apart is the short way.
        width = distance_m(lat, self.west, lat, long) + distance_m(lat, long, lat, self.east)
        return float(width), float(distance_m(self.south, long, self.north, long))

    def contains(self, lat: float, long: float) -> bool:
        """Return whether a point lies in the box; its longitude may be off by whole turns."""
        inside = self.south <= lat <= self.north
        return inside and (long - self.west) % 360.0 <= self.east - self.west

    def overlap(self, other: GeoBox) -> float:
        """Return the share of the smaller of two boxes, in degrees, that the other one covers."""
        other = other.near(self.center[1])
        width = min(self.east, other.east) - max(self.west, other.west)
        height = min(self.north, other.north) - max(self.south, other.south)
        areas = [(box.east - box.west) * (box.north - box.south) for box in (self, other)]
        return max(0.0, width) * max(0.0, height) / max(min(areas), 1e-12)

    def near(self, long: float) -> GeoBox:
        """Return the box turned by whole turns so that its middle is near a longitude."""
        turn = 360.0 * round((long - self.center[1]) / 360.0)
        return GeoBox(self.west + turn, self.south, self.east + turn, self.north)

    def grid(self, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return latitude and longitude (rows, columns) of the middles of as many equal cells."""
        lats = self.north - (np.arange(rows) + 0.5) / rows * (self.north - self.south)
        longs = self.west + (np.arange(columns) + 0.5) / columns * (self.east - self.west)
        lat, long = np.meshgrid(lats, longs, indexing='ij')
        return lat, long

    def as_tile(self, filename: str, gsd_m_per_px: float | None = None) -> TileMetadata:
        """Return the box as a tile, its longitudes in [-180, 180)."""
        west, east = (float(wrap_long(long)) for long in (self.west, self.east))
        return TileMetadata(
            filename, self.north, west, self.south, east, spatial_resolution=gsd_m_per_px
        )
