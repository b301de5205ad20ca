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
from visual_navsat.maps.folder_hints import read_hints
from visual_navsat.maps.reader import file_stamp
from visual_navsat.maps.tile_store import MAX_ZOOM, TileStore

# OsmAnd and MOBAC write .png.tile.
_TILE = re.compile(
    r'(?P<zoom>\d{1,2})([/_])(?P<column>\d{1,10})\2(?P<row>\d{1,10})'
    r'\.(png(8|24|32)?|jpe?g|webp|gif|bmp|tiff?)(\.tile)?',
    re.IGNORECASE | re.ASCII,
)


class SlippyFolder(TileStore):
    """A folder of slippy tiles; of two files for one tile, the first by name is taken."""

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        super().__init__(path, name)
        self._files: dict[int, dict[tuple[int, int], str]] = defaultdict(dict)
        for zoom, column, row, file in sorted(_find(self.path), key=lambda found: found[3]):
            self._files[zoom].setdefault((column, row), file)
        self.settle(read_hints(self.path), usually_from_south=False)

    def zooms(self) -> list[int]:
        """Return the zooms that have tiles."""
        return sorted(self._files)

    def stored_places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) column and row, as stored, of every tile of a zoom."""
        return np.array(sorted(self._files[zoom]), np.int64).reshape(-1, 2)

    def stored_tile(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile; raise ImageError if its file cannot be read."""
        path = self.path / self._files[zoom][column, row]
        try:
            return read_input(path)
        except OSError as error:
            raise ImageError(f'cannot read {path}: {error.strerror}') from error

    def stamp(self, zoom: int, column: int, row: int) -> str:
        """Return a text that changes with the tile's file."""
        return file_stamp(self.path / self._files[zoom][column, self.stored_row(zoom, row)])


def is_slippy_folder(path: Path) -> bool:
    """Return whether a folder holds slippy tiles."""
    return next(_find(path), None) is not None


def _find(folder: Path) -> Iterator[tuple[int, int, int, str]]:
    """Yield zoom, column, row as written, and path below the folder, of every tile."""
    for pattern, depth in (('*', 1), ('[0-9]*/[0-9]*/*', 3)):
        for path in folder.glob(pattern):
            name = '/'.join(path.parts[-depth:])
            found = _TILE.fullmatch(name)
            if not found:
                continue
            zoom, column, row = (int(found[part]) for part in ('zoom', 'column', 'row'))
            if zoom <= MAX_ZOOM and max(column, row) < 2**zoom:
                yield zoom, column, row, name
