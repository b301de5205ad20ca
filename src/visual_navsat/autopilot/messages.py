# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""MAVLink messages of a position, as name and fields: what each autopilot fuses, and how."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.sender import Outgoing

LOCAL_FRD, BODY_FRD = 20, 12  # MAV_FRAME; ArduPilot drops every other pair of ODOMETRY silently
GLOBAL_INT = 5  # MAV_FRAME; PX4 refuses commands in 0, 3 and 6
EXTERNAL_POSITION_ESTIMATE = 43003  # MAV_CMD
ESTIMATOR_VISION = 2  # MAV_ESTIMATOR_TYPE
SOURCE_VISION = 2  # GLOBAL_POSITION_SRC
# GPS_INPUT_IGNORE_FLAGS: hdop, vdop, both velocities, speed accuracy, vertical accuracy.
_IGNORE_ALL_BUT_POSITION = 2 | 4 | 8 | 16 | 32 | 128
_IGNORE_ALTITUDE = 1
_GPS_EPOCH_S = 315_964_800  # 6 January 1980, on the Unix clock
_LEAP_S = 18  # of GPS time ahead of UTC, since 2017
_WEEK_MS = 604_800_000
_MAX_SIGMA_M = 99.0  # ArduPilot takes more for 100
_FIX_3D = 3


@dataclass(frozen=True)
class MavlinkMessage:
    """A message before it is packed: its name in lower case, as pymavlink has it, and fields."""

    name: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Posture:
    """What else a message of vision holds: the autopilot's own, so that nothing of it changes."""

    down_m: float = 0.0  # below the EKF's origin
    roll_rad: float = 0.0
    pitch_rad: float = 0.0
    yaw_rad: float = 0.0  # from north, clockwise


def vision_position_estimate(
    outgoing: Outgoing, origin: Origin, posture: Posture
) -> MavlinkMessage:
    """Return VISION_POSITION_ESTIMATE, metres north, east and down of the EKF's origin."""
    north_m, east_m = _from_origin(outgoing, origin)
    return MavlinkMessage(
        'vision_position_estimate',
        {
            'usec': outgoing.stamp_ns // 1000,
            'x': north_m,
            'y': east_m,
            'z': posture.down_m,
            'roll': posture.roll_rad,
            'pitch': posture.pitch_rad,
            'yaw': posture.yaw_rad,
            'covariance': pose_covariance(outgoing.sigma_m),
            'reset_counter': outgoing.reset_counter,
        },
    )


def odometry(outgoing: Outgoing, origin: Origin, posture: Posture) -> MavlinkMessage:
    """Return ODOMETRY in the only pair of frames that ArduPilot fuses; no velocity."""
    north_m, east_m = _from_origin(outgoing, origin)
    return MavlinkMessage(
        'odometry',
        {
            'time_usec': outgoing.stamp_ns // 1000,
            'frame_id': LOCAL_FRD,
            'child_frame_id': BODY_FRD,
            'x': north_m,
            'y': east_m,
            'z': posture.down_m,
            'q': quaternion_wxyz(posture),
            **dict.fromkeys(('vx', 'vy', 'vz'), math.nan),
            **dict.fromkeys(('rollspeed', 'pitchspeed', 'yawspeed'), math.nan),
            'pose_covariance': pose_covariance(outgoing.sigma_m),
            'velocity_covariance': [math.nan] + [0.0] * 20,  # NaN first: unknown
            'reset_counter': outgoing.reset_counter,
            'estimator_type': ESTIMATOR_VISION,
            'quality': 100,
        },
    )


def gps_input(outgoing: Outgoing, altitude_msl_m: float | None, gps_id: int = 0) -> MavlinkMessage:
    """
    Return GPS_INPUT: a receiver that knows a horizontal position and nothing else.

    :param altitude_msl_m: above mean sea level, of the autopilot itself; None if unknown.
    :param gps_id: the instance, 0 for the first.
    """
    week, week_ms = gps_time(outgoing.stamp_ns)
    ignore = _IGNORE_ALL_BUT_POSITION | (_IGNORE_ALTITUDE if altitude_msl_m is None else 0)
    return MavlinkMessage(
        'gps_input',
        {
            'time_usec': outgoing.stamp_ns // 1000,
            'gps_id': gps_id,
            'ignore_flags': ignore,
            'time_week_ms': week_ms,
            'time_week': week,
            'fix_type': _FIX_3D,
            'lat': _e7(outgoing.position.latitude),
            'lon': _e7(outgoing.position.longitude),
            'alt': altitude_msl_m or 0.0,
            **dict.fromkeys(('hdop', 'vdop', 'vn', 've', 'vd', 'speed_accuracy'), 0.0),
            'horiz_accuracy': outgoing.sigma_m,
            'vert_accuracy': 0.0,
            'satellites_visible': 10,
        },
    )


