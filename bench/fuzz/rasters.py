# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Rasters and PMTiles of which some bytes are others, and world files as people write them."""

from __future__ import annotations

import io
from pathlib import Path

from bench.fuzz.edits import damaged_bytes, number_texts
from bench.fuzz.maps import COLUMN, open_and_read, ROW, TILE, ZOOM
from bench.fuzz.target import Target, write
from hypothesis import strategies as st
import numpy as np
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import from_origin


def _geotiff() -> bytes:
    noise = np.random.default_rng(0).integers(1, 255, (3, 300, 300), np.uint8)
    profile = {'driver': 'GTiff', 'count': 3, 'height': 300, 'width': 300, 'dtype': 'uint8'}
    place = {'crs': 'EPSG:32632', 'transform': from_origin(500500, 5300400, 0.5, 0.5)}
    with MemoryFile() as memory:
        with memory.open(**profile, **place) as file:
            file.write(noise)
        return bytes(memory.read())


def _pmtiles() -> bytes:
    content = io.BytesIO()
    writer = Writer(content)
    writer.write_tile(zxy_to_tileid(ZOOM, COLUMN, ROW), TILE)
    header = {'tile_type': TileType.PNG, 'tile_compression': Compression.NONE}
    degrees = {'min_lon_e7': 9_0000000, 'min_lat_e7': 47_0000000}
    degrees |= {'max_lon_e7': 9_1000000, 'max_lat_e7': 48_0000000}
    middle = {'center_zoom': ZOOM, 'center_lon_e7': 9_0500000, 'center_lat_e7': 47_5000000}
    writer.finalize(header | degrees | middle, {})
    return content.getvalue()


def _read_geotiff(folder: Path, content: bytes) -> object:
    return open_and_read(write(folder, 'map.tif', content))


def _read_pmtiles(folder: Path, content: bytes) -> object:
    return open_and_read(write(folder, 'map.pmtiles', content))


def _read_world_file(folder: Path, texts: tuple[list[str], str | bytes]) -> object:
    numbers, prj = texts
    write(folder, 'map.png', TILE)
    write(folder, 'map.pgw', '\n'.join(numbers))
    write(folder, 'map.prj', prj)
    return open_and_read(folder / 'map.png')


_GOOD_WORLD = ('0.4', '0', '0', '-0.4', '500500', '5300400')
_world = st.tuples(
    *[st.one_of(st.just(good), st.just(good), number_texts) for good in _GOOD_WORLD]
)
_UTM = CRS.from_epsg(32632).to_wkt()
_prj = st.one_of(st.sampled_from((_UTM, _UTM, 'LOCAL_CS["x"]', '')), damaged_bytes(_UTM.encode()))

TARGETS = (
    Target('GeoTIFF', damaged_bytes(_geotiff()), _read_geotiff),
    Target('PMTiles', damaged_bytes(_pmtiles()), _read_pmtiles),
    Target('world file', st.tuples(_world.map(list), _prj), _read_world_file),
)
