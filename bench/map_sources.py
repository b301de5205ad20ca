# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Locate the same photos over the same map in three formats; they must come out at one place.

    python -m bench.map_sources --data DIR --out bench/results/map_sources.json

The data folder holds map/ and map.csv (tiles named ..._yROW_xCOLUMN, the pixels of a mosaic at
which they begin), the mosaic in map/, queries/ and queries.csv with Yaw and GSD. From these one
GeoTIFF is made, its geotransform fitted to the tiles' corners, and from that slippy tiles. Nothing
may be tuned on the photos.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
from pathlib import Path
import re
import tempfile

from bench.record import make_parser, measured_commit, RESULTS, run_verb
import numpy as np
from PIL import Image
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import Affine, from_bounds
from rasterio.vrt import WarpedVRT
from visual_navsat import RetrievalEngine
from visual_navsat.files import write_json
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.geometry.web_mercator import EQUATOR_M, world_from_geodetic
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.maps.metadata_csv import read_tiles

ZOOM = 20  # 0.14 m per pixel here, finer than the mosaic's 0.16
TILE_PX = 256
CUTTING = ('--tile-m', '146', '--overlap', '0.555')  # as the tiles of the CSV were cut


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'map_sources.json')
    parser.add_argument('--data', required=True, type=Path, metavar='DIR')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        geotiff = make_geotiff(args.data, scratch / 'mosaic.tif')
        sources = {
            'metadata CSV': (args.data / 'map.csv', '--images', args.data / 'map'),
            'GeoTIFF': (geotiff, *CUTTING),
            'slippy tiles': (make_slippy(geotiff, scratch / 'slippy'), *CUTTING),
        }
        indexes = {}
        for number, (name, words) in enumerate(sources.items()):
            indexes[name] = scratch / f'index{number}'
            run_verb('build-map', *words, '--out', indexes[name])
        photos = list(csv.DictReader((args.data / 'queries.csv').open(encoding='utf-8-sig')))
        fixes = {name: locate(index, args.data, photos) for name, index in indexes.items()}
    record = {
        'commit': measured_commit(),
        'command': f'python -m bench.map_sources --data {args.data.name}',
        'photos': len(photos),
        'sources': {name: summary(found, photos) for name, found in fixes.items()},
        'pairs': [compare(a, b, fixes) for a, b in itertools.combinations(fixes, 2)],
    }
    write_json(args.out, record)
    print(json.dumps({key: record[key] for key in ('sources', 'pairs')}, indent=1))


def make_geotiff(data: Path, path: Path) -> Path:
    """Write the mosaic with the geotransform that the tiles' corners ask for."""
    mosaic = next((data / 'map').glob('mosaic*'))
    pixels = np.asarray(Image.open(mosaic).convert('RGB')).transpose(2, 0, 1)
    tiles = read_tiles(data / 'map.csv')
    places = [re.search(r'_y(\d+)_x(\d+)', tile.filename) for tile in tiles]
    corners = np.array([[int(place[2]), int(place[1]), 1] for place in places])
    degrees = np.array([[tile.top_left_long, tile.top_left_lat] for tile in tiles])
    matrix, *_ = np.linalg.lstsq(corners.astype(float), degrees, rcond=None)
    profile = {'driver': 'GTiff', 'crs': 'EPSG:4326', 'count': 3, 'dtype': 'uint8', 'tiled': True}
    size = {'height': pixels.shape[1], 'width': pixels.shape[2]}
    with rasterio.open(path, 'w', transform=Affine(*matrix.T.ravel()), **profile, **size) as file:
        file.write(pixels)
    return path


def make_slippy(geotiff: Path, folder: Path) -> Path:
    """Write the raster as z/x/y.png; tiles without ground are left out."""
    scale = 2**ZOOM
    with rasterio.open(geotiff) as dataset:
        columns, rows = np.meshgrid([0, dataset.width], [0, dataset.height])
        t = dataset.transform
        x, y = world_from_geodetic(
            t.d * columns + t.e * rows + t.f, t.a * columns + t.b * rows + t.c
        )
        for column in range(math.floor(x.min() * scale), math.floor(x.max() * scale) + 1):
            for row in range(math.floor(y.min() * scale), math.floor(y.max() * scale) + 1):
                west, east = (((column + i) / scale - 0.5) * EQUATOR_M for i in (0, 1))
                north, south = ((0.5 - (row + i) / scale) * EQUATOR_M for i in (0, 1))
                with WarpedVRT(
                    dataset,
                    crs='EPSG:3857',
                    transform=from_bounds(west, south, east, north, TILE_PX, TILE_PX),
                    width=TILE_PX,
                    height=TILE_PX,
                    resampling=Resampling.cubic,
                    add_alpha=True,
                ) as warped:
                    rgba = warped.read()
                if rgba[3].any():
                    path = folder / str(ZOOM) / str(column) / f'{row}.png'
                    path.parent.mkdir(parents=True, exist_ok=True)
                    Image.fromarray(rgba.transpose(1, 2, 0)).save(path)
    return folder


def locate(index: Path, data: Path, photos: list[dict]) -> list[tuple[float, float] | None]:
    """Return latitude and longitude of the ground under each photo's middle, or None: refused."""
    engine = RetrievalEngine()
    engine.load_map(index)
    found = []
    for photo in photos:
        result = engine.query(
            data / 'queries' / photo['Filename'],
            heading_deg=float(photo['Yaw']),
            gsd_m_per_px=float(photo['GSD']),
        )
        fix = result.center
        is_fix = isinstance(fix, PositionEstimate)
        found.append((fix.latitude, fix.longitude) if is_fix else None)
    return found


def summary(found: list, photos: list[dict]) -> dict:
    """Return how many photos were located, and how well."""
    errors = [
        float(distance_m(*fix, float(p['Center_lat_est']), float(p['Center_lon_est'])))
        for fix, p in zip(found, photos, strict=True)
        if fix is not None
    ]
    return {
        'fixes': len(errors),
        'median_error_m': round(float(np.median(errors)), 2),
        'over_50_m': sum(error > 50 for error in errors),
    }


def compare(first: str, second: str, fixes: dict[str, list]) -> dict:
    """Return how far apart two sources put the photos that both located."""
    pairs = list(zip(fixes[first], fixes[second], strict=True))
    apart = [float(distance_m(*a, *b)) for a, b in pairs if a is not None and b is not None]
    return {
        'between': [first, second],
        'located_by_both': len(apart),
        'located_by_one': sum((a is None) != (b is None) for a, b in pairs),
        'median_apart_m': round(float(np.median(apart)), 2),
        'largest_apart_m': round(max(apart), 2),
        'within_2_m': sum(distance <= 2 for distance in apart),
    }


if __name__ == '__main__':
    main()
