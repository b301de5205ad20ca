# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map that was opened: its tiles, found by place, and the image of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from visual_navsat.errors import ImageError, VisualNavsatError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.reader import MapImage, MapReader

_CACHED_TILES = 24  # decoded ones: neighbouring places share them

# The reader that has a tile's image, and the tile as that reader knows it.
Owner = tuple[MapReader, TileMetadata]


@dataclass(frozen=True)
class SoleOwner:
    """One reader that has all tiles."""

    reader: MapReader

    def __call__(self, tile: TileMetadata) -> Owner:
        return self.reader, tile


@dataclass(frozen=True)
class NamedOwners:
    """Readers by the names that those of their tiles begin with: ``NAME/...``."""

    readers: Mapping[str, MapReader]

    def __call__(self, tile: TileMetadata) -> Owner | None:
        name, _, rest = tile.filename.partition('/')
        reader = self.readers.get(name)
        return None if reader is None else (reader, replace(tile, filename=rest))


@dataclass(frozen=True)
class MapImagery:
    """The tiles of a map, and what reads them; threads may read at the same time."""

    tiles: Sequence[TileMetadata] = ()
    owner: Callable[[TileMetadata], Owner | None] = lambda _: None
    names: tuple[str, ...] = ()  # of its sources; where they are several, tiles are NAME/...
    origins: tuple[str, ...] = ()  # paths of the imagery
    notes: Sequence[str] = ()  # what people should know of it, a line each

    @property
    def named_tiles(self) -> list[TileMetadata]:
        """Return the tiles as they are called beside those of other sources: ``NAME/...``."""
        prefix = f'{self.names[0]}/' if len(self.names) == 1 else ''
        return [replace(tile, filename=prefix + tile.filename) for tile in self.tiles]

    def without_tiles(self) -> MapImagery:
        """Return what reads the tiles, without a list of them: it can be sent to a process."""
        return MapImagery(owner=self.owner)

    def read(self, tile: TileMetadata) -> MapImage:
        """
        Return a tile's image, edge to edge what its corners say.

        :raises ImageError: if it cannot be read or is not at hand.
        """
        owner = self.owner(tile)
        if owner is None:
            raise ImageError(f'the imagery of tile {tile.filename} is not at hand')
        reader, own = owner
        return reader.read(own)

    def stamp(self, tile: TileMetadata) -> str:
        """Return a text that changes whenever the tile's image would."""
        owner = self.owner(tile)
        if owner is None:
            return ''
        reader, own = owner
        stamp = reader.stamp(own)
        return stamp if own.filename == tile.filename else f'{reader.name} {stamp}'

    def look(self, tile: TileMetadata) -> MapImage | None:
        """Return a tile's image for people, None if it cannot be read; recent ones are cached."""
        return self._cached_look(tile)

    def tiles_in(self, box: GeoBox) -> list[TileMetadata]:
        """Return the tiles that a box touches."""
        bottom, top, left, span = self._bounds
        touched = (bottom <= box.north) & (top >= box.south)
        # Either the tile begins within the box, or the box within the tile.
        touched &= ((left - box.west) % 360.0 <= box.east - box.west) | (
            (box.west - left) % 360.0 <= span
        )
        return [self.tiles[index] for index in np.flatnonzero(touched).tolist()]

    @cached_property
    def _cached_look(self) -> Callable[[TileMetadata], MapImage | None]:
        def look(tile: TileMetadata) -> MapImage | None:
            try:
                return self.read(tile)
            except (VisualNavsatError, OSError):
                return None

        return lru_cache(_CACHED_TILES)(look)

    @cached_property
    def _bounds(self) -> np.ndarray:
        """(4, N) bottom, top, left and span of the tiles in degrees."""
        bounds = [
            (tile.bottom_right_lat, tile.top_left_lat, tile.top_left_long, tile.span_long)
            for tile in self.tiles
        ]
        return np.array(bounds, float).reshape(-1, 4).T
