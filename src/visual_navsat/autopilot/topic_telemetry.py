# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an autopilot says on ROS topics, for a bridge that has no MAVLink port of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import Any

import numpy as np
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.topic_messages import Topic
from visual_navsat.autopilot.vehicle import (
    CONST_POS_MODE,
    Estimator,
    FIX_3D,
    Located,
    POS_HORIZ_ABS,
    Vehicle,
)
from visual_navsat.geometry.rotation import matrix_from_quaternion, yaw_rad
from visual_navsat.messages.sensors import (
    checked_stamp_ns,
    gnss_from_message,
    quaternion_from_message,
)

Hear = Callable[[Vehicle, Any, int], None]  # the vehicle, the message, and when it is heard, ns


@dataclass(frozen=True)
class Heard:
    """A topic, and what is done with its messages."""

    topic: Topic
    hear: Hear
    is_needed: bool = True  # False: without the package of its message there is less to say


def _px4_local_position(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    stamp_ns = vehicle.clock.ours(int(message.timestamp) * 1000, now_ns)
    if message.v_xy_valid:
        vehicle.move(stamp_ns, np.array([message.vy, message.vx]))
    if message.xy_valid and message.z_valid:
        vehicle.place(stamp_ns, np.array([message.x, message.y, message.z]))
    if message.xy_global:
        vehicle.origin = Origin(message.ref_lat, message.ref_lon, float(message.ref_alt))


def _px4_attitude(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    w, x, y, z = (float(value) for value in message.q)  # forward-right-down to north-east-down
    vehicle.turn(*_roll_pitch_yaw(w, x, y, z))


def _px4_global_position(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    if getattr(message, 'lat_lon_valid', True):  # not in 1.15
        stamp_ns = vehicle.clock.ours(int(message.timestamp) * 1000, now_ns)
        vehicle.position = Located(stamp_ns, message.lat, message.lon, float(message.alt))


def _px4_gps(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    lat, long = message.latitude_deg, message.longitude_deg
    height_m, sigma_m = float(message.altitude_msl_m), float(message.eph)
    vehicle.gnss = Located(now_ns, lat, long, height_m, sigma_m, int(message.fix_type))


def _px4_status(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    sources = ('cs_aux_gpos', 'cs_gps', 'cs_gnss_pos')  # the name of GNSS differs by version
    has_position = any(getattr(message, name, False) for name in sources)
    ratio = vehicle.aux_ratio_at(now_ns)
    vehicle.estimator = Estimator(now_ns, POS_HORIZ_ABS if has_position else 0, ratio)


def _px4_aux_source(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    vehicle.aux_ratio = (now_ns, float(np.max(message.test_ratio)))


def _mavros_odometry(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    stamp_ns = checked_stamp_ns(message, 'local_position')
    enu_from_body = matrix_from_quaternion(quaternion_from_message(message.pose.pose.orientation))
    velocity, at = message.twist.twist.linear, message.pose.pose.position
    # Its velocity is in the axes of the vehicle: forward, left, up.
    vehicle.move(stamp_ns, (enu_from_body @ [velocity.x, velocity.y, velocity.z])[:2])
    vehicle.place(stamp_ns, np.array([at.y, at.x, -at.z]))
    roll = math.atan2(enu_from_body[2, 1], enu_from_body[2, 2])
    pitch = math.asin(float(np.clip(enu_from_body[2, 0], -1.0, 1.0)))  # nose up: forward rises
    vehicle.turn(roll, pitch, math.pi / 2 - yaw_rad(enu_from_body))


def _mavros_global(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    found = gnss_from_message(message)
    if found is not None:
        # Its altitude is above the ellipsoid, and what is asked for is above the sea.
        stamp_ns = checked_stamp_ns(message, 'global_position')
        vehicle.position = Located(stamp_ns, found[0], found[1], math.nan)


def _mavros_gnss(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    found = gnss_from_message(message)
    lat, long, covariance = (math.nan, math.nan, None) if found is None else found
    sigma_m = math.nan if covariance is None else math.sqrt(np.linalg.eigvalsh(covariance)[-1])
    fix_type = 0 if found is None else FIX_3D
    vehicle.gnss = Located(now_ns, lat, long, math.nan, sigma_m, fix_type)


def _mavros_origin(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    at = message.position
    vehicle.origin = Origin(at.latitude, at.longitude, at.altitude)


def _mavros_status(vehicle: Vehicle, message: Any, now_ns: int) -> None:
    flags = POS_HORIZ_ABS if message.pos_horiz_abs_status_flag else 0
    flags |= CONST_POS_MODE if message.const_pos_mode_status_flag else 0
    vehicle.estimator = Estimator(now_ns, flags, math.nan)


def _roll_pitch_yaw(w: float, x: float, y: float, z: float) -> tuple[float, float, float]:
    roll = math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = math.asin(min(max(2 * (w * y - z * x), -1.0), 1.0))
    return roll, pitch, math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


_PX4 = 'px4_msgs/msg/'
TELEMETRY: dict[str, tuple[Heard, ...]] = {
    'px4': (
        Heard(
            Topic('fmu/out/vehicle_local_position', f'{_PX4}VehicleLocalPosition', False),
            _px4_local_position,
        ),
        Heard(Topic('fmu/out/vehicle_attitude', f'{_PX4}VehicleAttitude', False), _px4_attitude),
        Heard(
            Topic('fmu/out/vehicle_global_position', f'{_PX4}VehicleGlobalPosition', False),
            _px4_global_position,
        ),
        Heard(Topic('fmu/out/vehicle_gps_position', f'{_PX4}SensorGps', False), _px4_gps),
        Heard(
            Topic('fmu/out/estimator_status_flags', f'{_PX4}EstimatorStatusFlags', False),
            _px4_status,
        ),
        Heard(
            Topic(
                'fmu/out/estimator_aid_src_aux_global_position',
                f'{_PX4}EstimatorAidSource2d',
                False,
            ),
            _px4_aux_source,
        ),
    ),
    'mavros': (
        Heard(
            Topic('mavros/local_position/odom', 'nav_msgs/msg/Odometry', False), _mavros_odometry
        ),
        Heard(
            Topic('mavros/global_position/global', 'sensor_msgs/msg/NavSatFix', False),
            _mavros_global,
        ),
        Heard(
            Topic('mavros/global_position/raw/fix', 'sensor_msgs/msg/NavSatFix', False),
            _mavros_gnss,
        ),
        Heard(
            Topic(
                'mavros/global_position/gp_origin', 'geographic_msgs/msg/GeoPointStamped', False
            ),
            _mavros_origin,
            is_needed=False,
        ),
        Heard(
            Topic('mavros/estimator_status', 'mavros_msgs/msg/EstimatorStatus', False),
            _mavros_status,
            is_needed=False,
        ),
    ),
}
