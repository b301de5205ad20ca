# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Put the messages of the vehicle's sensors into a flight."""

from __future__ import annotations

from typing import Any

from visual_navsat.geometry.attitude import Attitude
from visual_navsat.messages.sensors import (
    attitude_from_imu,
    camera_from_message,
    checked_stamp_ns,
    finite_number,
    gnss_from_message,
    odometry_from_message,
    prior_from_message,
    quaternion_from_message,
    range_from_message,
)
from visual_navsat.tracking.flight import Flight


def put_message(
    flight: Flight, topic: str, message: Any, arrival_ns: int, map_frame_id: str
) -> None:
    """
    Put one message into a flight.

    :param topic: the node's name for it, such as ``imu``.
    :param arrival_ns: stands in for the stamp that a message lacks.
    :param map_frame_id: that an ``initialpose`` must be in.
    :raises VisualNavsatError: if the message cannot be used.
    """
    if topic == 'initialpose':
        flight.track.restart(prior_from_message(message, map_frame_id))
    else:
        _HANDLERS[topic](flight, message, arrival_ns)


def _camera_info(flight: Flight, message: Any, _: int) -> None:
    flight.sensors.camera = camera_from_message(message)


def _imu(flight: Flight, message: Any, _: int) -> None:
    attitude = attitude_from_imu(message, flight.sensors.heading_sigma_deg)
    flight.sensors.imu.add(checked_stamp_ns(message, 'imu'), attitude)


def _attitude(flight: Flight, message: Any, _: int) -> None:
    quaternion = quaternion_from_message(message.quaternion)
    attitude = Attitude(quaternion, flight.sensors.heading_sigma_deg)
    flight.sensors.attitude.add(checked_stamp_ns(message, 'attitude'), attitude)


def _heading(flight: Flight, message: Any, arrival_ns: int) -> None:
    heading_deg = finite_number(message.data, 'heading') % 360.0
    flight.sensors.heading_deg.add(arrival_ns, heading_deg)


def _altitude(flight: Flight, message: Any, arrival_ns: int) -> None:
    flight.sensors.altitude_m.add(arrival_ns, finite_number(message.data, 'altitude'))


def _range(flight: Flight, message: Any, _: int) -> None:
    range_m = range_from_message(message)
    if range_m is not None:
        flight.sensors.range_m.add(checked_stamp_ns(message, 'range'), range_m)


def _odom(flight: Flight, message: Any, _: int) -> None:
    flight.track.add_odometry(checked_stamp_ns(message, 'odom'), odometry_from_message(message))


def _gnss(flight: Flight, message: Any, _: int) -> None:
    position = gnss_from_message(message)
    if position is not None:
        flight.gnss.add(checked_stamp_ns(message, 'gnss'), *position)


_HANDLERS = {
    'camera_info': _camera_info,
    'imu': _imu,
    'attitude': _attitude,
    'heading': _heading,
    'altitude': _altitude,
    'range': _range,
    'odom': _odom,
    'gnss': _gnss,
}
