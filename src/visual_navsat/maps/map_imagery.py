"""The imagery of a map, found by place: its tiles, and what reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from visual_navsat.geometry.tile import TileMetadata


def _no_tile(tile: TileMetadata) -> np.ndarray | None:
    return None


@dataclass(frozen=True)
class MapImagery:
    """The tiles of a map, and a function that returns their (H, W, 3) uint8 RGB image, or None if
    there is no such image any more."""

    tiles: Sequence[TileMetadata] = ()
    read_tile: Callable[[TileMetadata], np.ndarray | None] = _no_tile

    def tiles_between(
        self, south: float, west: float, north: float, east: float
    ) -> list[TileMetadata]:
        """Return the tiles that a box touches; degrees, longitudes may go on beyond 180."""
        bottom, top, left, span = self._boxes
        touched = (bottom <= north) & (top >= south)
        # Either the tile begins within the box, or the box within the tile.
        touched &= ((left - west) % 360.0 <= east - west) | ((west - left) % 360.0 <= span)
        return [self.tiles[index] for index in np.flatnonzero(touched)]

    @cached_property
    def _boxes(self) -> np.ndarray:
        """(4, N) bottom, top, left and span of the tiles in degrees."""
        boxes = [
            (tile.bottom_right_lat, tile.top_left_lat, tile.top_left_long, tile.span_long)
            for tile in self.tiles
        ]
        return np.array(boxes, float).reshape(-1, 4).T
