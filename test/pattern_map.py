# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Ground whose colours say exactly where they lie, and maps of it in every format."""

import functools
import io
import sqlite3

import numpy as np
from PIL import Image
import pyproj
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.web_mercator import geodetic_from_world, world_from_geodetic
from visual_navsat.maps.cut import cut_tiles
from visual_navsat.maps.imagery import MapImagery

LAT, LONG = 58.4, 24.7  # Estonia: EPSG:32635 and EPSG:3301, whose first axis is north, cover it
_PERIOD_M = 40.0
NORTH_UP = f'+proj=tmerc +lat_0={LAT} +lon_0={LONG} +datum=WGS84'  # here its axes are ours


def pattern(lat, long, at=(LAT, LONG)) -> np.ndarray:
    """Return (..., 3) uint8 colours of places: waves to the east in red, to the north in green."""
    east, north = np.moveaxis(LocalFrame(*at).enu_from_geodetic(lat, long), -1, 0)
    waves = [128 + 100 * np.sin(2 * np.pi * axis / _PERIOD_M) for axis in (east, north)]
    return np.stack([*waves, np.full_like(east, 90.0)], axis=-1).round().astype(np.uint8)


def displacement_m(pixels, tile, valid=None, at=(LAT, LONG)) -> np.ndarray:
    """Return by how many metres east and north an image shows the ground where it is not."""
    inside = np.ones(pixels.shape[:2], bool) if valid is None else valid
    # Some sixty rows and columns are enough.
    some = (slice(None, None, max(1, min(pixels.shape[:2]) // 60)),) * 2
    lat, long = (axis[some] for axis in GeoBox.of_tile(tile).grid(*pixels.shape[:2]))
    pixels, inside = pixels[some], inside[some]
    east_north = LocalFrame(*at).enu_from_geodetic(lat, long)
    shifts = []
    for axis in (0, 1):
        phase = 2 * np.pi * east_north[..., axis][inside] / _PERIOD_M
        slope = 100 * np.cos(phase) * 2 * np.pi / _PERIOD_M
        difference = pixels[..., axis][inside].astype(float) - (128 + 100 * np.sin(phase))
        shifts.append(-(difference * slope).sum() / (slope**2).sum())
    return np.array(shifts)


def cut(ortho, plan, area=None):
    """Return imagery as a map of tiles."""
    tiles = cut_tiles(ortho, plan, area)
    return MapImagery(
        tiles, lambda tile: (ortho, tile), (ortho.name,), (ortho.origin,), ortho.notes
    )


def raster_profile(crs, gsd, size, rotation_deg=0.0, at=(LAT, LONG), **values):
    """Return a rasterio profile of a raster in ``crs`` with its middle at ``at``."""
    from affine import Affine  # noqa: PLC0415 (optional)

    x, y = pyproj.Transformer.from_crs('EPSG:4326', crs, always_xy=True).transform(at[1], at[0])
    turn = np.radians(rotation_deg)
    matrix = gsd * np.array([[np.cos(turn), np.sin(turn)], [np.sin(turn), -np.cos(turn)]])
    corner = np.array([x, y]) - matrix @ [size / 2, size / 2]
    transform = Affine(*matrix[0], corner[0], *matrix[1], corner[1])
    profile = {'driver': 'GTiff', 'crs': crs, 'transform': transform, 'dtype': 'uint8'}
    return profile | {'width': size, 'height': size, 'count': 3} | values


def raster_colours(profile, at=(LAT, LONG)) -> np.ndarray:
    """Return (3, H, W) uint8: the pattern where a raster's pixels lie."""
    where = (profile[name] for name in ('crs', 'transform', 'width', 'height'))
    return _colours(*where, at).copy()


@functools.cache
def _colours(crs, transform, width, height, at) -> np.ndarray:
    columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    t = transform
    x, y = t.a * columns + t.b * rows + t.c, t.d * columns + t.e * rows + t.f
    to_geographic = pyproj.Transformer.from_crs(crs, 'EPSG:4326', always_xy=True)
    long, lat = to_geographic.transform(x, y)
    return pattern(lat, long, at).transpose(2, 0, 1)


def write_raster(path, profile, planes=None):
    """Write planes, or the pattern."""
    import rasterio  # noqa: PLC0415 (optional)

    with rasterio.open(path, 'w', **profile) as file:
        file.write(raster_colours(profile) if planes is None else planes)
    return path


def slippy_tiles(zoom, size_m, at=(LAT, LONG), tile_px=256):
    """Return {(column, row): (tile_px, tile_px, 3) uint8} around a place."""
    frame = LocalFrame(*at)
    lats, longs = frame.geodetic_from_enu(np.array([[-1, 1], [1, -1]]) * size_m / 2)
    x, y = (np.floor(v * 2**zoom).astype(int) for v in world_from_geodetic(lats, longs))
    tiles = {}
    offsets = (np.arange(tile_px) + 0.5) / tile_px
    for column in range(x[0], x[1] + 1):
        for row in range(y[0], y[1] + 1):
            grid_x, grid_y = np.meshgrid(column + offsets, row + offsets)
            lat, long = geodetic_from_world(grid_x / 2**zoom, grid_y / 2**zoom)
            tiles[column, row] = pattern(lat, long, at)
    return tiles


def as_png(pixels) -> bytes:
    """Return the bytes of a PNG file."""
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, 'PNG')
    return content.getvalue()


def write_slippy(folder, zoom, tiles, name='{z}/{x}/{y}.png'):
    """Write tiles as files."""
    for (column, row), pixels in tiles.items():
        path = folder / name.format(z=zoom, x=column, y=row)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_png(pixels))
    return folder


def write_mbtiles(path, zoom, tiles, kind='png'):
    """Write an MBTiles file."""
    with sqlite3.connect(path) as database:
        database.execute('CREATE TABLE metadata (name TEXT, value TEXT)')
        database.execute('CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data BLOB)')
        database.execute('INSERT INTO metadata VALUES (?, ?)', ('format', kind))
        for (column, row), pixels in tiles.items():
            content = pixels if isinstance(pixels, bytes) else as_png(pixels)
            place = (zoom, column, 2**zoom - 1 - row)
            database.execute('INSERT INTO tiles VALUES (?, ?, ?, ?)', (*place, content))
    database.close()
    return path


def write_pmtiles(path, zoom, tiles, kind='PNG'):
    """Write a PMTiles file."""
    from pmtiles.tile import Compression, TileType, zxy_to_tileid  # noqa: PLC0415 (optional)
    from pmtiles.writer import Writer  # noqa: PLC0415 (optional)

    with path.open('wb') as file:
        writer = Writer(file)
        for place in sorted(tiles, key=lambda place: zxy_to_tileid(zoom, *place)):
            content = tiles[place]
            content = content if isinstance(content, bytes) else as_png(content)
            writer.write_tile(zxy_to_tileid(zoom, *place), content)
        header = {'tile_type': TileType[kind], 'tile_compression': Compression.NONE}
        writer.finalize(header, {})
    return path
