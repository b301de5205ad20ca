# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Slippy tiles in a PMTiles file (version 3): directories of offsets, then the tiles."""

from __future__ import annotations

import gzip
import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from visual_navsat.errors import MapError
from visual_navsat.files import check_input
from visual_navsat.maps.declared import Declared
from visual_navsat.maps.row_order import check_bounds
from visual_navsat.maps.tile_store import TileStore
from visual_navsat.optional import import_optional

_HEADER_BYTES = 127
_VECTOR = ('MVT', 'MLT')
_MAX_TILES = 20_000_000


class PmTiles(TileStore):
    """
    The tiles of a PMTiles file.

    :raises MapError: if it cannot be read, is truncated, or holds vector tiles.
    :raises MissingDependencyError: if the package pmtiles is not installed.
    """

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        super().__init__(path, name)
        tile = import_optional(
            'pmtiles.tile', 'a map in PMTiles needs the package pmtiles: pip install pmtiles'
        )
        self._bytes = _mapped(self.path)
        try:
            self._header = tile.deserialize_header(self._bytes[:_HEADER_BYTES])
        except Exception as error:
            raise MapError(
                f'{path} is no PMTiles of version 3, or damaged ({type(error).__name__}): convert '
                'it with the pmtiles command'
            ) from error
        self._check(tile)
        self._entries = self._read_directories(tile)
        self._compare_bounds()

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to read the same file: all but its bytes."""
        return {**self.__dict__, '_bytes': None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _bytes=_mapped(state['path']))

    def zooms(self) -> list[int]:
        """Return the zooms that have tiles."""
        return sorted(self._entries)

    def stored_places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) column and row of every tile of a zoom."""
        return np.array(sorted(self._entries[zoom]), np.int64)

    def stored_tile(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile."""
        start, length = self._entries[zoom][column, row]
        return self._bytes[slice(start, start + length)]

    def _compare_bounds(self) -> None:
        """Note where the header says another place than the tiles have."""
        sides = ('min_lon', 'min_lat', 'max_lon', 'max_lat')
        bounds = [self._header[f'{side}_e7'] / 1e7 for side in sides]
        zooms = self.zooms()
        if any(bounds) and zooms:
            notes = check_bounds(self.places(zooms[-1]), zooms[-1], Declared.of(bounds))
            self.notes += [f'{self.name}: {note}' for note in notes]

    def _check(self, tile: Any) -> None:
        """Raise MapError unless all parts are in the file and the tiles are images."""
        header, path = self._header, self.path
        parts = ('root', 'metadata', 'leaf_directory', 'tile_data')
        end = max(header[f'{part}_offset'] + header[f'{part}_length'] for part in parts)
        if end > len(self._bytes):
            raise MapError(
                f'{path} is truncated: it has {len(self._bytes)} bytes of {end}; copy it again'
            )
        kind = header['tile_type']
        if kind.name in _VECTOR:
            raise MapError(
                f'{path} holds vector tiles ({kind.name}), no images: give a map of PNG, JPEG or '
                'WebP tiles'
            )
        plain = (tile.Compression.NONE, tile.Compression.UNKNOWN)
        if header['tile_compression'] not in plain:
            raise MapError(
                f'{path} has compressed tiles ({header["tile_compression"].name}): write it again '
                'without, since images are compressed already'
            )
        known = (tile.Compression.GZIP, tile.Compression.NONE)
        if header['internal_compression'] not in known:
            raise MapError(
                f'{path} has directories in {header["internal_compression"].name}: write it again '
                'with gzip'
            )

    def _read_directories(self, tile: Any) -> dict[int, dict[tuple[int, int], tuple[int, int]]]:
        """Return {zoom: {(column, row): (first byte, length)}}."""
        header = self._header
        entries: dict[int, dict[tuple[int, int], tuple[int, int]]] = {}
        waiting = [(header['root_offset'], header['root_length'])]
        seen, count = set(waiting), 0
        try:
            while waiting:
                start, length = waiting.pop()
                content = self._bytes[slice(start, start + length)]
                if header['internal_compression'] == tile.Compression.NONE:
                    content = gzip.compress(content, 0)  # which is all that the package reads
                for entry in tile.deserialize_directory(content):
                    if entry.run_length == 0:
                        leaf = header['leaf_directory_offset'] + entry.offset
                        place = (leaf, entry.length)
                        if place in seen:
                            raise ValueError('a directory holds itself')
                        seen.add(place)
                        waiting.append(place)
                    count += entry.run_length
                    if count > _MAX_TILES:
                        raise ValueError('more tiles than can be read')
                    if entry.length == 0:
                        continue
                    first = header['tile_data_offset'] + entry.offset
                    for tile_id in range(entry.tile_id, entry.tile_id + entry.run_length):
                        zoom, column, row = tile.tileid_to_zxy(tile_id)
                        entries.setdefault(zoom, {})[column, row] = (first, entry.length)
        except Exception as error:  # gzip, varint and index errors all mean the same here
            raise MapError(
                f'{self.path} has a damaged directory ({type(error).__name__}): copy it again'
            ) from error
        return entries


def _mapped(path: Path) -> mmap.mmap:
    """Return the bytes of a file, read where they are needed; raise MapError if it cannot be."""
    try:
        check_input(path)
        with path.open('rb') as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise MapError(f'cannot read {path}: {error.strerror}') from error
    except ValueError as error:  # mmap refuses empty files
        raise MapError(f'{path} is empty (0 bytes): copy it again') from error
