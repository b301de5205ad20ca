"""Slippy tiles in an MBTiles file, which is an SQLite database."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import numpy as np

from visual_navsat.errors import ImageError, MapError
from visual_navsat.maps.reader import short_hash

_VECTOR = ('pbf', 'mvt')


class MbTiles:
    """
    The tiles of an MBTiles file; its rows are counted from the south.

    :raises MapError: if it cannot be read, is no MBTiles, or holds vector tiles.
    """

    def __init__(self, path: str | os.PathLike, name: str = '') -> None:
        self._path = Path(path).resolve()
        self._open = threading.local()
        self.name = name or self._path.stem
        self.origin = str(self._path)
        if not self._path.is_file():
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
        status = self._path.stat()
        self._stamp = short_hash(status.st_size, status.st_mtime_ns)

    def zooms(self) -> list[int]:
        """Return the zooms that there are tiles of."""
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

    def stamp(self, zoom: int, column: int, row: int) -> str:
        """Return a text that changes with the file."""
        return self._stamp

    def _checked(self, statement: str, *values: int) -> list[tuple]:
        try:
            return self._query(statement, *values)
        except sqlite3.Error as error:
            raise ImageError(f'{self._path} is damaged ({error}): copy it again') from error

    def _query(self, statement: str, *values: int) -> list[tuple]:
        """Return rows; each thread has a connection of its own, as SQLite wants it."""
        if not hasattr(self._open, 'database'):
            self._open.database = sqlite3.connect(f'{self._path.as_uri()}?mode=ro', uri=True)
        return self._open.database.execute(statement, values).fetchall()