def external_position_estimate(outgoing: Outgoing, target: tuple[int, int]) -> MavlinkMessage:
    """
    Return MAV_CMD_EXTERNAL_POSITION_ESTIMATE, which resets a position that was lost.

    :param target: system and component of the autopilot.
    """
    return MavlinkMessage(
        'command_int',
        {
            'target_system': target[0],
            'target_component': target[1],
            'frame': GLOBAL_INT,
            'command': EXTERNAL_POSITION_ESTIMATE,
            'current': 0,
            'autocontinue': 0,
            'param1': outgoing.stamp_ns / 1e9,
            # The position is one of now, however long the image took.
            'param2': 0.0 if outgoing.is_carried else outgoing.age_s,
            'param3': outgoing.sigma_m,
            'param4': 0.0,
            'x': _e7(outgoing.position.latitude),
            'y': _e7(outgoing.position.longitude),
            'z': math.nan,  # a finite one is refused
        },
    )


def global_position_sensor(
    outgoing: Outgoing, target: tuple[int, int], sensor_id: int = 1
) -> MavlinkMessage:
    """Return GLOBAL_POSITION_SENSOR (296) of PX4; altitude unknown."""
    return MavlinkMessage(
        'global_position_sensor',
        {
            'target_system': target[0],
            'target_component': target[1],
            'id': sensor_id,
            'time_usec': outgoing.stamp_ns // 1000,
            'processing_time': 0 if outgoing.is_carried else round(1e6 * outgoing.age_s),
            'source': SOURCE_VISION,
            'flags': 0,
            'lat': _e7(outgoing.position.latitude),
            'lon': _e7(outgoing.position.longitude),
            'alt_ellipsoid': math.nan,
            'alt': math.nan,
            'eph': outgoing.sigma_m,
            'epv': math.nan,
        },
    )


def command_long(target: tuple[int, int], number: int, *params: float) -> MavlinkMessage:
    """
    Return COMMAND_LONG; parameters that are not given are 0.

    :param target: system and component of the autopilot.
    :param number: MAV_CMD.
    """
    values = (*params, *([0.0] * (7 - len(params))))
    return MavlinkMessage(
        'command_long',
        {
            'target_system': target[0],
            'target_component': target[1],
            'command': number,
            'confirmation': 0,
            **{f'param{index}': value for index, value in enumerate(values, start=1)},
        },
    )


def set_gps_global_origin(origin: Origin, system: int, stamp_ns: int) -> MavlinkMessage:
    """Return SET_GPS_GLOBAL_ORIGIN, for an EKF that has none."""
    return MavlinkMessage(
        'set_gps_global_origin',
        {
            'target_system': system,
            'latitude': _e7(origin.latitude),
            'longitude': _e7(origin.longitude),
            'altitude': round(1e3 * origin.altitude_m),
            'time_usec': stamp_ns // 1000,
        },
    )


def pose_covariance(sigma_m: float) -> list[float]:
    """
    Return (21,) upper triangle of a pose's covariance from which ArduPilot reads a sigma.

    Versions differ in how they make one number of the variances: the cube root of the sum of their
    squares, or the root of their sum. With this variance none of them is surer than we are.
    Vertical: zero, because both add it.
    """
    sigma_m = min(sigma_m, _MAX_SIGMA_M)
    variance = max(sigma_m**2 / 2, math.sqrt(sigma_m**3 / 2))
    covariance = [0.0] * 21
    covariance[0] = covariance[6] = variance
    return covariance


def gps_time(stamp_ns: int) -> tuple[int, int]:
    """Return the week of GPS and the milliseconds in it of a time on the Unix clock."""
    return divmod(stamp_ns // 1_000_000 - 1000 * (_GPS_EPOCH_S - _LEAP_S), _WEEK_MS)


def _from_origin(outgoing: Outgoing, origin: Origin) -> tuple[float, float]:
    position = outgoing.position
    return origin.ned_from_geodetic(position.latitude, position.longitude)


def quaternion_wxyz(posture: Posture) -> list[float]:
    """Return the rotation of roll, then pitch, then yaw."""
    half = (posture.roll_rad / 2, posture.pitch_rad / 2, posture.yaw_rad / 2)
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(angle), math.cos(angle)) for angle in half)
    return [
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    ]


def _e7(degrees: float) -> int:
    return round(1e7 * degrees)
