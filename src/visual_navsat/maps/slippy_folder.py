"""Slippy tiles in a folder: {z}/{x}/{y}.png, or flat files named z_x_y.png."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from visual_navsat.errors import ImageError
from visual_navsat.maps.reader import short_hash

_SUFFIXES = ('.png', '.jpg', '.jpeg', '.webp')
_FLAT = re.compile(r'(\d+)_(\d+)_(\d+)')
# What gdal2tiles leaves in a folder whose rows it counts from the south.
_TMS_MARK = 'tilemapresource.xml'


class SlippyFolder:
    """A folder of slippy tiles; of a tile that is there twice, the first by name is taken."""

    def __init__(self, path: str | os.PathLike, name: str = '') -> None:
        self._folder = Path(path)
        self.name = name or self._folder.resolve().name
        self.origin = str(self._folder.resolve())
        self._is_tms = (self._folder / _TMS_MARK).is_file()
        self._files: dict[int, dict[tuple[int, int], str]] = defaultdict(dict)
        for zoom, column, row, file in sorted(_find(self._folder), key=lambda found: found[3]):
            if self._is_tms:
                row = 2**zoom - 1 - row
            self._files[zoom].setdefault((column, row), file)

    def zooms(self) -> list[int]:
        """Return the zooms that there are tiles of."""
        return sorted(self._files)

    def places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) column and row of every tile of a zoom."""
        return np.array(sorted(self._files[zoom]), np.int64)

    def read(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile; raise ImageError if its file cannot be read."""
        path = self._folder / self._files[zoom][column, row]
        try:
            return path.read_bytes()
        except OSError as error:
            raise ImageError(f'cannot read {path}: {error.strerror}') from error

    def stamp(self, zoom: int, column: int, row: int) -> str:
        """Return a text that changes with the tile's file."""
        status = (self._folder / self._files[zoom][column, row]).stat()
        return short_hash(status.st_size, status.st_mtime_ns)


def is_slippy_folder(path: Path) -> bool:
    """Return whether a folder holds slippy tiles."""
    return next(_find(path), None) is not None


def _find(folder: Path) -> Iterator[tuple[int, int, int, str]]:
    """Yield zoom, column, row as written, and path below the folder, of every tile."""
    for entry in os.scandir(folder):
        if entry.is_dir() and entry.name.isdecimal():
            yield from _find_zoom(folder, entry.name)
            continue
        stem, suffix = os.path.splitext(entry.name)
        flat = _FLAT.fullmatch(stem)
        if flat and suffix.lower() in _SUFFIXES:
            zoom, column, row = map(int, flat.groups())
            yield zoom, column, row, entry.name


def _find_zoom(folder: Path, zoom: str) -> Iterator[tuple[int, int, int, str]]:
    for column in os.scandir(folder / zoom):
        if not (column.is_dir() and column.name.isdecimal()):
            continue
        for tile in os.scandir(column.path):
            row, suffix = os.path.splitext(tile.name)
            if row.isdecimal() and suffix.lower() in _SUFFIXES:
                yield int(zoom), int(column.name), int(row), f'{zoom}/{column.name}/{tile.name}'
