# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Draw the demo's map: overlapping tile images and the CSV that says where each lies."""

from __future__ import annotations

from pathlib import Path
import shutil

import cv2
import numpy as np
from visual_navsat.errors import MapError
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.metadata_csv import write_tiles
from visual_navsat_sim.demo.flight_site import Site
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.render import render

MAP_GSD_M_PER_PX = 0.5
TILE_PX = 448
STRIDE_PX = 194  # the last tiles of the demo end where its map does; every place lies in four
_JPEG_QUALITY = 90


def write_map(
    site: Site, epoch: Epoch, folder: Path, tile_px: int = TILE_PX, stride_px: int = STRIDE_PX
) -> tuple[list[TileMetadata], np.ndarray]:
    """
    Write the map of a site below a folder: ``tiles/`` and ``map.csv``.

    :param tile_px: side of a tile.
    :param stride_px: from tile to tile.
    :return: the tiles, and the whole map (side, side, 3) uint8 RGB.
    :raises MapError: if the files cannot be written.
    """
    grid = PixelGrid.covering(site.region, MAP_GSD_M_PER_PX)
    mosaic = render(site.world, epoch, grid)
    starts = range(0, grid.rows - tile_px + 1, stride_px)
    boxes = [
        PixelBox(top, left, top + tile_px, left + tile_px) for top in starts for left in starts
    ]
    tiles = [_tile(site, grid, box) for box in boxes]
    try:
        shutil.rmtree(folder / 'tiles', ignore_errors=True)
        (folder / 'tiles').mkdir(parents=True)
        for tile, box in zip(tiles, boxes, strict=True):
            _, data = cv2.imencode(
                '.jpg', mosaic[box.slices][..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
            )
            (folder / 'tiles' / tile.filename).write_bytes(data.tobytes())
        write_tiles(folder / 'map.csv', tiles)
    except OSError as error:
        raise MapError(f'cannot write the map to {folder}: {error.strerror}') from error
    return tiles, mosaic


def _tile(site: Site, grid: PixelGrid, box: PixelBox) -> TileMetadata:
    west, south, east, north = grid.part(box).region.bounds
    return TileMetadata(
        f'tile_{box.top:04d}_{box.left:04d}.jpg',
        *site.geodetic(west, north),
        *site.geodetic(east, south),
        spatial_resolution=MAP_GSD_M_PER_PX,
    )
