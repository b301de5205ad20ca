# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a bridge asks an autopilot for; it changes nothing on the vehicle."""

from __future__ import annotations

from collections.abc import Callable

from visual_navsat.autopilot.messages import command_long, MavlinkMessage
from visual_navsat.autopilot.parameters import read_request
from visual_navsat.autopilot.target import Target
from visual_navsat.autopilot.vehicle import ARDUPILOT, Vehicle

_BEAT_NS = 1_000_000_000
_ASK_NS = 5_000_000_000
_SET_MESSAGE_INTERVAL, _REQUEST_MESSAGE = 511, 512  # MAV_CMD
_GPS_GLOBAL_ORIGIN = 49
# How often what is needed is to come, Hz by MAVLink id.
_ATTITUDE, _LOCAL, _GLOBAL, _GPS_RAW, _EKF_STATUS, _ESTIMATOR = 30, 32, 33, 24, 193, 230
# Velocity ten times a second: what it may change in between is centimetres of the way.
_RATES_HZ = {_ATTITUDE: 10, _LOCAL: 10, _GLOBAL: 5, _GPS_RAW: 2}
_HEARTBEAT = MavlinkMessage(
    'heartbeat',
    # An onboard computer (18) that is no autopilot (8) and is active (4).
    {'type': 18, 'autopilot': 8, 'base_mode': 0, 'custom_mode': 0, 'system_status': 4},
)


class Requests:
    """Heartbeats, and every few seconds what is needed: messages, the origin and parameters."""

    def __init__(self, send: Callable[[MavlinkMessage], bool]) -> None:
        self._send = send
        self._asked_ns: int | None = None
        self._beat_ns: int | None = None

    def begin_anew(self) -> None:
        """Ask at once for everything: the autopilot may have been restarted."""
        self._asked_ns = None

    def make(self, vehicle: Vehicle, target: Target, now_ns: int) -> None:
        """Send what is due."""
        if self._beat_ns is None or now_ns - self._beat_ns >= _BEAT_NS:
            self._beat_ns = now_ns
            self._send(_HEARTBEAT)
        asked = self._asked_ns
        if not vehicle.kind or (asked is not None and now_ns - asked < _ASK_NS):
            return
        self._asked_ns = now_ns
        status = _EKF_STATUS if vehicle.kind == ARDUPILOT else _ESTIMATOR
        for message_id, rate_hz in {**_RATES_HZ, status: 2}.items():
            self._command(vehicle, _SET_MESSAGE_INTERVAL, message_id, round(1e6 / rate_hz))
        if target.needs_origin:
            self.ask_for_origin(vehicle)
        for wanted in target.wanted:
            for name in wanted.names:
                self._send(read_request(name, vehicle.target))

    def ask_for_origin(self, vehicle: Vehicle) -> None:
        """Ask where the EKF's origin is."""
        self._command(vehicle, _REQUEST_MESSAGE, _GPS_GLOBAL_ORIGIN)

    def _command(self, vehicle: Vehicle, command: int, *params: float) -> None:
        self._send(command_long(vehicle.target, command, *params))
