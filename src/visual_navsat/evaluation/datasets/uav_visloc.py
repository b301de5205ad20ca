# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
UAV-VisLoc: fixed-wing flights over China above Google's satellite maps.

Source: Xu et al., "UAV-VisLoc: A Large-scale Dataset for UAV Visual Localization", 2024
(arXiv:2405.11936), and https://github.com/IntelliSensing/UAV-VisLoc.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
import math
from pathlib import Path
import re
from typing import Any

import numpy as np
import pandas as pd
from visual_navsat.errors import MapError
from visual_navsat.evaluation.datasets.angles import angles_of, belly_camera
from visual_navsat.evaluation.datasets.benchmark import (
    Benchmark,
    BenchmarkSequence,
    image_path,
)
from visual_navsat.evaluation.datasets.placed_raster import Cell, Placement, write_placed_raster
from visual_navsat.evaluation.queries_csv import Query, seconds_from_text
from visual_navsat.files import is_input
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.maps.tile_plan import plan_tiles
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.photo_metadata import read_photo_metadata
from visual_navsat.table import read_table, Table

ABOUT = (
    'height is above the sea, and no lens is stated: the GSD is taken as 0.14 m, as the authors '
    'say "0.1 to 0.2 m per pixel"',
    'Omega is the roll and Kappa the pitch, against the description; they count only with '
    '--hfov-deg. Phi1 is where the nose points, Phi2 the course',
    'positions lag the photo by about a second: errors of a good fix are those of the truth; they '
    'are not corrected, as in papers, but sigmas count the way of a second',
    'maps are placed by the corners in satellite_coordinates_range.csv',
)
# From 0.1 to 0.2 m per pixel, which two sigmas of 0.2 reach from here.
_GSD_M_PER_PX, _GSD_SIGMA = 0.1414, 0.2
_HEADING_SIGMA_DEG = 3.0
_LAG_S = 1.0
_USUAL_WIDTH_PX = 3976
_RANGE_FILES = ('satellite_ coordinates_range.csv', 'satellite_coordinates_range.csv')
_CORNERS = ('LT_lat_map', 'LT_lon_map', 'RB_lat_map', 'RB_lon_map')
_COLUMNS = ('filename', 'date', 'lat', 'lon', 'Omega', 'Kappa', 'Phi1')


def open_uav_visloc(folder: Path) -> Benchmark:
    """Return the data set in a folder; raise MapError if it is not in its layout."""
    sequences = [
        entry.name
        for entry in sorted(folder.iterdir())
        if re.fullmatch(r'\d+', entry.name) and is_input(entry / f'{entry.name}.csv')
    ]
    if not sequences:
        raise MapError(
            f'{folder} holds no flight of UAV-VisLoc: expected folders such as 03 with 03.csv, '
            'drone/ and satellite03.tif'
        )
    range_file = next((folder / name for name in _RANGE_FILES if is_input(folder / name)), None)
    if range_file is None:
        raise MapError(f'{folder} has no {_RANGE_FILES[1]}, which says where the maps lie')
    read = partial(_read_flight, folder, range_file)
    return Benchmark('uav-visloc', folder, ABOUT, tuple(sequences), read)


def _read_flight(folder: Path, range_file: Path, name: str, _: Path) -> BenchmarkSequence:
    table = read_table(folder / name / f'{name}.csv', _COLUMNS, MapError)
    if table.cells.empty:
        raise MapError(f'{table.path} has no rows')
    lats = table.numbers('lat', '-90 to 90 degrees', -90, 90)
    longs = table.numbers('lon', '-180 to 180 degrees', -180, 180)
    stamps = table.text('date').map(seconds_from_text).astype(float)
    # A bias along the way of one second, shared by two axes.
    sigma_m = _LAG_S * _speed_m_per_s(lats, longs, stamps) / math.sqrt(2)
    angles = [
        table.numbers(column, '-360 to 360 degrees', -360, 360)
        for column in ('Phi1', 'Kappa', 'Omega')
    ]
    columns: tuple[Iterable[Any], ...] = (
        *(table.cells.index, table.text('filename'), lats, longs, stamps),
        *angles,
    )
    queries = [
        Query(
            image_path(table, line, folder / name / 'drone' / file),
            f'{name}/drone/{file}',
            lat,
            long,
            Knowledge(
                **angles_of(belly_camera(yaw, pitch, roll)),
                gsd_m_per_px=_GSD_M_PER_PX,
                heading_sigma_deg=_HEADING_SIGMA_DEG,
                gsd_sigma=_GSD_SIGMA,
            ),
            None if math.isnan(stamp) else stamp,
            sigma_m,
        )
        for line, file, lat, long, stamp, yaw, pitch, roll in zip(*columns, strict=True)
    ]
    width = read_photo_metadata(queries[0].path).width or _USUAL_WIDTH_PX
    return BenchmarkSequence(
        name,
        queries,
        partial(_write_map, folder / name, name, range_file),
        plan_tiles(tile_m=(round(math.sqrt(3 / 4) * width * _GSD_M_PER_PX, 1),)),
        notes=(f'sigma of the truth from that lag: {sigma_m:.1f} m on each axis',),
    )


def _speed_m_per_s(*columns: pd.Series[float]) -> float:
    """Return the median speed over ground of latitudes, longitudes and times; 0 without times."""
    lat, long, stamp = (np.asarray(column, float) for column in columns)
    way = distance_m(lat[:-1], long[:-1], lat[1:], long[1:])
    took = np.diff(stamp)
    known = took > 0  # false for NaN as well
    return float(np.median(way[known] / took[known])) if known.any() else 0.0


def _write_map(folder: Path, name: str, range_file: Path, out: Path) -> Path:
    """Write a raster of the flight's map, or of its parts, which the table of corners places."""
    table = read_table(range_file, ('mapname', *_CORNERS), MapError)
    line = _line_of(table, name)
    north, west, south, east = (
        float(table.numbers(column, 'degrees', -180, 180)[line]) for column in _CORNERS
    )
    if not (north > south and east > west):
        raise table.error_at(line, 'LT must be the north-western corner and RB the south-eastern')
    place = Placement('EPSG:4326', west, north, east, south)
    return write_placed_raster(out / f'satellite{name}.vrt', _pictures(folder, name), place)


def _line_of(table: Table, name: str) -> int:
    for line, text in zip(table.cells.index, table.text('mapname'), strict=True):
        digits = re.search(r'\d+', text)
        if digits and int(digits[0]) == int(name):
            return line
    raise MapError(f'{table.path} has no map of flight {name}')


def _pictures(folder: Path, name: str) -> dict[Cell, Path]:
    """Return the picture of a map; of flight 09 there are four, named by row and column."""
    whole = folder / f'satellite{name}.tif'
    if is_input(whole):
        return {(0, 0): whole}
    parts = {}
    for part in folder.glob(f'satellite{name}_*.tif'):
        found = re.search(r'_(\d+)-(\d+)$', part.stem)
        if found:
            parts[int(found[1]) - 1, int(found[2]) - 1] = part
    if not parts:
        raise MapError(f'{folder} has no satellite{name}.tif')
    return parts
