# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Positions beside a video: subtitles (SRT) as drones write them, or a CSV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import re

from visual_navsat.files import read_input
from visual_navsat.replay.recording import RecordingError
from visual_navsat.table import read_table

_REQUIRED = ('time', 'latitude', 'longitude')
_OPTIONAL = ('height', 'heading')
_ALIASES = {'lat': 'latitude', 'lon': 'longitude', 'long': 'longitude', 'yaw': 'heading'}

_TIMES = re.compile(r'(\d+):(\d+):(\d+)[,.](\d{1,3})\s*-->')
_NUMBER = r'\s*[:=]?\s*([-+]?\d+(?:\.\d+)?)'
# [latitude: 24.262] [longitude: 120.720], with a spelling that some firmwares have; lat: and lon:.
_LATITUDE = re.compile(r'\blat(?:itude)?' + _NUMBER, re.IGNORECASE)
_LONGITUDE = re.compile(r'\b(?:longt?itude|long?|lng)' + _NUMBER, re.IGNORECASE)
# GPS (120.7202, 24.2621, 15): longitude comes first, satellites or metres last.
_GPS = re.compile(r'\bGPS\s*\(\s*([-+]?\d+\.\d+)\s*,\s*([-+]?\d+\.\d+)', re.IGNORECASE)
# Above take-off: rel_alt of newer, H of older, BAROMETER of the oldest. Never abs_alt.
_HEIGHT = re.compile(r'(?:\brel_alt|\bBAROMETER|\bH(?=\s+[-+\d]))' + _NUMBER)
# A gimbal that looks down turns the image's up direction to its yaw.
_GIMBAL_YAW = re.compile(r'\bgb_yaw' + _NUMBER)
_GIMBAL_PITCH = re.compile(r'\bgb_pitch' + _NUMBER)
_PITCH_OF_NADIR_DEG = -60.0


@dataclass(frozen=True)
class TimedPosition:
    """One position; what is unknown is None."""

    time_ns: int  # since the start of the video
    latitude: float  # degrees
    longitude: float
    height_m: float | None = None  # above take-off
    heading_deg: float | None = None  # of the image's up direction, clockwise from north


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
    positions = [
        TimedPosition(
            round(seconds * 1e9), latitude, longitude, *(None if v != v else v for v in others)
        )
        for seconds, latitude, longitude, *others in zip(*numbers, strict=True)
        if _is_valid(latitude, longitude)
    ]
    if not positions:
        raise RecordingError(f'{path} has no position on earth: write degrees, WGS 84')
    return positions


def read_subtitles(path: str | Path) -> list[TimedPosition]:
    """
    Return the positions in a subtitle file, in its order.

    :raises RecordingError: if the file cannot be read or no subtitle has a position.
    """
    try:
        text = read_input(path).decode('utf-8-sig', errors='replace')
    except OSError as error:
        raise RecordingError(f'cannot read {path}: {error.strerror}') from error
    starts = list(_TIMES.finditer(text))
    ends = [*(match.start() for match in starts), len(text)]
    positions = []
    for start, end in zip(starts, ends[1:], strict=True):
        position = _position(_milliseconds(start), text[slice(start.end(), end)])
        if position is not None:
            positions.append(position)
    if not positions:
        raise RecordingError(
            f'none of the {len(starts)} subtitles of {path} has a position such as '
            '[latitude: ..] [longitude: ..] or GPS (long, lat, ..): turn on captions in the drone'
        )
    return positions


def _is_valid(latitude: float, longitude: float) -> bool:
    """Return whether these are degrees on earth; 0, 0 is what receivers write without a fix."""
    is_on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    return is_on_earth and not latitude == longitude == 0


def _position(milliseconds: int, text: str) -> TimedPosition | None:
    text = re.sub(r'<[^>]*>', ' ', text)  # <font size="28">
    latitude, longitude = _number(_LATITUDE, text), _number(_LONGITUDE, text)
    gps = _GPS.search(text)
    if gps is not None:
        longitude, latitude = float(gps[1]), float(gps[2])
    if latitude is None or longitude is None or not _is_valid(latitude, longitude):
        return None
    pitch_deg = _number(_GIMBAL_PITCH, text)
    looks_down = pitch_deg is not None and pitch_deg <= _PITCH_OF_NADIR_DEG
    return TimedPosition(
        milliseconds * 1_000_000,
        latitude,
        longitude,
        _number(_HEIGHT, text),
        _number(_GIMBAL_YAW, text) if looks_down else None,
    )


def _milliseconds(times: re.Match[str]) -> int:
    hours, minutes, seconds = (int(times[group]) for group in (1, 2, 3))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int(times[4].ljust(3, '0'))


def _number(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text)
    return None if found is None else float(found[1])
