# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Positions as the fields of ROS messages: what PX4 takes by DDS, and mavros on its topics."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

from visual_navsat.autopilot import messages
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.messages import Posture
from visual_navsat.autopilot.sender import Outgoing


@dataclass(frozen=True)
class Topic:
    """Where messages of one kind go."""

    name: str  # relative
    kind: str  # package/msg/Name
    is_reliable: bool


@dataclass(frozen=True)
class TopicMessage:
    """A message before ROS makes it; a dict within the fields is a message within it."""

    fields: dict[str, Any]
    optional: frozenset[str] = frozenset()  # what some versions of the message do not have


# Best effort: PX4's reader is, and what came late is of no use.
PX4_1_15 = Topic('fmu/in/aux_global_position', 'px4_msgs/msg/VehicleGlobalPosition', False)
# The suffix is the version of the message.
PX4_1_18 = Topic('fmu/in/aux_global_position_v1', 'px4_msgs/msg/AuxGlobalPosition', False)
MAVROS_VISION = Topic(
    'mavros/vision_pose/pose_cov', 'geometry_msgs/msg/PoseWithCovarianceStamped', True
)
MAVROS_ODOMETRY = Topic('mavros/odometry/out', 'nav_msgs/msg/Odometry', True)
MAVROS_GPS = Topic('mavros/gps_input/gps_input', 'mavros_msgs/msg/GPSINPUT', True)


def vehicle_global_position(outgoing: Outgoing) -> TopicMessage:
    """Return the VehicleGlobalPosition that PX4 1.15 to 1.17 fuses; altitude unknown."""
    fields = {
        **_px4_fields(outgoing),
        **dict.fromkeys(('alt_ellipsoid', 'terrain_alt'), math.nan),
        'lat_lon_valid': True,
        'alt_valid': False,
    }
    return TopicMessage(fields, frozenset(('lat_lon_valid', 'alt_valid')))  # not in 1.15


def aux_global_position(outgoing: Outgoing, sensor_id: int = 1) -> TopicMessage:
    """Return the AuxGlobalPosition that PX4 1.18 fuses; altitude unknown."""
    source = messages.SOURCE_VISION
    return TopicMessage({**_px4_fields(outgoing), 'id': sensor_id, 'source': source})


def mavros_vision(outgoing: Outgoing, origin: Origin, posture: Posture) -> TopicMessage:
    """Return the pose that mavros sends as VISION_POSITION_ESTIMATE: metres east, north, up."""
    pose = {'pose': _pose(outgoing, origin, posture), 'covariance': _covariance(outgoing)}
    return TopicMessage({'header': _header(outgoing), 'pose': pose})


def mavros_odometry(outgoing: Outgoing, origin: Origin, posture: Posture) -> TopicMessage:
    """Return the odometry that mavros sends as ODOMETRY in LOCAL_FRD and BODY_FRD; no velocity."""
    unknown = dict.fromkeys(('x', 'y', 'z'), math.nan)
    return TopicMessage(
        {
            'header': _header(outgoing),
            'child_frame_id': 'base_link',
            'pose': {
                'pose': _pose(outgoing, origin, posture),
                'covariance': _covariance(outgoing),
            },
            'twist': {
                'twist': {'linear': unknown, 'angular': unknown},
                'covariance': [math.nan] + [0.0] * 35,  # NaN first: unknown
            },
        }
    )


def mavros_gps(outgoing: Outgoing, altitude_msl_m: float | None) -> TopicMessage:
    """Return what mavros sends as GPS_INPUT."""
    fields = dict(messages.gps_input(outgoing, altitude_msl_m).fields)
    del fields['time_usec']  # mavros takes it from the header
    return TopicMessage({'header': _header(outgoing), **fields})


def _px4_fields(outgoing: Outgoing) -> dict[str, Any]:
    return {
        'timestamp': 0,  # PX4 writes its own
        # On our clock: the client of PX4 moves it to its own.
        'timestamp_sample': outgoing.stamp_ns // 1000,
        'lat': outgoing.position.latitude,
        'lon': outgoing.position.longitude,
        'alt': math.nan,
        'eph': outgoing.sigma_m,
        'epv': math.nan,
        'lat_lon_reset_counter': outgoing.reset_counter,
    }


def _header(outgoing: Outgoing) -> dict[str, Any]:
    seconds, nanoseconds = divmod(outgoing.stamp_ns, 1_000_000_000)
    # mavros knows how to turn "map" and "base_link", and nothing else without TF.
    return {'stamp': {'sec': seconds, 'nanosec': nanoseconds}, 'frame_id': 'map'}


def _pose(outgoing: Outgoing, origin: Origin, posture: Posture) -> dict[str, Any]:
    """Return a pose whose axes are east, north, up, and the vehicle's forward, left, up."""
    position = outgoing.position
    north_m, east_m = origin.ned_from_geodetic(position.latitude, position.longitude)
    turned = Posture(0.0, posture.roll_rad, -posture.pitch_rad, math.pi / 2 - posture.yaw_rad)
    w, x, y, z = messages.quaternion_wxyz(turned)
    return {
        'position': {'x': east_m, 'y': north_m, 'z': -posture.down_m},
        'orientation': {'x': x, 'y': y, 'z': z, 'w': w},
    }


def _covariance(outgoing: Outgoing) -> list[float]:
    """Return (36,) row by row, the same variance east and north as by MAVLink."""
    covariance = [0.0] * 36
    covariance[0] = covariance[7] = messages.pose_covariance(outgoing.sigma_m)[0]
    return covariance
