"""Draw the demo's map: overlapping tile images and the CSV that says where each lies."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np

from visual_navsat.errors import MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.tile_csv import write_tiles
from visual_navsat_sim.demo.place import Place
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.render import render

MAP_GSD_M_PER_PX = 0.5
_TILE_PX = 448
_STRIDE_PX = 194  # the last tiles end where the map does; every place lies in four
_JPEG_QUALITY = 90


def write_map(place: Place, epoch: Epoch, folder: Path) -> tuple[list[TileMetadata], np.ndarray]:
    """
    Write the map of a place below a folder: ``tiles/`` and ``map.csv``.

    :return: the tiles, and the whole map (side, side, 3) uint8 RGB.
    :raises MapError: if the files cannot be written.
    """
    side = round(place.size_m / MAP_GSD_M_PER_PX)
    mosaic = render(place.world, epoch, place.west_m, place.north_m, side, side, MAP_GSD_M_PER_PX)
    starts = range(0, side - _TILE_PX + 1, _STRIDE_PX)
    tiles = [_tile(place, left, top) for top in starts for left in starts]
    try:
        shutil.rmtree(folder / 'tiles', ignore_errors=True)
        (folder / 'tiles').mkdir(parents=True)
        for tile, (top, left) in zip(
            tiles, ((top, left) for top in starts for left in starts), strict=True
        ):
            pixels = mosaic[top : top + _TILE_PX, left : left + _TILE_PX]
            _, data = cv2.imencode(
                '.jpg', pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
            )
            (folder / 'tiles' / tile.filename).write_bytes(data.tobytes())
        write_tiles(folder / 'map.csv', tiles)
    except OSError as error:
        raise MapError(f'cannot write the map to {folder}: {error.strerror}') from error
    return tiles, mosaic


def _tile(place: Place, left_px: int, top_px: int) -> TileMetadata:
    west = place.west_m + left_px * MAP_GSD_M_PER_PX
    north = place.north_m - top_px * MAP_GSD_M_PER_PX
    span = _TILE_PX * MAP_GSD_M_PER_PX
    top_left_lat, top_left_long = place.geodetic(west, north)
    bottom_right_lat, bottom_right_long = place.geodetic(west + span, north - span)
    return TileMetadata(
        f'tile_{top_px:04d}_{left_px:04d}.jpg',
        top_left_lat,
        top_left_long,
        bottom_right_lat,
        bottom_right_long,
        spatial_resolution=MAP_GSD_M_PER_PX,
    )
