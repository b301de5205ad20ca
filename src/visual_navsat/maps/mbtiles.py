# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Slippy tiles in an MBTiles file, which is an SQLite database."""

from __future__ import annotations

import os

from visual_navsat.errors import MapError
from visual_navsat.maps.declared import Declared
from visual_navsat.maps.sqlite_store import SqliteStore

_VECTOR = ('pbf', 'mvt', 'application/x-protobuf', 'application/vnd.mapbox-vector-tile')


class MbTiles(SqliteStore):
    """
    The tiles of an MBTiles file, whose rows are counted from the south unless it says otherwise.

    :raises MapError: if it cannot be read, is no MBTiles, or holds vector tiles.
    """

    kind = 'MBTiles'
    tables = ('metadata', 'tiles')
    columns = ('zoom_level', 'tile_column', 'tile_row', 'tile_data')

    def __init__(self, path: str | os.PathLike[str], name: str = '') -> None:
        super().__init__(path, name)
        said = {
            str(key).lower(): value
            for key, value in self.table('SELECT name, value FROM metadata')
        }
        kind = str(said.get('format', '')).strip().lower()
        if kind in _VECTOR:
            raise MapError(
                f'{path} holds vector tiles ({kind}), no images: give a map of PNG, JPEG or WebP '
                'tiles'
            )
        self.settle(Declared.of(said.get('bounds'), said.get('scheme')), usually_from_south=True)
