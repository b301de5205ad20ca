# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read the CSV that says where query images were taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
import math
from pathlib import Path
import re
from typing import Any

import pandas as pd
from visual_navsat.errors import MapError
from visual_navsat.files import is_input
from visual_navsat.photo_knowledge import Knowledge
from visual_navsat.table import read_table, Table

TRUTH_COLUMNS = ('Latitude', 'Longitude')
# Optional columns: the field of Knowledge, what it takes in words, the lowest and the highest.
_KNOWN = {
    'Yaw': ('heading_deg', '-360 to 360 degrees', -360, 360),
    'GSD': ('gsd_m_per_px', '0.0001 to 100 m', 1e-4, 100),
    'Height': ('height_agl_m', '0.1 to 100000 m', 0.1, 1e5),
    'Altitude': ('altitude_amsl_m', '-500 to 100000 m', -500, 1e5),
    'Pitch': ('pitch_deg', '-180 to 180 degrees', -180, 180),
    'Roll': ('roll_deg', '-180 to 180 degrees', -180, 180),
    'YawSigma': ('heading_sigma_deg', '0.1 to 180 degrees', 0.1, 180),
    'GSDSigma': ('gsd_sigma', '0.001 to 0.45', 0.001, 0.45),
    'HeightSigma': ('height_sigma', '0.001 to 0.45', 0.001, 0.45),
    'AltitudeSigma': ('altitude_sigma_m', '0.1 to 1000 m', 0.1, 1000),
}


@dataclass(frozen=True)
class Query:
    """One query image and what is known about it."""

    path: Path
    filename: str  # as the CSV has it
    true_lat: float  # degrees
    true_long: float  # degrees
    known: Knowledge
    stamp_s: float | None = None  # when it was taken; only differences mean anything
    truth_sigma_m: float | None = None  # of the true position, per axis


def read_queries(
    path: str | Path,
    image_dir: str | Path,
    truth_columns: tuple[str, str] = TRUTH_COLUMNS,
) -> list[Query]:
    """
    Return the queries of a CSV with the columns Filename, Latitude, Longitude and optional ones.

    Optional, also in single lines: Yaw, Pitch, Roll (degrees), GSD (metres per pixel), Height
    (metres above ground), Altitude (metres above the sea), DateTime or Time (ISO 8601, as EXIF
    writes it, or seconds), and standard deviations: YawSigma (degrees), GSDSigma and HeightSigma
    (fractions), AltitudeSigma and TruthSigma (metres).

    :param image_dir: where the images are.
    :param truth_columns: names of the columns with the true latitude and longitude.
    :raises MapError: if the file, a column or an image is missing or a number is invalid.
    """
    lat_column, long_column = truth_columns
    table = read_table(path, ('Filename', lat_column, long_column), MapError)
    if table.cells.empty:
        raise MapError(f'{path} has no rows: list one query image a line')
    known = {
        field: table.numbers(column, takes, low, high, is_optional=True)
        for column, (field, takes, low, high) in _KNOWN.items()
    }
    columns: tuple[Iterable[Any], ...] = (
        _image_paths(table, Path(image_dir)),
        table.text('Filename'),
        _latitudes(table, lat_column, long_column),
        table.numbers(long_column, '-180 to 180 degrees', -180, 180),
        [
            _known(dict(zip(known, map(_none_if_nan, row), strict=True)))
            for row in zip(*known.values(), strict=True)
        ],
        map(_none_if_nan, _stamps_s(table)),
        map(_none_if_nan, table.numbers('TruthSigma', '0 to 1000 m', 0, 1000, is_optional=True)),
    )
    return [Query(*row) for row in zip(*columns, strict=True)]


def _known(values: dict[str, Any]) -> Knowledge:
    return Knowledge(**values)


def _none_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _latitudes(table: Table, lat_column: str, long_column: str) -> pd.Series[float]:
    """Return the latitudes; where only the longitudes could be some, ask about that."""
    try:
        return table.numbers(lat_column, '-90 to 90 degrees', -90, 90)
    except MapError as error:
        try:
            table.numbers(lat_column, 'a longitude', -180, 180)
            table.numbers(long_column, 'a latitude', -90, 90)
        except MapError:
            raise error from None
        raise MapError(
            f"{error}; are latitude and longitude in each other's place? If so, give "
            f'--truth-columns {long_column},{lat_column}'
        ) from error


def _image_paths(table: Table, image_dir: Path) -> list[Path]:
    names = table.text('Filename')
    # As Windows writes paths, which no other system would find.
    paths = [image_dir / name.replace('\\', '/') for name in names]
    for line, name, path in zip(names.index, names, paths, strict=True):
        if not name or not is_input(path):
            shown = name if len(name) <= 200 else f'{name[:200]} ...'
            raise table.error_at(line, f'no image {shown!r} in {image_dir}; see --images')
    return paths


def _stamps_s(table: Table) -> pd.Series[float]:
    """Return the time in DateTime, or else in Time, in seconds; NaN where neither has one."""
    dates, times = table.text('DateTime'), table.text('Time')
    texts = dates.where(dates.ne(''), times)
    stamps_s = texts.map(seconds_from_text).astype(float)
    is_wrong = texts.ne('') & ~stamps_s.abs().lt(math.inf)
    for column, is_from in (('DateTime', dates.ne('')), ('Time', dates.eq(''))):
        takes = 'seconds, 2024-10-30T10:05:15 or 2024:10:30 10:05:15'
        table.check(is_wrong & is_from, column, takes)
    return stamps_s


def seconds_from_text(text: str) -> float:
    """Return seconds, or a date and time in seconds since 1970; NaN if it is neither."""
    try:
        return float(text)
    except ValueError:
        return _seconds_from_date(text)


def _seconds_from_date(text: str) -> float:
    """Return a date and time in seconds since 1970; UTC if it does not say; NaN if invalid."""
    date, _, time = text.replace('T', ' ').partition(' ')
    # Python 3.10 knows no Z for UTC, and fractions of 3 or 6 digits only; EXIF dates have colons.
    time = re.sub(r'\.(\d{1,6})\d*', lambda match: f'.{match[1]:0<6}', time.replace('Z', '+00:00'))
    try:
        moment = datetime.fromisoformat(f'{date.replace(":", "-")} {time}')
    except ValueError:
        return math.nan
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()
