# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Photos with positions and times: turned pieces of a map, and photos that lie beside it."""

from __future__ import annotations

from collections.abc import Iterator
import csv
from datetime import datetime, timedelta
import math
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
import rasterio
from rasterio.warp import transform
from visual_navsat.photo_exif import position_exif

_SEED = 7
_PIECE_PX = 320, 240
_FIRST_TAKEN = datetime(2026, 5, 2, 10, 0)
_BETWEEN = timedelta(minutes=7)
_JPEG_QUALITY = 90


def write_photos(map_folder: Path, out: Path, pieces: int = 45) -> list[Path]:
    """
    Write what is missing of the demo's photos into a folder and return all of them.

    :param map_folder: holds ``map.tif``, ``photos`` and ``photos.csv``, as ``maps/small`` does.
    :param pieces: of the map, the same ones each time.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = []
    shots = [*_pieces(map_folder / 'map.tif', pieces), *_photos(map_folder)]
    for number, (name, pixels, place) in enumerate(shots):
        path = out / name
        if not path.exists():
            exif = position_exif(*place, taken=_FIRST_TAKEN + number * _BETWEEN)
            beside = path.with_name(f'.{name}')
            Image.fromarray(pixels).save(beside, 'JPEG', quality=_JPEG_QUALITY, exif=exif)
            beside.replace(path)
        written.append(path)
    return written


def _pieces(path: Path, count: int) -> Iterator[tuple[str, np.ndarray, tuple[float, float]]]:
    """Yield the name, pixels and latitude and longitude of pieces of a map."""
    random = np.random.default_rng(_SEED)
    width, height = _PIECE_PX
    margin = math.hypot(width, height) / 2
    with rasterio.open(path) as file:
        pixels = np.moveaxis(file.read((1, 2, 3)), 0, 2)
        for number in range(count):
            col = random.uniform(margin, file.width - margin)
            row = random.uniform(margin, file.height - margin)
            heading_deg = random.uniform(0, 360)
            # Of a photo whose up side points at the heading, the map turns the other way round.
            turn = cv2.getRotationMatrix2D((col, row), heading_deg, 1.0)
            turn[:, 2] += width / 2 - col, height / 2 - row
            piece = cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_LINEAR)
            east, north = file.xy(row, col, offset='ul')
            (longitude,), (latitude,) = transform(file.crs, 'EPSG:4326', [east], [north])
            yield (
                f'piece_{number:02d}_heading_{heading_deg:03.0f}.jpg',
                piece,
                (latitude, longitude),
            )


def _photos(folder: Path) -> Iterator[tuple[str, np.ndarray, tuple[float, float]]]:
    with (folder / 'photos.csv').open(encoding='utf-8', newline='') as stream:
        for row in csv.DictReader(stream):
            with Image.open(folder / 'photos' / row['Filename']) as image:
                pixels = np.asarray(image.convert('RGB'))
            yield row['Filename'], pixels, (float(row['Latitude']), float(row['Longitude']))
