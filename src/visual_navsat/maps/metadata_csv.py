# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The metadata CSV: its tiles are checked when read, written exactly, and found by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
import os
from pathlib import Path

import pandas as pd
from visual_navsat.errors import MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.corner_order import read_corners
from visual_navsat.table import read_table, Table

COLUMNS = (
    'Filename',
    'Top_left_lat',
    'Top_left_long',
    'Bottom_right_lat',
    'Bottom_right_long',
    'zoom_level',
    'spatial_resolution',
)


def read_tiles(path: str | os.PathLike[str]) -> list[TileMetadata]:
    """
    Return the tiles of a metadata CSV, in its order.

    :param path: a CSV with the columns ``COLUMNS``; degrees, slippy zoom, metres per pixel. The
        last two may be empty or absent.
    :raises MapError: if the file cannot be read, holds no tile, lacks a column, or a line has a
        wrong value; the message has the line and the value.
    """
    table = read_table(os.fspath(path), COLUMNS[:5], MapError)
    if table.cells.empty:
        raise MapError(f'{path} lists no tile: add one line per tile below the header')
    # As Windows writes paths, which no other system would find.
    names = table.text('Filename').str.replace('\\', '/', regex=False)
    table.check(names.eq(''), 'Filename', 'the name of an image')
    _check_repeated(table, names)
    top, left, bottom, right = read_corners(table)
    zoom = table.numbers('zoom_level', 'a whole number, 0 to 30', 0, 30, is_optional=True)
    table.check(zoom.mod(1).gt(0), 'zoom_level', 'a whole number, 0 to 30')
    gsd = table.numbers('spatial_resolution', 'metres per pixel above 0', 1e-300, is_optional=True)
    zooms = [None if level != level else int(level) for level in zoom]
    gsds = [None if value != value else value for value in gsd]
    columns = (names, top, left, bottom, right, zooms, gsds)
    return [TileMetadata(*row) for row in zip(*columns, strict=True)]


def write_tiles(path: str | os.PathLike[str], tiles: Iterable[TileMetadata]) -> None:
    """Write tiles as a metadata CSV that reads back as exactly the same numbers."""
    rows = pd.DataFrame(map(astuple, tiles), columns=COLUMNS, dtype=object)
    rows.to_csv(path, index=False)


class MetadataManager:
    """The tiles of a metadata CSV, in its order, found by name."""

    def __init__(self) -> None:
        self.tiles: list[TileMetadata] = []
        self._by_name: dict[str, TileMetadata | None] = {}

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> MetadataManager:
        """Return the tiles of a metadata CSV; raise MapError if it is wrong."""
        manager = cls()
        manager.load_from_csv(path)
        return manager

    def load_from_csv(self, path: str | os.PathLike[str]) -> None:
        """Replace the tiles by those of a metadata CSV; raise MapError if it is wrong."""
        self.tiles = read_tiles(path)
        self._by_name = {}
        for tile in self.tiles:
            # A stem that two files share names neither of them.
            stem = str(Path(tile.filename).with_suffix(''))
            self._by_name[stem] = tile if stem not in self._by_name else None
        self._by_name.update({tile.filename: tile for tile in self.tiles})

    def __len__(self) -> int:
        return len(self.tiles)

    def get(self, filename: str) -> TileMetadata | None:
        """Return the tile of an image, named as in the CSV or without extension, or None."""
        return self._by_name.get(filename)

    def get_metadata(self, tile_id: str) -> TileMetadata | None:
        """Return the tile of an image, or None; aerial_map_retrieval's name for :meth:`get`."""
        return self.get(tile_id)


def _check_repeated(table: Table, names: pd.Series[str]) -> None:
    repeated = names[names.duplicated()]
    if not repeated.empty:
        line, name = repeated.index[0], repeated.iloc[0]
        first = names.eq(name).idxmax()
        raise MapError(
            f'{table.path} line {line} repeats {name!r} of line {first}: each tile needs a name '
            'of its own'
        )
