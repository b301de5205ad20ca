# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Slippy tiles in an MBTiles file, which is an SQLite database."""

from __future__ import annotations

import os
import sqlite3
import threading

import numpy as np
from visual_navsat.errors import ImageError, MapError
from visual_navsat.maps.tile_store import TileStore

_VECTOR = ('pbf', 'mvt')


class MbTiles(TileStore):
    """
    The tiles of an MBTiles file, whose own rows are counted from the south.

    :raises MapError: if it cannot be read, is no MBTiles, or holds vector tiles.
    """

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        super().__init__(path, name)
        self._open = threading.local()
        if not self.path.is_file():
            raise MapError(f'{path} does not exist: give an MBTiles file')
        try:
            kind = self._query("SELECT value FROM metadata WHERE name = 'format'")
            self._query('SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles LIMIT 1')
        except sqlite3.Error as error:
            raise MapError(f'{path} is no MBTiles ({error}): export the map again') from error
        if kind and kind[0][0] in _VECTOR:
            raise MapError(
                f'{path} holds vector tiles ({kind[0][0]}), no images: give a map of PNG, JPEG or '
                'WebP tiles'
            )

    def zooms(self) -> list[int]:
        """Return the zooms that have tiles."""
        rows = self._checked('SELECT DISTINCT zoom_level FROM tiles ORDER BY zoom_level')
        return [zoom for (zoom,) in rows]

    def places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) column and row of every tile of a zoom."""
        rows = self._checked('SELECT tile_column, tile_row FROM tiles WHERE zoom_level = ?', zoom)
        places = np.array(rows, np.int64).reshape(-1, 2)
        return np.column_stack([places[:, 0], 2**zoom - 1 - places[:, 1]])

    def read(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile; raise ImageError if the database is damaged."""
        rows = self._checked(
            'SELECT tile_data FROM tiles '
            'WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?',
            zoom,
            column,
            2**zoom - 1 - row,
        )
        return bytes(rows[0][0])

    def _checked(self, statement: str, *values: int) -> list[tuple]:
        try:
            return self._query(statement, *values)
        except sqlite3.Error as error:
            raise ImageError(f'{self.path} is damaged ({error}): copy it again') from error

    def _query(self, statement: str, *values: int) -> list[tuple]:
        """Return rows; each thread has a connection of its own, as SQLite wants it."""
        if not hasattr(self._open, 'database'):
            self._open.database = sqlite3.connect(f'{self.path.as_uri()}?mode=ro', uri=True)
        return self._open.database.execute(statement, values).fetchall()
