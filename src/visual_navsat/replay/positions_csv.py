"""Read positions from a CSV beside a video."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from visual_navsat.replay.positions import TimedPosition, valid_position
from visual_navsat.replay.recording import RecordingError

_REQUIRED = ('time', 'latitude', 'longitude')
_ALIASES = {'lat': 'latitude', 'lon': 'longitude', 'long': 'longitude', 'yaw': 'heading'}


def read_positions_csv(path: str | Path) -> list[TimedPosition]:
    """
    Return the rows of a CSV with Time (seconds of the video), Latitude and Longitude (degrees).

    Optional, also in single rows: Height (metres above take-off) and Heading or Yaw (where the
    image points up, degrees clockwise from north). Other columns are left alone; a row of 0, 0 is
    none.

    :raises RecordingError: if a column is missing, a number is none, or no row has a position.
    """
    try:
        with open(path, encoding='utf-8-sig', newline='') as stream:
            rows = list(csv.reader(stream, skipinitialspace=True))
    except OSError as error:
        raise RecordingError(f'cannot read {path}: {error.strerror}') from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise RecordingError(f'{path} is not a CSV file in UTF-8: {error}') from error
    columns = [name.strip().lower() for name in (rows[0] if rows else [])]
    columns = [_ALIASES.get(name, name) for name in columns]
    for name in _REQUIRED:
        if name not in columns:
            found = ', '.join(columns) or 'nothing'
            raise RecordingError(f'{path} has no column {name!r}: its columns are {found}')
    positions = []
    for line, values in enumerate(rows[1:], start=2):
        if not any(value.strip() for value in values):
            continue
        row = dict(zip(columns, values, strict=False))
        numbers = {
            name: _number(row.get(name, ''), name, name in _REQUIRED, f'{path} line {line}')
            for name in (*_REQUIRED, 'height', 'heading')
        }
        latitude, longitude = numbers['latitude'], numbers['longitude']
        if valid_position(latitude, longitude):
            time_ns = round(numbers['time'] * 1e9)
            positions.append(
                TimedPosition(time_ns, latitude, longitude, numbers['height'], numbers['heading'])
            )
    if not positions:
        raise RecordingError(f'{path} has no position on earth: it takes degrees WGS 84')
    return positions


def _number(text: str, name: str, is_required: bool, where: str) -> float | None:
    text = text.strip()
    if not text and not is_required:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RecordingError(f'{where}: {name} is {text!r}: it takes a number')
    return value
