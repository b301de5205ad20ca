# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
VPAIR: a light aircraft between Bonn and the Eifel, above views rendered of public geodata.

Source: Schleiss et al., "VPAIR - Aerial Visual Place Recognition and Localization in Large-scale
Outdoor Environments", 2022 (arXiv:2205.11567), and https://github.com/AerVisLoc/vpair.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
import math
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
import pyproj
from visual_navsat.errors import MapError
from visual_navsat.evaluation.datasets.angles import angles_of, belly_camera
from visual_navsat.evaluation.datasets.benchmark import (
    Benchmark,
    BenchmarkSequence,
    image_path,
    tile_around,
)
from visual_navsat.evaluation.queries_csv import Query
from visual_navsat.files import is_input
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.image_file import read_image
from visual_navsat.maps.metadata_csv import write_tiles
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import read_photo_metadata
from visual_navsat.table import read_table

ABOUT = (
    'the map is made of the reference views: each is turned north up and laid on flat ground at '
    'the median of its depth; hills shift what they show',
    'distractors have no position, so they are left out: recall is easier than with them',
    'the height above ground of a query is the median depth of the reference view at its place, '
    'as an altimeter would say it; roll, pitch and yaw count as those of the aircraft, the image '
    'pointing up at the nose',
    'field of view 56.1 degrees, by the calibration of the set (750.6 px of 800)',
)
_HFOV_DEG = math.degrees(2 * math.atan(400 / 750.626))
_POSES, _REFERENCES = 'poses_query.txt', 'poses_reference_view.txt'
_COLUMNS = ('filepath', 'x', 'y', 'z', 'roll', 'pitch', 'yaw')
# Depth beside a view, in the archives that are about.
_DEPTHS = (
    *('reference_views/depth_{}.npy', 'reference_views/{}.npy'),
    *('reference_views_npy/{}.npy', 'reference_views_npy/depth_{}.npy'),
)
_FARTHEST_M = 6.5e6  # from the Earth's middle


def open_vpair(folder: Path) -> Benchmark:
    """Return the data set in a folder; raise MapError if it is not in its layout."""
    missing = next((name for name in (_POSES, _REFERENCES) if not is_input(folder / name)), None)
    if missing:
        raise MapError(
            f'{folder} has no {missing}: expected VPAIR with {_POSES}, {_REFERENCES}, queries/ '
            'and reference_views/'
        )
    return Benchmark('vpair', folder, ABOUT, ('vpair',), partial(_read, folder))


def _read(folder: Path, name: str, _: Path) -> BenchmarkSequence:
    queries = [
        replace(query, known=_with_scale(query, folder)) for query in _views(folder, _POSES)
    ]
    return BenchmarkSequence(name, queries, partial(_write_map, folder))


def _views(folder: Path, file: str) -> list[Query]:
    """Return the images of a file of poses, each with its place and attitude."""
    table = read_table(folder / file, _COLUMNS, MapError)
    if table.cells.empty:
        raise MapError(f'{table.path} has no rows')
    ecef = [
        table.numbers(axis, 'metres from the middle of the Earth', -_FARTHEST_M, _FARTHEST_M)
        for axis in 'xyz'
    ]
    transformer = pyproj.Transformer.from_crs('EPSG:4978', 'EPSG:4979', always_xy=True)
    x, y, z = (axis.to_numpy() for axis in ecef)
    longs, lats, _ = transformer.transform(x, y, z)
    angles = [
        np.degrees(table.numbers(column, '-7 to 7 radians', -7, 7))
        for column in ('yaw', 'pitch', 'roll')
    ]
    return [
        Query(
            image_path(table, line, folder / name),
            name,
            float(lat),
            float(long),
            Knowledge(**angles_of(belly_camera(*attitude))),
        )
        for line, name, lat, long, *attitude in zip(
            table.cells.index, table.text('filepath'), lats, longs, *angles, strict=True
        )
    ]


def _with_scale(view: Query, folder: Path) -> Knowledge:
    return replace(view.known, height_agl_m=_depth_m(folder, view.path.stem), hfov_deg=_HFOV_DEG)


def _depth_m(folder: Path, stem: str) -> float:
    """Return the median distance from the camera to the ground along its axis."""
    path = next((p for p in (folder / name.format(stem) for name in _DEPTHS) if is_input(p)), None)
    if path is None:
        raise MapError(
            f'{folder} has no depth of reference view {stem}, such as {_DEPTHS[0].format(stem)}: '
            'unpack all of the archive, as the depth says how much ground a view shows'
        )
    try:
        depth = np.load(path, allow_pickle=False)
        median = float(np.median(depth[np.isfinite(depth) & (depth > 0)]))
    except (OSError, ValueError, TypeError) as error:
        raise MapError(f'cannot read {path}: download the data set again') from error
    if not 1.0 <= median <= 10_000.0:
        raise MapError(f'{path} has a median of {median:g}: depths must be metres')
    return median


def _write_map(folder: Path, out: Path) -> Path:
    """Write each reference view as a north-up tile, and their metadata CSV."""
    tiles = []
    (out / 'tiles').mkdir(parents=True, exist_ok=True)
    for view in _views(folder, _REFERENCES):
        looked = _with_scale(view, folder).view(read_photo_metadata(view.path))
        nadir = look_down(read_image(view.path), looked)
        if nadir is None or nadir.vehicle_from_center_m is None:
            raise MapError(f'{view.path} looks at the horizon: its pose cannot be that of VPAIR')
        frame = LocalFrame(view.true_lat, view.true_long)
        lat, long = frame.geodetic_from_enu(-nadir.vehicle_from_center_m)
        name = f'tiles/{view.path.stem}.png'
        image, gsd = _north_up(nadir)
        Image.fromarray(image).save(out / name, compress_level=1)
        tiles.append(tile_around(name, float(lat), float(long), image.shape[:2], gsd))
    write_tiles(out / 'tiles.csv', tiles)
    return out / 'tiles.csv'


def _north_up(photo: NadirImage) -> tuple[np.ndarray, float]:
    """Return the largest square of a photo around its centre with north up, and its GSD."""
    heading = math.radians(photo.view.heading_deg or 0.0)
    sin, cos = math.sin(heading), math.cos(heading)
    height, width = photo.image.shape[:2]
    shown = np.full((height, width), 255, np.uint8)
    if photo.mask is not None:
        shown = shown * photo.mask
    side = int(min(width, height) / (abs(sin) + abs(cos)))
    while side > 1:
        matrix = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]])
        middle = np.array([width - 1, height - 1]) / 2
        matrix[:, 2] = middle - matrix[:, :2] @ np.full(2, (side - 1) / 2)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        # A tilted view is no rectangle on the ground: a smaller square fits.
        is_full = cv2.warpAffine(shown, matrix, (side, side), flags=flags)[1:-1, 1:-1].min() > 0
        if is_full:
            break
        side = int(0.95 * side)
    square = cv2.warpAffine(
        photo.image, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return square, float(photo.view.gsd_m_per_px or math.nan)
