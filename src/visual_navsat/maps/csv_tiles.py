"""The tiles of a metadata CSV, found by name."""

from __future__ import annotations

import os
from pathlib import Path

from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.metadata_csv import read_tiles


class MetadataManager:
    """The tiles of a metadata CSV, in its order, found by name."""

    def __init__(self) -> None:
        self.tiles: list[TileMetadata] = []
        self._by_name: dict[str, TileMetadata | None] = {}

    @classmethod
    def from_csv(cls, path: str | os.PathLike) -> MetadataManager:
        """Return the tiles of a metadata CSV; raise MapError if it is wrong."""
        manager = cls()
        manager.load_from_csv(path)
        return manager

    def load_from_csv(self, path: str | os.PathLike) -> None:
        """Replace the tiles by those of a metadata CSV; raise MapError if it is wrong."""
        self.tiles = read_tiles(path)
        self._by_name = {}
        for tile in self.tiles:
            # A stem that two files share names neither of them.
            stem = str(Path(tile.filename).with_suffix(''))
            self._by_name[stem] = tile if stem not in self._by_name else None
        self._by_name.update({tile.filename: tile for tile in self.tiles})

    def __len__(self) -> int:
        return len(self.tiles)

    def get(self, filename: str) -> TileMetadata | None:
        """Return the tile of an image, named as in the CSV or without extension, or None."""
        return self._by_name.get(filename)

    def get_metadata(self, tile_id: str) -> TileMetadata | None:
        """Return the tile of an image, or None; aerial_map_retrieval's name for :meth:`get`."""
        return self.get(tile_id)
