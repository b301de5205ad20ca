# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Draw the small map in maps/small and the photos beside it: procedural, with exact truth.

    python -m bench.small_map --out maps/small

The map is a GeoTIFF of 400 x 400 m, the photos are of another day of the same world.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import replace
import math
from pathlib import Path

import numpy as np
from PIL import Image
import rasterio
from rasterio.transform import from_origin
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat_sim.demo.flight_site import HOME_LAT, HOME_LONG, Site
from visual_navsat_sim.worlds.camera import CameraPose, photograph, Pinhole
from visual_navsat_sim.worlds.epoch import flight_epoch, map_epoch
from visual_navsat_sim.worlds.render import render
from visual_navsat_sim.worlds.world import World

SEED = 7
CENTER_M = 1685.0, 1245.0  # in the world: blocks, gardens, works, a park
SIDE_M = 400.0
MAP_GSD_M_PER_PX = 0.5
HEIGHT_AGL_M = 140.0
CAMERA = Pinhole(640, 480, 320 / math.tan(math.radians(35)))  # 70 degrees across
# Name, metres east and north of the middle, heading, pitch and roll in degrees: a gimbal leaves
# some tilt, which photos.csv does not tell.
POSES = (
    ('blocks.jpg', -50.0, 70.0, 30.0, 0.9, -0.6),
    ('works.jpg', 70.0, 40.0, 250.0, -0.7, 1.1),
    ('gardens.jpg', 60.0, -85.0, 152.0, 1.2, 0.4),
)
COLUMNS = ('Filename', 'Latitude', 'Longitude', 'Yaw', 'Height', 'GSD')
JPEG_QUALITY = 88


def write_map(site: Site, folder: Path) -> None:
    """Write ``map.tif``: JPEG in a GeoTIFF, in metres around the map's middle."""
    look = replace(map_epoch(SEED), jpeg_quality=0)  # it is compressed once, here
    grid = PixelGrid.covering(site.region, MAP_GSD_M_PER_PX)
    pixels = render(site.world, look, grid)
    with rasterio.open(
        folder / 'map.tif',
        'w',
        driver='GTiff',
        width=grid.columns,
        height=grid.rows,
        count=3,
        dtype='uint8',
        crs=f'+proj=tmerc +lat_0={HOME_LAT} +lon_0={HOME_LONG} +datum=WGS84 +units=m',
        transform=from_origin(-SIDE_M / 2, SIDE_M / 2, MAP_GSD_M_PER_PX, MAP_GSD_M_PER_PX),
        tiled=True,
        compress='jpeg',
        photometric='ycbcr',
        jpeg_quality=JPEG_QUALITY,
    ) as file:
        file.write(np.moveaxis(pixels, 2, 0))


def write_photos(site: Site, folder: Path) -> None:
    """Write ``photos/`` and ``photos.csv``, which says where each was taken."""
    (folder / 'photos').mkdir(exist_ok=True)
    gsd_m_per_px = CAMERA.gsd_m_per_px(HEIGHT_AGL_M)
    with (folder / 'photos.csv').open('w', encoding='utf-8', newline='') as stream:
        rows = csv.writer(stream, lineterminator='\n')
        rows.writerow(COLUMNS)
        for number, (name, east_m, north_m, heading_deg, *tilt_deg) in enumerate(POSES):
            east, north = CENTER_M[0] + east_m, CENTER_M[1] + north_m
            pose = CameraPose(east, north, HEIGHT_AGL_M, heading_deg, *tilt_deg)
            shot = photograph(site.world, flight_epoch(SEED), pose, CAMERA, exposure_key=number)
            path = folder / 'photos' / name
            Image.fromarray(shot.image).save(path, quality=JPEG_QUALITY)
            lat, long = site.geodetic(east, north)
            values = (f'{lat:.7f}', f'{long:.7f}', heading_deg, HEIGHT_AGL_M)
            rows.writerow([name, *values, f'{gsd_m_per_px:.4f}'])


def main() -> None:
    """Write the folder that ``--out`` names."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--out', type=Path, required=True, metavar='DIR', help='folder to fill')
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    site = Site.around(World(SEED), CENTER_M, SIDE_M)
    write_map(site, folder)
    write_photos(site, folder)


if __name__ == '__main__':
    main()
