# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map that is a folder of tile images whose corners are known."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path

from visual_navsat.errors import ImageError, MapError
from visual_navsat.files import is_input
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.image_file import read_image
from visual_navsat.maps.reader import file_stamp, MapImage, short_hash

_SHOWN = 200  # characters of a name in a message


class ImageFolder:
    """
    Tile images, found by the names of the tiles.

    Where a map has several sources, a tile's name begins with that of its own, which the folder
    does not know: the longest end of the name that is a file is taken.
    """

    def __init__(self, path: str | os.PathLike, name: str = '') -> None:
        self._folder = Path(path)
        self.name = name or self._folder.resolve().name
        self.origin = str(self._folder.resolve())
        self.notes: list[str] = []

    def holds(self, tile: TileMetadata) -> bool:
        """Return whether a tile's image is there."""
        return self._find(tile) is not None

    def read(self, tile: TileMetadata) -> MapImage:
        """Return a tile's image; raise ImageError if it cannot be read."""
        return MapImage(read_image(self._path(tile)), GeoBox.of_tile(tile))

    def stamp(self, tile: TileMetadata) -> str:
        """Return a text that changes with the tile's corners and its image file."""
        return f'{short_hash(tile)} {file_stamp(self._path(tile))}'

    def check(self, tiles: Sequence[TileMetadata]) -> None:
        """Raise MapError unless there are tiles and each has its image."""
        if not tiles:
            raise MapError('the map has no tiles: give at least one')
        if not self._folder.is_dir():
            raise MapError(
                f'image folder {self._folder} does not exist: give the folder of the tiles'
            )
        found = [self._find(tile) for tile in tiles]
        missing = [t.filename for t, path in zip(tiles, found, strict=True) if path is None]
        if missing:
            raise MapError(
                f'{len(missing)} of {len(tiles)} images are missing in {self._folder}, the first '
                f'is {_shown(missing[0])}: add them or remove their lines from the CSV'
            )
        first: dict[Path | None, str] = {}
        for tile, path in zip(tiles, found, strict=True):
            other = first.setdefault(path, tile.filename)
            if other != tile.filename:
                raise MapError(
                    f'{_shown(other)} and {_shown(tile.filename)} are both found as {path}: give '
                    'the folder that both are in with --images'
                )

    def _path(self, tile: TileMetadata) -> Path:
        path = self._find(tile)
        if path is None:
            raise ImageError(f'{self._folder} has no image {tile.filename}: copy it there again')
        return path

    def _find(self, tile: TileMetadata) -> Path | None:
        parts = Path(tile.filename).parts
        paths = (self._folder.joinpath(*parts[first:]) for first in range(len(parts)))
        return next((path for path in paths if is_input(path)), None)


def _shown(name: str) -> str:
    return name if len(name) <= _SHOWN else f'{name[:_SHOWN]} ...'
