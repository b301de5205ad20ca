# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Georeferenced imagery of which any box can be read: rasters and pyramids."""

from __future__ import annotations

from abc import ABC, abstractmethod
import math

from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.image_file import MIN_SIDE
from visual_navsat.maps.reader import MapImage, short_hash

# Finer than any model looks at a tile (896 px); the correlation may ask for more.
ENOUGH_PX = 1024


class Ortho(ABC):
    """Georeferenced imagery: a map reader whose tiles may be any boxes."""

    name: str
    origin: str
    extent: GeoBox  # north-up box around all of it
    gsd_m_per_px: float  # of its finest pixels, in the middle
    notes: list[str]
    # Of the gradient field that is made of it: tiles are read at half of it, however large.
    field_gsd_m_per_px: float = math.inf

    @abstractmethod
    def valid_share(self, box: GeoBox) -> float:
        """Return the share of a box that shows ground, 0 to 1, from a sample of its pixels."""

    @abstractmethod
    def read_box(self, box: GeoBox, width: int, height: int) -> MapImage:
        """Return a box as an image; raise ImageError if the imagery is damaged there."""

    @abstractmethod
    def stamp_box(self, box: GeoBox) -> str:
        """Return a text that changes whenever the imagery in a box does."""

    def holds(self, tile: TileMetadata) -> bool:
        """Return whether it shows ground of a tile."""
        return self.valid_share(GeoBox.of_tile(tile)) > 0

    def read(self, tile: TileMetadata) -> MapImage:
        """Return a tile's image; raise ImageError if the imagery is damaged there."""
        box = GeoBox.of_tile(tile)
        gsd = self.tile_gsd_m_per_px(box)
        width, height = (max(MIN_SIDE, round(side / gsd)) for side in box.size_m)
        return self.read_box(box, width, height)

    def stamp(self, tile: TileMetadata) -> str:
        """Return a text that changes with the tile's place, its size and the imagery there."""
        box = GeoBox.of_tile(tile)
        return short_hash(tile, self.tile_gsd_m_per_px(box), self.stamp_box(box))

    def tile_gsd_m_per_px(self, box: GeoBox) -> float:
        """Return the metres per pixel at which a tile is read: no finer than needed."""
        enough = min(max(box.size_m) / ENOUGH_PX, self.field_gsd_m_per_px / 2)
        return max(self.gsd_m_per_px, enough)
