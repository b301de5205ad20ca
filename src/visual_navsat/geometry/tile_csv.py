"""Read and write tiles as the metadata CSV, and check every value on the way in."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from visual_navsat.errors import MapError
from visual_navsat.geometry.tile import TileMetadata

COLUMNS = (
    'Filename',
    'Top_left_lat',
    'Top_left_long',
    'Bottom_right_lat',
    'Bottom_right_long',
    'zoom_level',
    'spatial_resolution',
)
_REQUIRED = COLUMNS[:5]


def read_tiles(path: str | os.PathLike) -> list[TileMetadata]:
    """
    Return the tiles of a metadata CSV, in its order.

    As found in the wild: spaces around names and values, any case of column names, ``_lon`` for
    ``_long``, quoted names, other columns, empty or missing last columns, blank lines, a byte
    order mark.

    :param path: a CSV with the columns ``COLUMNS``; degrees, slippy zoom, metres per pixel. The
        last two may be empty or absent.
    :raises MapError: if the file cannot be read, holds no tile, lacks a column, or a line has a
        value that cannot be; the message has the line and the value.
    """
    tiles: list[TileMetadata] = []
    line_of: dict[str, int] = {}
    try:
        with open(path, encoding='utf-8-sig', newline='') as file:
            for line, row in _rows(file, path):
                tile = _tile(row, f'{path} line {line}')
                if tile.filename in line_of:
                    raise MapError(
                        f'{path} line {line} repeats {tile.filename!r} of line '
                        f'{line_of[tile.filename]}: each tile needs a name of its own'
                    )
                line_of[tile.filename] = line
                tiles.append(tile)
    except OSError as error:
        raise MapError(f'cannot read metadata CSV {path}: {error.strerror}') from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise MapError(f'{path} is not a CSV in UTF-8 ({error}): save it as one') from error
    if not tiles:
        raise MapError(f'{path} lists no tile: add one line per tile below the header')
    return tiles


def write_tiles(path: str | os.PathLike, tiles: Iterable[TileMetadata]) -> None:
    """Write tiles as a metadata CSV that reads back as exactly the same numbers."""
    with Path(path).open('w', encoding='utf-8', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(COLUMNS)
        for tile in tiles:
            writer.writerow(
                [
                    tile.filename,
                    tile.top_left_lat,
                    tile.top_left_long,
                    tile.bottom_right_lat,
                    tile.bottom_right_long,
                    tile.zoom_level,
                    tile.spatial_resolution,
                ]
            )


def _rows(file: Iterable[str], path: str | os.PathLike) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, {column in lower case: value}) of each line that holds something."""
    reader = csv.reader(file, skipinitialspace=True)
    columns: list[str] = []
    for values in reader:
        values = [value.strip() for value in values]
        if not any(values):
            continue
        if not columns:
            columns = _columns(values, path)
            continue
        if any(values[len(columns) :]):
            raise MapError(
                f'{path} line {reader.line_num} has {len(values)} values for {len(columns)} '
                f'columns: quote names that hold a comma'
            )
        yield reader.line_num, dict(zip(columns, values, strict=False))


def _columns(header: list[str], path: str | os.PathLike) -> list[str]:
    """Return the header's column names in lower case, ``_lon`` as ``_long``."""
    columns = [name.lower() for name in header]
    columns = [f'{name}g' if name.endswith('_lon') else name for name in columns]
    missing = [name for name in _REQUIRED if name.lower() not in columns]
    if missing:
        raise MapError(
            f'{path} has no column {", ".join(missing)}: it has {", ".join(header)}; '
            f'it takes {",".join(COLUMNS)}'
        )
    return columns


def _tile(row: dict[str, str], where: str) -> TileMetadata:
    """Return the tile of one line, or raise MapError."""
    filename = row.get('filename', '')
    if not filename:
        raise MapError(f'{where} has no Filename: name the image of the tile')
    where = f'{where} ({filename})'
    tile = TileMetadata(
        filename=filename,
        top_left_lat=_number(row, 'Top_left_lat', where, -90, 90),
        top_left_long=_number(row, 'Top_left_long', where, -180, 180),
        bottom_right_lat=_number(row, 'Bottom_right_lat', where, -90, 90),
        bottom_right_long=_number(row, 'Bottom_right_long', where, -180, 180),
        zoom_level=_zoom_level(row, where),
        spatial_resolution=_spatial_resolution(row, where),
    )
    if tile.top_left_lat <= tile.bottom_right_lat:
        raise MapError(
            f'{where}: Top_left_lat {tile.top_left_lat} is not north of Bottom_right_lat '
            f'{tile.bottom_right_lat}: swap the corners'
        )
    # No tile is half the Earth wide, so a greater span is the way round of swapped corners.
    if not 0 < tile.span_long <= 180:
        raise MapError(
            f'{where}: Top_left_long {tile.top_left_long} is not west of Bottom_right_long '
            f'{tile.bottom_right_long}: swap the corners'
        )
    return tile


def _number(row: dict[str, str], column: str, where: str, low: float, high: float) -> float:
    """Return a number between ``low`` and ``high``, both included."""
    text = row.get(column.lower(), '')
    value = _parse(text, column, where)
    if not low <= value <= high:
        raise MapError(f'{where}: {column} is {text}: it takes {low} to {high} degrees')
    return value


def _zoom_level(row: dict[str, str], where: str) -> int | None:
    """Return the slippy zoom, or None where it is not given."""
    text = row.get('zoom_level', '')
    if not text:
        return None
    value = _parse(text, 'zoom_level', where)
    if value not in range(31):
        raise MapError(f'{where}: zoom_level is {text}: it takes a whole number, 0 to 30')
    return int(value)


def _spatial_resolution(row: dict[str, str], where: str) -> float | None:
    """Return the metres per pixel, or None where they are not given."""
    text = row.get('spatial_resolution', '')
    if not text:
        return None
    value = _parse(text, 'spatial_resolution', where)
    if not 0 < value < float('inf'):
        raise MapError(f'{where}: spatial_resolution is {text}: it takes metres per pixel, over 0')
    return value


def _parse(text: str, column: str, where: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise MapError(f'{where}: {column} is {text!r}: it takes a number') from error
