# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a ground station tells an autopilot in simulation: take off, go there, lose GNSS."""

from __future__ import annotations

import math
from typing import Any

from visual_navsat.autopilot.messages import command_long, GLOBAL_INT, MavlinkMessage
from visual_navsat.autopilot.parameters import set_request
from visual_navsat.autopilot.vehicle import ARDUPILOT

SET_MODE, ARM, TAKEOFF, SPEED, REPOSITION = 176, 400, 22, 178, 192  # MAV_CMD
SOURCE_SET, FAILURE, MESSAGE_INTERVAL = 42007, 420, 511
GUIDED = 4  # custom mode of ArduPilot's copters
_CUSTOM_MODE = 1  # MAV_MODE_FLAG
_RELATIVE_ALT_INT = 6  # MAV_FRAME
_POSITION_ONLY = 0x0DF8  # POSITION_TARGET_TYPEMASK
_CHANGE_MODE = 1  # MAV_DO_REPOSITION_FLAGS
_GNSS_UNIT, _OFF = 4, 1  # FAILURE_UNIT, FAILURE_TYPE
_GROUND_SPEED = 1

Target = tuple[int, int]  # system and component


def take_off(
    kind: str, target: Target, height_m: float, ground_msl_m: float
) -> list[MavlinkMessage]:
    """Return what makes a copter on the ground rise, each message once the last was accepted."""
    arm = command_long(target, ARM, 1.0)
    if kind == ARDUPILOT:
        return [guide(target), arm, command_long(target, TAKEOFF, *[0.0] * 6, height_m)]
    anywhere = (0.0, 0.0, 0.0, math.nan, math.nan, math.nan)
    return [command_long(target, TAKEOFF, *anywhere, ground_msl_m + height_m), arm]


def guide(target: Target) -> MavlinkMessage:
    """Return the order to fly where it is told, for ArduPilot."""
    return command_long(target, SET_MODE, float(_CUSTOM_MODE), float(GUIDED))


def go_to(
    kind: str, target: Target, place: tuple[float, float], height_m: float, ground_msl_m: float
) -> MavlinkMessage:
    """Return the order to fly to latitude and longitude, degrees, at a height above the start."""
    x, y = (round(1e7 * degrees) for degrees in place)
    if kind == ARDUPILOT:
        still = ('vx', 'vy', 'vz', 'afx', 'afy', 'afz', 'yaw', 'yaw_rate')
        return MavlinkMessage(
            'set_position_target_global_int',
            {
                'time_boot_ms': 0,
                **_to(target),
                'coordinate_frame': _RELATIVE_ALT_INT,
                'type_mask': _POSITION_ONLY,
                'lat_int': x,
                'lon_int': y,
                'alt': height_m,
                **dict.fromkeys(still, 0.0),
            },
        )
    return MavlinkMessage(
        'command_int',
        {
            **_to(target),
            'frame': GLOBAL_INT,
            'command': REPOSITION,
            'current': 0,
            'autocontinue': 0,
            'param1': -1.0,  # the speed stays
            'param2': float(_CHANGE_MODE),
            'param3': 0.0,
            'param4': math.nan,  # the nose looks ahead
            'x': x,
            'y': y,
            'z': ground_msl_m + height_m,
        },
    )


def fly_at(target: Target, speed_m_s: float) -> MavlinkMessage:
    """Return the order to fly at a speed over the ground."""
    return command_long(target, SPEED, float(_GROUND_SPEED), speed_m_s, -1.0)


def lose_gnss(kind: str, target: Target, by_vision: bool) -> list[MavlinkMessage]:
    """
    Return what takes GNSS from a simulated vehicle, by every name that versions have for it.

    :param by_vision: ArduPilot is told before to use the second source set, which holds the
        vision; otherwise the fixes are a receiver beside that of GNSS.
    """
    if kind == ARDUPILOT:
        names = ('SIM_GPS1_ENABLE', 'SIM_GPS2_ENABLE')
        return [
            *([command_long(target, SOURCE_SET, 2.0)] if by_vision else []),
            *(_set(kind, target, name, 0) for name in names),
            _set(kind, target, 'SIM_GPS_DISABLE', 1),  # before 4.6
        ]
    return [
        _set(kind, target, 'SIM_GPS_USED', 0),
        command_long(target, FAILURE, float(_GNSS_UNIT), float(_OFF)),  # where SYS_FAILURE_EN is 1
    ]


def tell_often(target: Target, message_id: int, rate_hz: float) -> MavlinkMessage:
    """Return the request for a message at a rate."""
    return command_long(target, MESSAGE_INTERVAL, float(message_id), 1e6 / rate_hz)


def _set(kind: str, target: Target, name: str, value: float) -> MavlinkMessage:
    return set_request(name, value, kind, target)


def _to(target: Target) -> dict[str, Any]:
    return {'target_system': target[0], 'target_component': target[1]}
