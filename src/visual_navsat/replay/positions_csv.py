"""Read positions from a CSV beside a video."""

from __future__ import annotations

from pathlib import Path

from visual_navsat.replay.positions import TimedPosition, valid_position
from visual_navsat.replay.recording import RecordingError
from visual_navsat.table import read_table

_REQUIRED = ('time', 'latitude', 'longitude')
_OPTIONAL = ('height', 'heading')
_ALIASES = {'lat': 'latitude', 'lon': 'longitude', 'long': 'longitude', 'yaw': 'heading'}


def read_positions_csv(path: str | Path) -> list[TimedPosition]:
    """
    Return the rows of a CSV with Time (seconds of the video), Latitude and Longitude (degrees).

    Optional, also in single rows: Height (metres above take-off) and Heading or Yaw (where the
    image points up, degrees clockwise from north). Other columns are left alone; a row of 0, 0 is
    none.

    :raises RecordingError: if a column is missing, a number is none, or no row has a position.
    """
    table = read_table(path, _REQUIRED, RecordingError, _ALIASES)
    numbers = [table.numbers(name, 'a number') for name in _REQUIRED]
    numbers += [table.numbers(name, 'a number', is_optional=True) for name in _OPTIONAL]
    positions = [
        TimedPosition(
            round(seconds * 1e9), latitude, longitude, *(None if v != v else v for v in others)
        )
        for seconds, latitude, longitude, *others in zip(*numbers, strict=True)
        if valid_position(latitude, longitude)
    ]
    if not positions:
        raise RecordingError(f'{path} has no position on earth: it takes degrees WGS 84')
    return positions
