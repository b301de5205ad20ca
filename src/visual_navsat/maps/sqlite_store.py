# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An SQLite database of tiles: opened read-only, once per thread, and asked in one way."""

from __future__ import annotations

import os
from pathlib import Path
import sqlite3
import threading
from typing import Any

import numpy as np
from visual_navsat.errors import ImageError, MapError
from visual_navsat.files import check_input
from visual_navsat.maps.tile_store import MAX_ZOOM, TileStore, valid_places

_BEGINNING = b'SQLite format 3\0'


class SqliteStore(TileStore):
    """
    Tiles in a table ``tiles``, whose columns the kind of file names.

    :raises MapError: if it cannot be read or has no such table.
    """

    kind = ''  # of file, for messages
    tables: tuple[str, ...] = ('tiles',)  # that it has
    columns = ('', '', '', '')  # zoom, column, row and bytes of a tile

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        super().__init__(path, name)
        self._open = threading.local()
        try:
            check_input(self.path)
            names = {name for (name,) in self._query('SELECT name FROM sqlite_master')}
            if 'tiles' not in names:
                missing = ', '.join(name for name in self.tables if name not in names)
                raise sqlite3.OperationalError(f'no such table: {missing}')
            self._query(f'SELECT {", ".join(self.columns)} FROM tiles LIMIT 1')
            zoom_name, column, row, content = self.columns
            empty = self._query(
                f'SELECT {zoom_name}, {column}, {row}, count(*) FROM tiles '
                f'WHERE coalesce(length({content}), 0) = 0'
            )
        except FileNotFoundError as error:
            raise MapError(f'{path} does not exist: give a file of kind {self.kind}') from error
        except OSError as error:
            raise MapError(f'cannot read {path}: {error.strerror}') from error
        except sqlite3.Error as error:
            raise MapError(f'{path} is no {self.kind} ({error}): export the map again') from error
        self.note_empty(empty[0][3], '/'.join(map(str, empty[0][:3])))

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to read the same file: all but connections."""
        return {**self.__dict__, '_open': None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _open=threading.local())

    def zoom_of(self, stored: int) -> int:
        """Return the zoom that a number in the table stands for, and the other way round."""
        return stored

    def zooms(self) -> list[int]:
        """Return the zooms that have tiles."""
        zooms = sorted(self.zoom_of(stored) for stored in self._stored_zooms())
        return [zoom for zoom in zooms if 0 <= zoom <= MAX_ZOOM and self._has_tiles(zoom)]

    def stored_places(self, zoom: int) -> np.ndarray:
        """Return (N, 2) column and row, as stored, of every tile of a zoom that has content."""
        _, column, row, _ = self.columns
        places = self._checked(
            f'SELECT {column}, {row} FROM tiles WHERE {self._are_tiles}', self.zoom_of(zoom)
        )
        return valid_places(np.array(places, np.int64).reshape(-1, 2), zoom)

    def stored_tile(self, zoom: int, column: int, row: int) -> bytes:
        """Return the bytes of a tile; raise ImageError if the database is damaged."""
        zoom_name, column_name, row_name, content = self.columns
        rows = self._checked(
            f'SELECT {content} FROM tiles WHERE {zoom_name} = ? AND {column_name} = ? '
            f'AND {row_name} = ?',
            self.zoom_of(zoom),
            column,
            row,
        )
        if not rows or not isinstance(rows[0][0], bytes):
            raise ImageError(f'tile {zoom}/{column}/{row} of {self.path} is no image: delete it')
        return rows[0][0]

    def _stored_zooms(self) -> list[int]:
        """Return the numbers of zooms in the table, as stored."""
        zoom_name = self.columns[0]
        rows = self._checked(f'SELECT DISTINCT {zoom_name} FROM tiles ORDER BY {zoom_name}')
        return [zoom for (zoom,) in rows if isinstance(zoom, int) and abs(zoom) <= 99]

    @property
    def _are_tiles(self) -> str:
        """Return the condition of the rows that are tiles of a zoom."""
        zoom, column, row, content = self.columns
        return (
            f'{zoom} = ? AND length({content}) > 0 '
            f"AND typeof({column}) = 'integer' AND typeof({row}) = 'integer'"
        )

    def _has_tiles(self, zoom: int) -> bool:
        # One row is enough: a country has millions.
        _, column, row, _ = self.columns
        last = 2**zoom - 1
        found = self._checked(
            f'SELECT 1 FROM tiles WHERE {self._are_tiles} AND {column} BETWEEN 0 AND ? '
            f'AND {row} BETWEEN 0 AND ? LIMIT 1',
            *(self.zoom_of(zoom), last, last),
        )
        return bool(found)

    def table(self, statement: str) -> list[tuple]:
        """Return the rows of a table that need not be there."""
        try:
            return self._query(statement)
        except sqlite3.Error:
            return []

    def _checked(self, statement: str, *values: int) -> list[tuple]:
        try:
            return self._query(statement, *values)
        except (sqlite3.Error, OverflowError) as error:
            raise ImageError(f'{self.path} is damaged ({error}): copy it again') from error

    def _query(self, statement: str, *values: int) -> list[tuple]:
        """Return rows; each thread has a connection of its own, as SQLite wants it."""
        if not hasattr(self._open, 'database'):
            database = sqlite3.connect(f'{self.path.as_uri()}?mode=ro', uri=True)
            # Texts of other encodings are read as well as can be.
            database.text_factory = lambda content: content.decode('utf-8', 'replace')
            self._open.database = database
        return self._open.database.execute(statement, values).fetchall()


def sqlite_columns(path: Path) -> set[str]:
    """Return the columns of the table ``tiles`` of an SQLite database; none if it is no such."""
    try:
        check_input(path)
        with path.open('rb') as file:
            if file.read(len(_BEGINNING)) != _BEGINNING:
                return set()
        database = sqlite3.connect(f'{path.resolve().as_uri()}?mode=ro', uri=True)
        try:
            return {str(row[1]).lower() for row in database.execute('PRAGMA table_info(tiles)')}
        finally:
            database.close()
    except (OSError, sqlite3.Error):
        return set()
