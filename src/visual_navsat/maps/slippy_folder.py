# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Slippy tiles in a folder: {z}/{x}/{y}.png, or flat files named z_x_y.png."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
import os
from pathlib import Path
import re

import numpy as np
from visual_navsat.errors import ImageError
from visual_navsat.files import read_input
from visual_navsat.maps.reader import file_stamp
from visual_navsat.maps.tile_store import TileStore

_TILE = re.compile(
    r'(?P<zoom>\d+)([/_])(?P<column>\d+)\2(?P<row>\d+)\.(png|jpe?g|webp)', re.IGNORECASE
)
# What gdal2tiles leaves in a folder whose rows it counts from the south.
_TMS_MARK = 'tilemapresource.xml'


class SlippyFolder(TileStore):
    """A folder of slippy tiles; of two files for one tile, the first by name is taken."""

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        super().__init__(path, name)
        is_tms = (self.path / _TMS_MARK).is_file()
        self._files: dict[int, dict[tuple[int, int], str]] = defaultdict(dict)
        for zoom, column, row, file in sorted(_find(self.path), key=lambda found: found[3]):
            if is_tms:
                row = 2**zoom - 1 - row
            self._files[zoom].setdefault((column, row), file)

    def zooms(self) -> list[int]:
        """Return the zooms that have tiles."""
        return sorted(self._files)

    def places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) column and row of every tile of a zoom."""
        return np.array(sorted(self._files[zoom]), np.int64)

    def read(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile; raise ImageError if its file cannot be read."""
        path = self.path / self._files[zoom][column, row]
        try:
            return read_input(path)
        except OSError as error:
            raise ImageError(f'cannot read {path}: {error.strerror}') from error

    def stamp(self, zoom: int, column: int, row: int) -> str:
        """Return a text that changes with the tile's file."""
        return file_stamp(self.path / self._files[zoom][column, row])


def is_slippy_folder(path: Path) -> bool:
    """Return whether a folder holds slippy tiles."""
    return next(_find(path), None) is not None


def _find(folder: Path) -> Iterator[tuple[int, int, int, str]]:
    """Yield zoom, column, row as written, and path below the folder, of every tile."""
    for pattern, depth in (('*', 1), ('[0-9]*/[0-9]*/*', 3)):
        for path in folder.glob(pattern):
            name = '/'.join(path.parts[-depth:])
            found = _TILE.fullmatch(name)
            if found:
                zoom, column, row = (int(found[part]) for part in ('zoom', 'column', 'row'))
                yield zoom, column, row, name
