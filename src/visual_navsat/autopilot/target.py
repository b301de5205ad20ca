# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The ways into an autopilot: which message, how often, and what must be switched on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
import math
from typing import Literal

from visual_navsat.autopilot import messages, topic_messages
from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.autopilot.parameters import (
    ARDUPILOT_GPS,
    ARDUPILOT_VISION,
    PX4_SENSOR,
    Wanted,
)
from visual_navsat.autopilot.sender import Outgoing
from visual_navsat.autopilot.topic_messages import Topic, TopicMessage
from visual_navsat.autopilot.vehicle import ARDUPILOT, PX4, Vehicle
from visual_navsat.errors import ConfigError

Encode = Callable[[Outgoing, Vehicle], MavlinkMessage | TopicMessage | None]  # None: not now


@dataclass(frozen=True)
class Target:
    """One way in."""

    autopilot: str
    way: str
    encode: Encode
    min_rate_hz: float  # below it the EKF is not kept aided
    rate_hz: float
    wanted: tuple[Wanted, ...] = ()
    needs_origin: bool = False
    repeats: Literal['light', 'even'] = 'light'
    topic: Topic | None = None  # of ROS; None: by MAVLink


def _from_origin(make: Callable[..., MavlinkMessage | TopicMessage]) -> Encode:
    """Return what is told as metres from the EKF's origin; nothing while that is unknown."""

    def encode(outgoing: Outgoing, vehicle: Vehicle) -> MavlinkMessage | TopicMessage | None:
        if vehicle.origin is None:
            return None
        return make(outgoing, vehicle.origin, vehicle.posture)

    return encode


def _with_height(make: Callable[..., MavlinkMessage | TopicMessage]) -> Encode:
    """Return what is told as by a GPS, with the height that the autopilot has."""

    def encode(outgoing: Outgoing, vehicle: Vehicle) -> MavlinkMessage | TopicMessage:
        height_m = vehicle.position.altitude_msl_m if vehicle.position else math.nan
        return make(outgoing, height_m if math.isfinite(height_m) else None)

    return encode


def _command(outgoing: Outgoing, vehicle: Vehicle) -> MavlinkMessage | None:
    # It resets what is lost; an estimator that holds a position keeps it.
    is_aided = vehicle.estimator is not None and vehicle.estimator.has_position
    if is_aided or not outgoing.is_new:
        return None
    return messages.external_position_estimate(outgoing, vehicle.target)


def _sensor(outgoing: Outgoing, vehicle: Vehicle) -> MavlinkMessage:
    return messages.global_position_sensor(outgoing, vehicle.target)


def _dds_1_15(outgoing: Outgoing, _: Vehicle) -> TopicMessage:
    return topic_messages.vehicle_global_position(outgoing)


def _dds_1_18(outgoing: Outgoing, _: Vehicle) -> TopicMessage:
    return topic_messages.aux_global_position(outgoing)


def _by_topic(target: Target, way: str, encode: Encode, topic: Topic) -> Target:
    """Return a way that differs in nothing but how the positions travel."""
    return replace(target, way=way, encode=encode, topic=topic)


_VISION = Target(
    ARDUPILOT,
    'vision',
    _from_origin(messages.vision_position_estimate),
    1.0,
    4.0,
    ARDUPILOT_VISION,
    needs_origin=True,
)
_GPS = Target(
    ARDUPILOT, 'gps', _with_height(messages.gps_input), 4.0, 5.0, ARDUPILOT_GPS, repeats='even'
)
_SENSOR = Target(PX4, 'sensor', _sensor, 2.0, 4.0, PX4_SENSOR)
TARGETS = (
    _VISION,
    replace(_VISION, way='odometry', encode=_from_origin(messages.odometry)),
    _GPS,
    Target(ARDUPILOT, 'command', _command, 0.0, 1.0, needs_origin=True),
    _by_topic(
        _VISION,
        'mavros_vision',
        _from_origin(topic_messages.mavros_vision),
        topic_messages.MAVROS_VISION,
    ),
    _by_topic(
        _VISION,
        'mavros_odometry',
        _from_origin(topic_messages.mavros_odometry),
        topic_messages.MAVROS_ODOMETRY,
    ),
    _by_topic(
        _GPS, 'mavros_gps', _with_height(topic_messages.mavros_gps), topic_messages.MAVROS_GPS
    ),
    _SENSOR,
    Target(PX4, 'command', _command, 0.0, 1.0),
    _by_topic(_SENSOR, 'dds_1_15', _dds_1_15, topic_messages.PX4_1_15),
    _by_topic(_SENSOR, 'dds_1_18', _dds_1_18, topic_messages.PX4_1_18),
)
AUTOPILOTS = (ARDUPILOT, PX4)
WAYS = tuple(dict.fromkeys(target.way for target in TARGETS))
MAVLINK_WAYS = tuple(dict.fromkeys(target.way for target in TARGETS if target.topic is None))


def find_target(autopilot: str, way: str | None = None) -> Target:
    """
    Return a way into an autopilot, the usual one if none is named.

    :raises ConfigError: if this autopilot has no such way.
    """
    ways = {target.way: target for target in TARGETS if target.autopilot == autopilot}
    if not ways:
        raise ConfigError(f'the autopilot must be ardupilot or px4, got {autopilot!r}')
    if way is None:
        return next(iter(ways.values()))
    if way not in ways:
        raise ConfigError(f'the way into {autopilot} must be {" or ".join(ways)}, got {way!r}')
    return ways[way]
