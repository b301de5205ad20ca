# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
ALTO: a helicopter over Ohio and Pennsylvania, above aerial photos of the USGS.

Source: Cisneros et al., "ALTO: A Large-Scale Dataset for UAV Visual Place Recognition and
Localization", 2022 (arXiv:2207.12317), and the read-me of the GPR competition, in whose layout it
is published.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pyproj
from visual_navsat.errors import MapError, ShapeError
from visual_navsat.evaluation.datasets.angles import angles_of, enu_from_ecef
from visual_navsat.evaluation.datasets.benchmark import (
    Benchmark,
    BenchmarkSequence,
    image_path,
    tile_around,
)
from visual_navsat.evaluation.queries_csv import Query
from visual_navsat.files import is_input
from visual_navsat.geometry.rotation import matrix_from_quaternion, unit_quaternion
from visual_navsat.maps.metadata_csv import write_tiles
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import read_photo_metadata
from visual_navsat.table import read_table, Table

ABOUT = (
    'reference images count as 0.6 m per pixel and north up, as others found by laying them over '
    'each other; the read-me does not say',
    'no lens and no height above ground are stated: the GSD of queries is taken as 0.48 m, sigma '
    '20 %, as others found 0.6 to 1 of that of the references',
    'coordinates are UTM 17 north; the heading comes from the quaternion, whose z axis looks down',
    'the camera looks some degrees off straight down, which moves its centre by metres; without a '
    'height above ground that is not corrected',
)
_REFERENCE_GSD = 0.6
_GSD_M_PER_PX, _GSD_SIGMA = 0.48, 0.2
_UTM = 'EPSG:32617'
_ORIENTATION = ('orient_x', 'orient_y', 'orient_z', 'orient_w')


def open_alto(folder: Path) -> Benchmark:
    """Return the data set in a folder; raise MapError if it is not in its layout."""
    sections = [
        entry.name
        for entry in sorted(folder.iterdir())
        if is_input(entry / 'query.csv') and is_input(entry / 'reference.csv')
    ]
    if not sections:
        raise MapError(
            f'{folder} holds no section of ALTO: expected folders such as Val with query.csv, '
            'reference.csv, query_images/ and reference_images/'
        )
    return Benchmark('alto', folder, ABOUT, tuple(sections), partial(_read_section, folder))


def _read_section(folder: Path, name: str, _: Path) -> BenchmarkSequence:
    columns = ('name', 'easting', 'northing', *_ORIENTATION)
    table = read_table(folder / name / 'query.csv', columns, MapError)
    if table.cells.empty:
        raise MapError(f'{table.path} has no rows')
    lats, longs = _geodetic(table)
    turns = (table.numbers(column, '-1 to 1', -1, 1) for column in _ORIENTATION)
    quaternions = zip(*turns, strict=True)
    queries = []
    for line, file, lat, long, quaternion in zip(
        table.cells.index, table.text('name'), lats, longs, quaternions, strict=True
    ):
        try:
            ecef_from_camera = matrix_from_quaternion(unit_quaternion(*quaternion))
        except ShapeError as error:
            raise table.error_at(line, str(error)) from error
        queries.append(
            Query(
                image_path(table, line, folder / name / 'query_images' / file),
                f'{name}/query_images/{file}',
                float(lat),
                float(long),
                Knowledge(
                    **angles_of(enu_from_ecef(lat, long) @ ecef_from_camera),
                    gsd_m_per_px=_GSD_M_PER_PX,
                    gsd_sigma=_GSD_SIGMA,
                ),
            )
        )
    write_map = partial(_write_map, folder / name)
    return BenchmarkSequence(
        name, queries, write_map, image_dir=folder / name / 'reference_images'
    )


def _geodetic(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the latitudes and longitudes of a table's eastings and northings."""
    east = table.numbers('easting', '100000 to 900000 m', 1e5, 9e5)
    north = table.numbers('northing', '0 to 10000000 m', 0, 1e7)
    transformer = pyproj.Transformer.from_crs(_UTM, 'EPSG:4326', always_xy=True)
    longs, lats = transformer.transform(east.to_numpy(), north.to_numpy())
    return lats, longs


def _write_map(folder: Path, out: Path) -> Path:
    """Write the metadata CSV of the reference images, which are around their coordinates."""
    table = read_table(folder / 'reference.csv', ('name', 'easting', 'northing'), MapError)
    images = folder / 'reference_images'
    files = table.text('name')
    paths = [
        image_path(table, line, images / file)
        for line, file in zip(table.cells.index, files, strict=True)
    ]
    size = read_photo_metadata(paths[0]) if paths else None
    if size is None or size.width is None or size.height is None:
        raise MapError(f'{table.path} names no reference image that can be read')
    shape = size.height, size.width
    tiles = [
        tile_around(file, float(lat), float(long), shape, _REFERENCE_GSD)
        for file, lat, long in zip(files, *_geodetic(table), strict=True)
    ]
    out.mkdir(parents=True, exist_ok=True)
    write_tiles(out / 'tiles.csv', tiles)
    return out / 'tiles.csv'
