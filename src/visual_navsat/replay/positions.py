# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Positions of a video: subtitles as drones write them, or a CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from visual_navsat.replay.caption import is_position, read_caption
from visual_navsat.replay.recording import RecordingError
from visual_navsat.replay.subtitles import read_subtitle_file, Subtitle
from visual_navsat.table import read_table

_REQUIRED = ('time', 'latitude', 'longitude')
_OPTIONAL = ('height', 'heading')
_ALIASES = {'lat': 'latitude', 'lon': 'longitude', 'long': 'longitude', 'yaw': 'heading'}


@dataclass(frozen=True)
class TimedPosition:
    """One position; what is unknown is None."""

    time_ns: int  # since the start of the video
    latitude: float  # degrees
    longitude: float
    height_m: float | None = None  # above take-off
    heading_deg: float | None = None  # of the image's up direction, clockwise from north
    is_order_known: bool = True  # which of the two is the latitude


def read_positions(path: str | Path) -> list[TimedPosition]:
    """Return the positions in a CSV or in subtitles, by the name of the file."""
    is_csv = Path(path).suffix.lower() == '.csv'
    return read_positions_csv(path) if is_csv else read_subtitles(path)


def read_positions_csv(path: str | Path) -> list[TimedPosition]:
    """
    Return the rows of a CSV with Time (seconds of the video), Latitude and Longitude (degrees).

    Optional, also in single rows: Height (metres above take-off) and Heading or Yaw (where the
    image points up, degrees clockwise from north). Other columns are ignored, and so are rows at
    0, 0.

    :raises RecordingError: if a column is missing, a number is invalid or no row has a position.
    """
    table = read_table(path, _REQUIRED, RecordingError, _ALIASES)
    numbers = [table.numbers(name, 'a number') for name in _REQUIRED]
    numbers += [table.numbers(name, 'a number', is_optional=True) for name in _OPTIONAL]
    rows = zip(*(column.tolist() for column in numbers), strict=True)
    positions = [
        TimedPosition(round(row[0] * 1e9), row[1], row[2], _known(row[3]), _known(row[4]))
        for row in rows
        if is_position(row[1], row[2])
    ]
    if not positions:
        raise RecordingError(f'{path} has no position on earth: write degrees, WGS 84')
    return positions


def read_subtitles(path: str | Path) -> list[TimedPosition]:
    """
    Return the positions in a subtitle file (SRT, WebVTT, ASS), in its order.

    :raises RecordingError: if the file cannot be read or no subtitle has a position.
    """
    subtitles = read_subtitle_file(path)
    positions = positions_in(subtitles)
    if not positions and not subtitles:
        raise RecordingError(
            f'{path} has no subtitles: give SRT, WebVTT or ASS, or a CSV with Time, Latitude, '
            'Longitude'
        )
    if not positions:
        raise RecordingError(
            f'none of the {len(subtitles)} subtitles of {path} has a position such as '
            '[latitude: ..] [longitude: ..] or GPS (long, lat, ..): turn on captions in the drone'
        )
    return positions


def positions_in(subtitles: Sequence[Subtitle]) -> list[TimedPosition]:
    """Return the positions of those subtitles that have one."""
    positions = []
    for time_ns, text in subtitles:
        said = read_caption(text)
        if said is not None:
            place = (said.latitude, said.longitude, said.height_m, said.heading_deg)
            positions.append(TimedPosition(time_ns, *place, said.is_order_known))
    return positions


def _known(value: float) -> float | None:
    return None if value != value else value
