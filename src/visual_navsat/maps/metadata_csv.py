"""Read and write tiles as the metadata CSV, and check every value on the way in."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import astuple

import pandas as pd

from visual_navsat.errors import MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.table import Table, first_line, read_table

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
    names = table.text('Filename')
    table.check(names.eq(''), 'Filename', 'the name of an image')
    _check_repeated(table, names)
    top = table.numbers('Top_left_lat', '-90 to 90 degrees', -90, 90)
    left = table.numbers('Top_left_long', '-180 to 180 degrees', -180, 180)
    bottom = table.numbers('Bottom_right_lat', '-90 to 90 degrees', -90, 90)
    right = table.numbers('Bottom_right_long', '-180 to 180 degrees', -180, 180)
    line = first_line(top <= bottom)
    if line is not None:
        raise table.error_at(
            line,
            f'Top_left_lat {top[line]} is not north of Bottom_right_lat {bottom[line]}: swap the '
            'corners',
        )
    # No tile is half the Earth wide, so a greater span is the way round of swapped corners.
    line = first_line(~((right - left) % 360.0).between(0, 180, inclusive='right'))
    if line is not None:
        raise table.error_at(
            line,
            f'Top_left_long {left[line]} is not west of Bottom_right_long {right[line]}: swap the '
            'corners',
        )
    zoom = table.numbers('zoom_level', 'a whole number, 0 to 30', 0, 30, is_optional=True)
    table.check(zoom.mod(1).gt(0), 'zoom_level', 'a whole number, 0 to 30')
    gsd = table.numbers('spatial_resolution', 'metres per pixel, over 0', 1e-300, is_optional=True)
    zooms = [None if level != level else int(level) for level in zoom]
    gsds = [None if value != value else value for value in gsd]
    columns = (names, top, left, bottom, right, zooms, gsds)
    return [TileMetadata(*row) for row in zip(*columns, strict=True)]


def write_tiles(path: str | os.PathLike[str], tiles: Iterable[TileMetadata]) -> None:
    """Write tiles as a metadata CSV that reads back as exactly the same numbers."""
    rows = pd.DataFrame(map(astuple, tiles), columns=COLUMNS, dtype=object)
    rows.to_csv(path, index=False)


def _check_repeated(table: Table, names: pd.Series[str]) -> None:
    repeated = names[names.duplicated()]
    if not repeated.empty:
        line, name = repeated.index[0], repeated.iloc[0]
        first = names.eq(name).idxmax()
        raise MapError(
            f'{table.path} line {line} repeats {name!r} of line {first}: each tile needs a name '
            'of its own'
        )
