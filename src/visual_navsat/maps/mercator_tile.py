# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Web mercator tiles of a map's imagery, as browsers and sessions show them."""

from __future__ import annotations

import numpy as np
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.web_mercator import EQUATOR_M, geodetic_from_mercator, gsd_m_per_px
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import MapPainter, mercator_near

TILE_PX = 256
MAX_ZOOM = 24
_MAX_TILES = 64  # of the map that one tile is painted from


def zoom_of(lat: float, gsd: float) -> int:
    """Return the first zoom at which a pixel shows no more metres than this."""
    return next((z for z in range(MAX_ZOOM) if gsd_m_per_px(lat, z, TILE_PX) <= gsd), MAX_ZOOM)


def paint_tile(imagery: MapImagery, zoom: int, column: int, row: int) -> np.ndarray | None:
    """
    Return a tile, clear where the map has nothing; None if all of it is.

    :return: (256, 256, 4) uint8 RGBA. None also where the map is too wide for one tile.
    """
    side_m = EQUATOR_M / 2**zoom
    west, north = column * side_m - EQUATOR_M / 2, EQUATOR_M / 2 - row * side_m
    lats, longs = geodetic_from_mercator([(west, north - side_m), (west + side_m, north)])
    box = GeoBox(float(longs[0]), float(lats[0]), float(longs[1]), float(lats[1]))
    tiles = imagery.tiles_in(box)
    if not tiles or len(tiles) > _MAX_TILES:
        return None
    grid = PixelGrid(west, north, TILE_PX, TILE_PX, side_m / TILE_PX)
    painter = MapPainter(grid, mercator_near((box.west + box.east) / 2))
    painter.paint_tiles(imagery, tiles)
    if not painter.is_painted.any():
        return None
    return np.dstack([painter.pixels, painter.is_painted * np.uint8(255)])
