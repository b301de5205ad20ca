"""Read the CSV that says where query images were taken."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from visual_navsat.errors import MapError

TRUTH_COLUMNS = ('Latitude', 'Longitude')


@dataclass(frozen=True)
class Query:
    """One query image and what is known about it."""

    path: Path
    filename: str  # as the CSV has it
    true_lat: float  # degrees
    true_long: float  # degrees
    heading_deg: float | None  # the image's up direction, clockwise from north
    gsd_m_per_px: float | None
    height_agl_m: float | None = None
    pitch_deg: float | None = None  # of the optical axis above the horizon; -90 is straight down
    roll_deg: float | None = None  # about the optical axis, leaning right
    stamp_s: float | None = None  # when it was taken; only differences mean anything


def read_queries(
    path: str | Path,
    image_dir: str | Path,
    truth_columns: tuple[str, str] = TRUTH_COLUMNS,
) -> list[Query]:
    """
    Return the queries of a CSV with the columns Filename, Latitude, Longitude and optional ones.

    Optional, also in single lines: Yaw, Pitch, Roll (degrees), GSD (metres per pixel), Height
    (metres above ground), DateTime or Time (ISO 8601, as EXIF writes it, or seconds). Spaces
    around names and values, capitals and ``_lon`` for ``_long`` make no difference; other columns
    are left alone.

    :param image_dir: where the images are.
    :param truth_columns: names of the columns with the true latitude and longitude.
    :raises MapError: if the file, a column or an image is missing or a number is no number.
    """
    lat_column, long_column = truth_columns
    with _open(path) as stream:
        rows = csv.reader(stream, skipinitialspace=True)
        try:
            columns = [_normal(name) for name in next(rows, [])]
            for name in ('Filename', lat_column, long_column):
                if _normal(name) not in columns:
                    found = ', '.join(columns) or 'nothing'
                    raise MapError(f'{path} has no column {name!r}: its columns are {found}')
            queries = []
            for values in rows:
                if not any(value.strip() for value in values):
                    continue
                cells = dict(zip(columns, (value.strip() for value in values), strict=False))
                row = _Row(f'{path} line {rows.line_num}', cells)
                queries.append(
                    Query(
                        path=row.image_path(image_dir),
                        filename=row.text('Filename'),
                        true_lat=row.number(lat_column, -90, 90),
                        true_long=row.number(long_column, -180, 180),
                        heading_deg=row.number_or_none('Yaw', -360, 360),
                        gsd_m_per_px=row.number_or_none('GSD', 1e-4, 100),
                        height_agl_m=row.number_or_none('Height', 0.1, 1e5),
                        pitch_deg=row.number_or_none('Pitch', -180, 180),
                        roll_deg=row.number_or_none('Roll', -180, 180),
                        stamp_s=row.stamp_or_none('DateTime', 'Time'),
                    )
                )
        except (csv.Error, UnicodeDecodeError) as error:
            raise MapError(f'{path} is not a CSV file in UTF-8: {error}') from error
    if not queries:
        raise MapError(f'{path} has no rows: list one query image a line')
    return queries


@dataclass(frozen=True)
class _Row:
    where: str  # for messages
    cells: dict[str, str]

    def text(self, column: str) -> str:
        return self.cells.get(_normal(column), '')

    def image_path(self, image_dir: str | Path) -> Path:
        name = self.text('Filename')
        path = Path(image_dir) / name
        if not name or not path.is_file():
            raise MapError(f'{self.where}: no image {name!r} in {image_dir}; see --images')
        return path

    def number(self, column: str, low: float, high: float) -> float:
        text = self.text(column)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise MapError(f'{self.where}: {column} is {text!r}: it takes {low:g} to {high:g}')
        return value

    def number_or_none(self, column: str, low: float, high: float) -> float | None:
        return self.number(column, low, high) if self.text(column) else None

    def stamp_or_none(self, *columns: str) -> float | None:
        """Return the time in the first of the columns that has one, in seconds."""
        column = next((column for column in columns if self.text(column)), None)
        if column is None:
            return None
        text = self.text(column)
        try:
            seconds = float(text)
        except ValueError:
            seconds = _seconds_from_date(text)
        if not math.isfinite(seconds):
            raise MapError(
                f'{self.where}: {column} is {text!r}: it takes seconds, 2024-10-30T10:05:15 or '
                '2024:10:30 10:05:15'
            )
        return seconds


def _seconds_from_date(text: str) -> float:
    """Return a date and time in seconds since 1970, NaN if it is none; UTC if it does not say."""
    date, _, time = text.replace('T', ' ').partition(' ')
    try:
        # Python 3.10 knows no Z for UTC; EXIF has colons in its dates.
        moment = datetime.fromisoformat(f'{date.replace(":", "-")} {time.replace("Z", "+00:00")}')
    except ValueError:
        return math.nan
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()


def _normal(column: str) -> str:
    """Return a column's name as it is compared."""
    name = column.strip().lower()
    return f'{name}g' if name.endswith('_lon') else name


def _open(path: str | Path):
    try:
        # A byte-order mark, as spreadsheets write it, is no part of the first column's name.
        return open(path, encoding='utf-8-sig', newline='')
    except OSError as error:
        raise MapError(f'cannot read {path}: {error.strerror}; see --queries') from error
