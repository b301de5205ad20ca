"""Several map sources, or several dates of one, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from visual_navsat.errors import MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.source import MapImage, MapSource


class JoinedSource:
    """
    The tiles of several sources, each named ``SOURCE/TILE``.

    :raises MapError: if two sources have the same name.
    """

    def __init__(self, sources: Sequence[MapSource]) -> None:
        self.sources = sources
        names = [source.name for source in sources]
        for name in names:
            if names.count(name) > 1:
                raise MapError(f'{names.count(name)} sources are called {name}: give NAME=PATH')
        self.name = '+'.join(names)
        self.origin = ', '.join(source.origin for source in sources)
        self.notes = [note for source in sources for note in source.notes]
        self._owners = {
            f'{source.name}/{tile.filename}': (source, tile)
            for source in sources
            for tile in source.tiles
        }
        self.tiles = [replace(tile, filename=name) for name, (_, tile) in self._owners.items()]

    def read(self, tile: TileMetadata) -> MapImage:
        """Return a tile's image from the source that it is of."""
        source, own = self._owners[tile.filename]
        return source.read(own)

    def stamp(self, tile: TileMetadata) -> str:
        """Return a text that changes whenever the tile's image would."""
        source, own = self._owners[tile.filename]
        return f'{source.name} {source.stamp(own)}'
