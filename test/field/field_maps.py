# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where the field maps lie, and how others of their kinds are made of them."""

from pathlib import Path
import sqlite3

from PIL import Image
from visual_navsat.geometry.places import MapPlace
from visual_navsat.maps.open_map import MapOptions, open_map
from visual_navsat.maps.tile_plan import plan_tiles

DATA = Path(__file__).parent / 'data'
# What scene.jpg covers.
WEST, SOUTH, EAST, NORTH = 9.0066844, 47.8533413, 9.0120310, 47.8569407
BOUNDS = f'{WEST},{SOUTH},{EAST},{NORTH}'
ZOOM = 18
TILE_M = 100.0


def opened(*sources, **options):
    """Return some sources as one map, cut into small tiles."""
    return open_map(list(map(str, sources)), MapOptions(plan_tiles(tile_m=(TILE_M,)), **options))


def place(imagery):
    """Return latitude and longitude of the middle of a map."""
    return MapPlace.of(imagery.tiles).extent.center


def is_in_place(imagery):
    """Return whether a map lies where the scene does: tiles reach 150 m beyond it at most."""
    lat, long = place(imagery)
    return abs(lat - (SOUTH + NORTH) / 2) < 0.0015 and abs(long - (WEST + EAST) / 2) < 0.0022


def tiles_from_north():
    """Return {(column, row): bytes} of the scene's slippy tiles of zoom 18."""
    database = sqlite3.connect(DATA / 'mbt-xyzrows' / 'map.mbtiles')
    rows = database.execute('SELECT tile_column, tile_row, tile_data FROM tiles').fetchall()
    return {(column, row): content for column, row, content in rows}


def write_mbtiles(path, rows, metadata=()):
    """Write an MBTiles file; rows are zoom, column, row and content."""
    with sqlite3.connect(path) as database:
        database.execute('CREATE TABLE metadata (name, value)')
        database.execute('CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)')
        database.executemany('INSERT INTO metadata VALUES (?, ?)', metadata)
        database.executemany('INSERT INTO tiles VALUES (?, ?, ?, ?)', rows)
    database.close()
    return path


def write_sqlitedb(path, info, zoom=ZOOM, from_south=False):
    """Write the scene as OsmAnd does; info holds the columns of its table."""
    with sqlite3.connect(path) as database:
        database.execute(f'CREATE TABLE info ({", ".join(info)})')
        marks = ', '.join('?' * len(info))
        database.execute(f'INSERT INTO info VALUES ({marks})', tuple(info.values()))
        database.execute('CREATE TABLE tiles (x int, y int, z int, s int, image blob)')
        for (column, row), content in tiles_from_north().items():
            stored = 2**ZOOM - 1 - row if from_south else row
            values = (column, stored, zoom, 0, content)
            database.execute('INSERT INTO tiles VALUES (?, ?, ?, ?, ?)', values)
    database.close()
    return path


def write_folder(folder, name='{z}/{x}/{y}.jpg', from_south=False):
    """Write the scene as a folder of slippy tiles."""
    for (column, row), content in tiles_from_north().items():
        stored = 2**ZOOM - 1 - row if from_south else row
        path = folder / name.format(z=ZOOM, x=column, y=stored)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def scene():
    """Return the scene as an image."""
    return Image.open(DATA / 'scene.jpg').convert('RGB')
