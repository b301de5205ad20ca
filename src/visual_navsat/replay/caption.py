# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What one caption of a drone's video says: where it is, how high, where it looks."""

from __future__ import annotations

from dataclasses import dataclass
import re

_PITCH_OF_NADIR_DEG = -60.0
_DIGITS = r'[-+]?\d+(?:[.,]\d+)?'
_NUMBER = rf'\s*[:=]?\s*({_DIGITS})'


def _degrees_after(name: str, letters: str) -> re.Pattern[str]:
    """Return what finds 47.85, N 47.85, 47.85N or 47.85 S after a name."""
    before = rf'(?:(?-i:(?P<before>{letters}))\s*:?\s*)?'
    # A letter after a blank is one only where nothing follows it.
    after = rf'\s*°?\s*(?-i:(?P<after>{letters})(?![\w.:]))?'
    return re.compile(rf'{name}\s*[:=]?\s*{before}(?P<number>{_DIGITS}){after}', re.IGNORECASE)


# [latitude: 24.262] [longitude: 120.720], with a spelling that some firmwares have; lat: and lon:.
_LATITUDE = _degrees_after(r'\blat(?:itude)?', '[NS]')
_LONGITUDE = _degrees_after(r'\b(?:longt?itude|long?|lng)', '[EW]')
# GPS (120.7202, 24.2621, 15) or GPS(E: 120.7202, N: 24.2621, 560).
_GPS = re.compile(r'\bGPS\s*[:=]?\s*[(\[]([^)\]\n]*)', re.IGNORECASE)
_PART = re.compile(rf'\s*([NSEW])?\s*:?\s*({_DIGITS})\s*°?\s*([A-Za-z]*)\s*', re.IGNORECASE)
# Above take-off: rel_alt of newer, H of older, BAROMETER of the oldest; ReH of Autel.
_HEIGHT = re.compile(r'(?:\brel_alt|\bBAROMETER|\bReH|\bH(?=\s+[-+\d]))' + _NUMBER)
# A gimbal that looks down turns the image's up direction to its yaw.
_GIMBAL_YAW = re.compile(r'\bgb_yaw' + _NUMBER)
_GIMBAL_PITCH = re.compile(r'\bgb_pitch' + _NUMBER)


@dataclass(frozen=True)
class Caption:
    """What a caption says; what it does not is None."""

    latitude: float  # degrees
    longitude: float
    height_m: float | None = None  # above take-off
    heading_deg: float | None = None  # of the image's up direction, clockwise from north
    is_order_known: bool = True  # which of the two is the latitude


def read_caption(text: str) -> Caption | None:
    """Return what a caption says; None if that is no position on Earth, or 0, 0 for no fix."""
    text = re.sub(r'<[^>]*>|\{[^}]*\}', ' ', text)  # <font size="28">, {\an8}
    found = _gps(text) or _named(text)
    if found is None or not is_position(*found[:2]):
        return None
    pitch_deg = _number(_GIMBAL_PITCH, text)
    looks_down = pitch_deg is not None and pitch_deg <= _PITCH_OF_NADIR_DEG
    heading_deg = _number(_GIMBAL_YAW, text) if looks_down else None
    return Caption(*found[:2], _number(_HEIGHT, text), heading_deg, found[2])


def is_position(latitude: float, longitude: float) -> bool:
    """Return whether these are degrees on Earth; 0, 0 is what receivers write without a fix."""
    is_on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    return is_on_earth and not latitude == longitude == 0


def _named(text: str) -> tuple[float, float, bool] | None:
    """Return latitude and longitude that are named so."""
    latitude, longitude = _LATITUDE.search(text), _LONGITUDE.search(text)
    if latitude is None or longitude is None:
        return None
    return _value(latitude), _value(longitude), True


def _gps(text: str) -> tuple[float, float, bool] | None:
    """
    Return what stands in GPS(...), and whether it is known which is the latitude.

    DJI writes the longitude first, but the latitude where the third value is an altitude in
    metres: GPS(24.2621,120.7202,0.0M). Whoever knows the map may know better.
    """
    gps = _GPS.search(text)
    parts = [] if gps is None else [_PART.fullmatch(part) for part in _split(gps[1])]
    if len(parts) < 2 or parts[0] is None or parts[1] is None:
        return None
    letters = [_letter(part) for part in parts[:2] if part is not None]
    first, second = (_signed(_letter(part), part[2], None) for part in (parts[0], parts[1]))
    if letters[0] in ('E', 'W') or letters[1] in ('N', 'S'):
        return second, first, True
    if letters[0] in ('N', 'S') or letters[1] in ('E', 'W'):
        return first, second, True
    is_metres = len(parts) > 2 and parts[2] is not None and parts[2][3] == 'M'
    is_latitude_first = is_metres or abs(second) > 90
    order = (first, second) if is_latitude_first else (second, first)
    return *order, abs(first) > 90 or abs(second) > 90


def _split(inside: str) -> list[str]:
    """Return the values between commas, where commas may also be decimal points."""
    if ';' in inside:
        return inside.split(';')
    if '.' in inside:
        return inside.split(',')
    return re.split(r',\s+', inside.strip())


def _letter(part: re.Match[str]) -> str:
    """Return the letter of a half of the Earth, before or after the number; '' without one."""
    letter = (part[1] or part[3] or '').upper()
    return letter if letter in ('N', 'S', 'E', 'W') else ''


def _value(found: re.Match[str]) -> float:
    return _signed(found['before'], found['number'], found['after'])


def _signed(before: str | None, number: str, after: str | None) -> float:
    letter = (before or after or '').strip(' :').upper()
    value = float(number.replace(',', '.'))
    return -value if letter in ('S', 'W') else value


def _number(pattern: re.Pattern[str], text: str) -> float | None:
    found = pattern.search(text)
    return None if found is None else float(found[1].replace(',', '.'))
