# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Stores of slippy tiles: what lies beside tiles, what databases say, how tiles are called."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
import sqlite3
from typing import Any

from bench.fuzz.edits import damaged_bytes, number_texts
from bench.fuzz.target import Target, write
from hypothesis import strategies as st
from PIL import Image
from visual_navsat.maps.open_map import MapOptions, open_map
from visual_navsat.maps.tile_plan import plan_tiles

ZOOM, COLUMN, ROW = 18, 137630, 91280
WORLD_M = '20037508.342789'


def _picture() -> bytes:
    content = io.BytesIO()
    Image.effect_noise((64, 64), 90).convert('RGB').save(content, 'PNG')
    return content.getvalue()


TILE = _picture()
GOOD_TILE_MAP = f"""<?xml version="1.0" encoding="utf-8"?>
<TileMap version="1.0.0" tilemapservice="http://tms.osgeo.org/1.0.0">
<Title>map.tif</Title><SRS>EPSG:3857</SRS>
<BoundingBox minx="47.85" miny="9.0" maxx="47.86" maxy="9.01"/>
<Origin x="-{WORLD_M}" y="-{WORLD_M}"/>
<TileFormat width="256" height="256" mime-type="image/png" extension="png"/>
<TileSets profile="mercator"><TileSet href="18" units-per-pixel="0.6" order="18"/></TileSets>
</TileMap>"""

_values = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.sampled_from(('9.0,47.8,9.1,47.9', '47.8,9.0,47.9,9.1', 'xyz', 'tms', 'pbf', 'png', TILE)),
)
_numbers = st.one_of(st.sampled_from((ZOOM, COLUMN, ROW, 2**ZOOM - 1 - ROW, 17 - ZOOM)), _values)
_contents = st.one_of(st.just(TILE), damaged_bytes(TILE), _values)


def open_and_read(path: Path) -> object:
    """Open a map and read one of its tiles."""
    options = MapOptions(plan_tiles(tile_m=(100.0,)))
    imagery = open_map([str(path)], options)
    return imagery.read(imagery.tiles[0])


@st.composite
def _tile_maps(draw: st.DrawFn) -> bytes:
    text = GOOD_TILE_MAP
    for old in draw(st.lists(st.sampled_from(('47.85', '9.01', WORLD_M, 'mercator', '3857')))):
        text = text.replace(old, draw(number_texts))
    return draw(damaged_bytes(text.encode('utf-8', 'replace')))


def _read_tile_map(folder: Path, content: bytes) -> object:
    _write_tile(folder, f'{ZOOM}/{COLUMN}/{ROW}.png')
    write(folder, 'tilemapresource.xml', content)
    return open_and_read(folder)


def _read_json(folder: Path, values: Any) -> object:
    _write_tile(folder, f'{ZOOM}/{COLUMN}/{ROW}.png')
    write(folder, 'metadata.json', json.dumps(values))
    return open_and_read(folder)


def _read_names(folder: Path, names: list[str]) -> object:
    for name in names:
        _write_tile(folder, name)
    return open_and_read(folder)


def _write_tile(folder: Path, name: str) -> None:
    path = folder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TILE)
    except (OSError, ValueError):  # no name that a file can have
        return


def _read_mbtiles(folder: Path, values: tuple[list[tuple], list[tuple]]) -> object:
    metadata, tiles = values
    return open_and_read(
        _database(
            folder / 'map.mbtiles',
            ('metadata', ('name', 'value'), metadata),
            ('tiles', ('zoom_level', 'tile_column', 'tile_row', 'tile_data'), tiles),
        )
    )


def _read_sqlitedb(folder: Path, values: tuple[list[tuple], list[tuple]]) -> object:
    info, tiles = values
    columns = ('minzoom', 'maxzoom', 'tilenumbering', 'ellipsoid', 'inverted_y')
    return open_and_read(
        _database(
            folder / 'map.sqlitedb',
            ('info', columns, info),
            ('tiles', ('z', 'x', 'y', 'image'), tiles),
        )
    )


def _database(path: Path, *tables: tuple[str, tuple[str, ...], list[tuple]]) -> Path:
    with sqlite3.connect(path) as database:
        for name, columns, rows in tables:
            database.execute(f'CREATE TABLE {name} ({", ".join(columns)})')
            marks = ', '.join('?' * len(columns))
            for row in rows:
                # What SQLite cannot hold is no input.
                with contextlib.suppress(sqlite3.Error, UnicodeError, OverflowError):
                    database.execute(f'INSERT INTO {name} VALUES ({marks})', row)
    database.close()
    return path


_names = st.one_of(
    st.sampled_from((f'{ZOOM}/{COLUMN}/{ROW}.png', f'{ZOOM}_{COLUMN}_{ROW}.jpeg', '0/0/0.png')),
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(
        lambda at: f'{ZOOM}/{COLUMN + at[0]}/{ROW + at[1]}.png'
    ),
    st.from_regex(r'\A[0-9]{1,3}[/_][0-9]{1,12}[/_][0-9]{1,12}\.(png|webp|pbf)\Z'),
    st.text(min_size=1, max_size=12),
)
_keys = st.sampled_from(('bounds', 'scheme', 'format', 'minzoom', 'name', None))
_mbtiles_rows = st.tuples(_numbers, _numbers, _numbers, _contents)
_good_row = st.just((ZOOM, COLUMN, 2**ZOOM - 1 - ROW, TILE))
_json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(('bounds', 'scheme', 'a')), inner, max_size=3)
    ),
    max_leaves=8,
)

TARGETS = (
    Target('tilemapresource.xml', _tile_maps(), _read_tile_map),
    Target('metadata.json of tiles', _json_values, _read_json),
    Target('names of tiles', st.lists(_names, max_size=4), _read_names),
    Target(
        'MBTiles',
        st.tuples(
            st.lists(st.tuples(_keys, _values), max_size=4),
            st.lists(_good_row | _mbtiles_rows, max_size=4),
        ),
        _read_mbtiles,
    ),
    Target(
        'sqlitedb',
        st.tuples(
            st.lists(st.tuples(*[_values] * 5), max_size=2),
            st.lists(_good_row | _mbtiles_rows, max_size=4),
        ),
        _read_sqlitedb,
    ),
)
