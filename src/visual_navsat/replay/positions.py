"""Positions beside a video: where the drone says that it was at each moment of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TimedPosition:
    """What a line of positions says; what it does not is None."""

    time_ns: int  # since the start of the video
    latitude: float  # degrees
    longitude: float
    height_m: float | None = None  # above take-off
    heading_deg: float | None = None  # of the image's up direction, clockwise from north


def valid_position(latitude: float, longitude: float) -> bool:
    """Return whether these are degrees on earth; 0, 0 is what receivers write without a fix."""
    is_on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    return is_on_earth and not latitude == longitude == 0
