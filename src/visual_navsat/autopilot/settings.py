# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every setting of the bridge: the one list from which its ROS parameters and their page come."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from dataclasses import dataclass
from typing import Any

from visual_navsat.autopilot.bridge import BridgeConfig
from visual_navsat.autopilot.carry import MotionError
from visual_navsat.autopilot.sender import SenderConfig
from visual_navsat.autopilot.target import AUTOPILOTS, find_target, Target, WAYS
from visual_navsat.autopilot.topic_telemetry import TELEMETRY
from visual_navsat.autopilot.transport import Endpoint
from visual_navsat.config import check_value, option
from visual_navsat.errors import ConfigError

LOOPS = ('off', 'open', 'closed')
TELEMETRIES = ('mavlink', *TELEMETRY, 'none')


@dataclass(frozen=True)
class BridgeSettings:
    """The bridge as a ROS node, ``autopilot_bridge``."""

    autopilot: str = option('ardupilot', 'Which autopilot it is', choices=AUTOPILOTS)
    connect: str = option(
        '',
        'Where it is reached: udp:HOST:PORT (listens), udpout:HOST:PORT, tcp:HOST:PORT or '
        '/dev/NAME,BAUD',
    )
    telemetry: str = option(
        'mavlink',
        'What tells motion, origin and estimator: the port of connect, the topics of px4 or '
        'mavros, or none of them, with motion odometry. Without a port connect is left empty',
        choices=TELEMETRIES,
    )
    way: str = option(
        'auto',
        'Message of the positions; auto is vision for ArduPilot, sensor for PX4',
        choices=('auto', *WAYS),
    )
    loop: str = option(
        'off',
        "off sends no position and scores; open sends the autopilot's own GNSS down the same "
        'path; closed sends the fixes. May be set while the node runs',
        choices=LOOPS,
    )
    rate_hz: float = option(
        0.0, 'Positions a second; 0 is 4, and 5 as GPS', 'Hz', within=(0.0, 40.0)
    )
    max_fix_age_s: float = option(
        8.0,
        'Age of the last fix, since its image, after which nothing is sent, so that the '
        "autopilot's failsafe sees it",
        's',
        within=(0.5, 60.0),
    )
    motion: str = option(
        'autopilot',
        "Motion that carries a fix to the time of sending: the autopilot's velocity, or the "
        'topic odom, whose x is east and y is north',
        choices=('autopilot', 'odometry'),
    )
    drift_share: float = option(
        0.02, 'Standard deviation of that motion, metres per metre travelled', within=(0.0, 1.0)
    )
    velocity_sigma_m_s: float = option(
        0.3,
        'Standard deviation of its velocity, along each axis, constant from image to sending',
        'm/s',
        within=(0.0, 50.0),
    )
    set_origin: bool = option(
        True, "Set the origin of ArduPilot's EKF from a fix, where it has none"
    )
    hardware_id: str = option(
        '', 'hardware_id of the diagnostics; if empty, the host name and the model of the board'
    )

    @classmethod
    def fields(cls) -> Iterator[tuple[str, dataclasses.Field[Any]]]:
        """Yield name and field of every setting, in order."""
        for entry in dataclasses.fields(cls):
            yield entry.name, entry

    @classmethod
    def checked(cls, values: dict[str, Any]) -> BridgeSettings:
        """Return settings; raise ConfigError if one is out of range."""
        known = dict(cls.fields())
        return cls(**{name: check_value(name, known[name], v) for name, v in values.items()})

    @property
    def endpoint(self) -> Endpoint | None:
        """
        Return where the autopilot is reached, None where all goes by ROS topics.

        :raises ConfigError: if ``connect`` names no endpoint and one is needed.
        """
        if not self.connect:
            if self.telemetry != 'mavlink' and self.target.topic is not None:
                return None
            raise ConfigError(
                'connect is empty: set it, such as connect:=/dev/ttyTHS1,921600; without it '
                'telemetry must be px4, mavros or none, and way one of topics'
            )
        try:
            return Endpoint.parse(self.connect)
        except ConfigError as error:
            raise ConfigError(f'connect: {error}') from error

    @property
    def target(self) -> Target:
        """Return the way in; raise ConfigError if this autopilot does not have it."""
        return find_target(self.autopilot, None if self.way == 'auto' else self.way)

    @property
    def bridge_config(self) -> BridgeConfig:
        """
        Return how the bridge behaves.

        :raises ConfigError: if nothing would tell the motion that carries fixes.
        """
        if self.telemetry == 'none' and self.motion != 'odometry':
            raise ConfigError(
                'with telemetry none, motion must be odometry: nothing else tells it'
            )
        motion_error = MotionError(self.drift_share, self.velocity_sigma_m_s)
        return BridgeConfig(
            loop=self.loop,  # type: ignore[arg-type]
            rate_hz=self.rate_hz or None,
            may_set_origin=self.set_origin,
            motion=self.motion,  # type: ignore[arg-type]
            telemetry=self.telemetry,
            sender=SenderConfig(max_fix_age_s=self.max_fix_age_s, motion_error=motion_error),
        )
