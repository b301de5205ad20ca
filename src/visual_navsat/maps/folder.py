"""A map source that is a folder of tile images whose corners are known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from visual_navsat.errors import MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.image_file import read_image
from visual_navsat.maps.source import MapImage, short_hash


class FolderSource:
    """Tiles whose images are files below one folder."""

    def __init__(
        self, tiles: Sequence[TileMetadata], image_dir: str | os.PathLike, name: str = ''
    ) -> None:
        """
        Check that every tile has its image.

        :raises MapError: if there are no tiles or images are missing.
        """
        self.tiles = tiles
        self.notes: list[str] = []
        self._folder = Path(image_dir)
        self.name = name or self._folder.resolve().name
        self.origin = str(self._folder.resolve())
        check_images(tiles, image_dir)

    def read(self, tile: TileMetadata) -> MapImage:
        """Return a tile's image; raise ImageError if it cannot be read."""
        return MapImage(read_image(self._folder / tile.filename))

    def stamp(self, tile: TileMetadata) -> str:
        """Return a text that changes with the tile's corners and its image file."""
        status = (self._folder / tile.filename).stat()
        return short_hash(tile, status.st_size, status.st_mtime_ns)


def check_images(tiles: Sequence[TileMetadata], image_dir: str | os.PathLike) -> None:
    """Raise MapError unless there are tiles and each has its image below ``image_dir``."""
    folder = Path(image_dir)
    if not tiles:
        raise MapError('the map has no tiles: give at least one')
    if not folder.is_dir():
        raise MapError(f'image folder {folder} does not exist: give the folder of the tiles')
    missing = [tile.filename for tile in tiles if not (folder / tile.filename).is_file()]
    if missing:
        raise MapError(
            f'{len(missing)} of {len(tiles)} images are missing in {folder}, the first is '
            f'{missing[0]}: add them or remove their lines from the CSV'
        )
