"""Read positions from the subtitles (SRT) that drones write beside a video."""

from __future__ import annotations

import re
from pathlib import Path

from visual_navsat.replay.positions import TimedPosition, valid_position
from visual_navsat.replay.recording import RecordingError

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


def read_subtitles(path: str | Path) -> list[TimedPosition]:
    """
    Return the positions in a subtitle file, in its order.

    :raises RecordingError: if the file cannot be read or no subtitle has a position.
    """
    try:
        text = Path(path).read_text(encoding='utf-8-sig', errors='replace')
    except OSError as error:
        raise RecordingError(f'cannot read {path}: {error.strerror}') from error
    starts = list(_TIMES.finditer(text))
    ends = [*(match.start() for match in starts), len(text)]
    positions = []
    for start, end in zip(starts, ends[1:], strict=True):
        position = _position(_milliseconds(start), text[start.end() : end])
        if position is not None:
            positions.append(position)
    if not positions:
        raise RecordingError(
            f'none of the {len(starts)} subtitles of {path} has a position: it takes '
            '[latitude: ..] [longitude: ..] or GPS (long, lat, ..), as drones write them when '
            'captions are on'
        )
    return positions


def _position(milliseconds: int, text: str) -> TimedPosition | None:
    text = re.sub(r'<[^>]*>', ' ', text)  # <font size="28">
    latitude, longitude = _number(_LATITUDE, text), _number(_LONGITUDE, text)
    gps = _GPS.search(text)
    if gps is not None:
        longitude, latitude = float(gps[1]), float(gps[2])
    if latitude is None or longitude is None or not valid_position(latitude, longitude):
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


def _milliseconds(times: re.Match) -> int:
    hours, minutes, seconds = (int(times[group]) for group in (1, 2, 3))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int(times[4].ljust(3, '0'))


def _number(pattern: re.Pattern, text: str) -> float | None:
    found = pattern.search(text)
    return None if found is None else float(found[1])
