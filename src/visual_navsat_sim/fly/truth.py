# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where a simulated vehicle really is, as its autopilot's simulator tells it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
import math
from typing import Any

from visual_navsat.autopilot.vehicle import ARDUPILOT

# MAVLink messages of the truth. ArduPilot's SIMSTATE (164) has no altitude.
SIM_STATE, HIL_STATE_QUATERNION = 108, 115
_KEPT = 200  # states, ten seconds of them


@dataclass(frozen=True)
class TrueState:
    """A vehicle at a time."""

    heard_ns: int
    latitude: float  # degrees
    longitude: float
    height_m: float  # above where it was first heard, which is the ground
    heading_deg: float  # of its nose, clockwise from north


def message_of(kind: str) -> int:
    """Return the id of the message by which an autopilot tells the truth."""
    return SIM_STATE if kind == ARDUPILOT else HIL_STATE_QUATERNION


class TruthHearer:
    """Reads SIM_STATE of ArduPilot and HIL_STATE_QUATERNION of PX4."""

    def __init__(self) -> None:
        self._past: deque[TrueState] = deque(maxlen=_KEPT)
        self._ground_m: float | None = None  # the first altitude, above the sea
        self._hearers: dict[str, Callable[[Any, int], None]] = {
            'SIM_STATE': self._sim_state,
            'HIL_STATE_QUATERNION': self._hil_state,
        }

    @property
    def newest(self) -> TrueState | None:
        """Return the last state that was told, None before the first."""
        return self._past[-1] if self._past else None

    def hear(self, message: Any, now_ns: int) -> None:
        """Take a message that arrived now; other kinds are ignored."""
        hearer = self._hearers.get(message.get_type())
        if hearer is not None:
            hearer(message, now_ns)

    def at(self, stamp_ns: int) -> tuple[float, float] | None:
        """Return latitude and longitude at a time, None where the states do not reach."""
        past = list(self._past)
        for earlier, later in pairwise(past):
            if earlier.heard_ns <= stamp_ns <= later.heard_ns:
                share = (stamp_ns - earlier.heard_ns) / max(later.heard_ns - earlier.heard_ns, 1)
                return (
                    earlier.latitude + share * (later.latitude - earlier.latitude),
                    earlier.longitude + share * (later.longitude - earlier.longitude),
                )
        newest = self.newest
        # What was told last holds a moment longer.
        if newest is not None and 0 <= stamp_ns - newest.heard_ns < 100_000_000:
            return newest.latitude, newest.longitude
        return None

    def _sim_state(self, message: Any, now_ns: int) -> None:
        # Its lat and lon are floats, to metres; an autopilot older than 4.2 sends nothing else.
        self._add(now_ns, (message.lat_int, message.lon_int), message.alt, message.yaw)

    def _hil_state(self, message: Any, now_ns: int) -> None:
        w, x, y, z = message.attitude_quaternion
        yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        self._add(now_ns, (message.lat, message.lon), message.alt / 1e3, yaw)

    def _add(
        self, now_ns: int, place_e7: tuple[int, int], altitude_m: float, yaw_rad: float
    ) -> None:
        if place_e7 == (0, 0):  # before there is any
            return
        if self._ground_m is None:
            self._ground_m = altitude_m
        lat, long = (value / 1e7 for value in place_e7)
        heading_deg = math.degrees(yaw_rad) % 360.0
        height_m = altitude_m - self._ground_m
        self._past.append(TrueState(now_ns, lat, long, height_m, heading_deg))
