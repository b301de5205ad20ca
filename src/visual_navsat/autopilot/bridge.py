# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""From answers to an autopilot that follows them: one step at a time, on any clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
import math
from typing import Any, Literal, Protocol

import numpy as np
from visual_navsat.autopilot.frame_check import FramePairs
from visual_navsat.autopilot.gnss_watch import GnssWatch
from visual_navsat.autopilot.health import autopilot_minus_ours_m, diagnose
from visual_navsat.autopilot.health_facts import Facts, State
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.messages import MavlinkMessage, set_gps_global_origin
from visual_navsat.autopilot.origin_check import OriginCheck
from visual_navsat.autopilot.requests import Requests
from visual_navsat.autopilot.score import Score
from visual_navsat.autopilot.sender import Outgoing, Sender, SenderConfig
from visual_navsat.autopilot.target import Target
from visual_navsat.autopilot.topic_messages import TopicMessage
from visual_navsat.autopilot.vehicle import FIX_3D, Vehicle
from visual_navsat.errors import ConfigError
from visual_navsat.localization.position import PositionEstimate, Refusal

_SECOND_NS = 1_000_000_000
_ORIGIN_WAIT_NS = 15 * _SECOND_NS  # in which an EKF may tell one, or find its receiver
_ORIGIN_GNSS_WAIT_NS = 60 * _SECOND_NS  # in which it may set one from GNSS
_ORIGIN_AGAIN_NS = 5 * _SECOND_NS
_RATE_SPAN_NS = 5 * _SECOND_NS
_PEER_SPAN_NS = 5 * _SECOND_NS
_REFUSED_SPAN_NS = 5 * _SECOND_NS
_TOLD_NS = 2 * _SECOND_NS  # a place told before is none of now
_GNSS_SIGMA_M = 2.0  # where the receiver tells none

Loop = Literal['off', 'open', 'closed']


class MessageLink(Protocol):
    """What a bridge needs of a link."""

    error: str

    def receive(self, timeout_s: float = 0.0) -> list[Any]:
        """Return the messages that have arrived."""

    def send(self, message: MavlinkMessage) -> bool:
        """Send a message; return whether it could be."""

    def peers(self) -> list[str]:
        """Return who has sent something since the last call."""


class TopicLink(Protocol):
    """What a bridge needs to send by ROS topics."""

    def send(self, message: TopicMessage) -> bool:
        """Publish a message; return whether somebody listens."""


@dataclass(frozen=True)
class BridgeConfig:
    """How a bridge behaves; what is None is as the target has it."""

    loop: Loop = 'off'  # off: send no position; open: the autopilot's GNSS; closed: the fixes
    rate_hz: float | None = None
    may_set_origin: bool = True
    # What carries fixes: the velocity that the autopilot sends, or odometry that is offered.
    motion: Literal['autopilot', 'odometry'] = 'autopilot'
    telemetry: str = 'mavlink'  # or whose topics tell how it goes: px4, mavros, none
    sender: SenderConfig = field(default_factory=SenderConfig)


class Bridge:
    """Carry answers to one autopilot by one way, and say how it goes."""

    def __init__(
        self,
        link: MessageLink,
        target: Target,
        config: BridgeConfig | None = None,
        topics: TopicLink | None = None,
    ) -> None:
        """
        Send nothing yet.

        :param link: to the autopilot, which tells by it how it goes, whatever takes positions.
        :param topics: takes the positions of a way that goes by ROS topics.
        :raises ConfigError: if this way does, and there are none.
        """
        if target.topic is not None and topics is None:
            raise ConfigError(
                f'the way {target.way} publishes ROS topics: start the node autopilot_bridge'
            )
        self.config = config or BridgeConfig()
        self.target = target
        self.vehicle = Vehicle(tells_motion=self.config.motion == 'autopilot')
        rate_hz = self.config.rate_hz or target.rate_hz
        self.sender = Sender(
            self.vehicle.motion,
            replace(self.config.sender, rate_hz=rate_hz, repeats=target.repeats),
        )
        self.score = Score()
        self.last: Outgoing | None = None
        self.watch: Callable[[Outgoing], None] | None = None  # told of everything that is sent
        self._link, self._topics = link, topics
        self._requests = Requests(lambda message: self._link.send(message))
        self._was_connected = False
        self._started_ns: int | None = None
        self._gnss_ns = 0
        self._origin_ns: int | None = None  # when the origin was set last
        self._sent_ns: deque[int] = deque(maxlen=1000)
        self._sent_fields: dict[str, Any] = {}
        self._is_unheard = False
        self._gnss_watch, self._pairs = GnssWatch(), FramePairs()
        self._origins = OriginCheck()
        self._peers: dict[str, int] = {}
        self._refused = ('', 0)

    def offer(self, position: PositionEstimate | Refusal, stamp_ns: int, now_ns: int) -> None:
        """Take an answer of the localizer; with an open loop it is not used."""
        if self.config.loop != 'open':
            self._offer(position, stamp_ns, now_ns)

    def offer_odometry(self, position_en_m: np.ndarray, stamp_ns: int) -> None:
        """
        Take a position of odometry, where that is what carries fixes.

        :param position_en_m: (2,) metres along east and north from anywhere.
        """
        if self.config.motion == 'odometry':
            self.vehicle.motion.add_position(stamp_ns, position_en_m)

    def set_loop(self, loop: Loop) -> None:
        """Change the loop: what was held in the one before is not sent in this one."""
        if loop != self.config.loop:
            self.config = replace(self.config, loop=loop)
            self.sender.forget()
            self._sent_ns.clear()
            self._gnss_watch = GnssWatch()

    def step(self, now_ns: int) -> None:
        """Hear what has arrived, and send what is due."""
        for message in self._link.receive():
            self.vehicle.hear(message, now_ns)
        self._follow_origin(now_ns)
        for peer in self._link.peers():
            self._peers[peer] = now_ns
        self._follow_connection()
        self._requests.make(self.vehicle, self.target, now_ns)
        self._take_gnss(now_ns)
        self._give_origin(now_ns)
        outgoing = self.sender.due(now_ns)
        if outgoing is not None:
            self._send(outgoing, now_ns)

    def states(self, now_ns: int) -> list[State]:
        """Return how it goes, the first cause first."""
        return diagnose(self._facts(now_ns))

    def numbers(self, now_ns: int) -> dict[str, Any]:
        """Return how often is sent, how old the fix is and what was scored."""
        age_s = (now_ns - self.last.image_stamp_ns) / 1e9 if self.last else math.nan
        return {
            'sent_hz': f'{self._rate_hz(now_ns):.1f}',
            'fix_age_s': f'{age_s:.2f}',
            'reset_counter': self.sender.reset_counter,
            'silence': self.sender.silence,
            **{f'score_{key}': value for key, value in self.score.values().items()},
            **self._places(now_ns),
        }

    def _places(self, now_ns: int) -> dict[str, float]:
        """Return where the autopilot is by its estimator and by its GNSS, as far as it tells."""
        gnss = self.vehicle.gnss
        known = {
            'autopilot': self.vehicle.position,
            'gnss': gnss if gnss is not None and gnss.fix_type >= FIX_3D else None,
        }
        return {
            f'{whose}_{axis}': getattr(place, axis)
            for whose, place in known.items()
            if place is not None and now_ns - place.heard_ns < _TOLD_NS
            for axis in ('latitude', 'longitude')
        }

    def _facts(self, now_ns: int) -> Facts:
        refused, refused_ns = self._refused
        return Facts(
            now_ns=now_ns,
            target=self.target,
            vehicle=self.vehicle,
            telemetry=self.config.telemetry,
            link_error=self._link.error,
            peers=[p for p, ns in self._peers.items() if now_ns - ns < _PEER_SPAN_NS],
            last=self.last,
            is_sending=self.config.loop != 'off',
            send_rate_hz=self._rate_hz(now_ns),
            silence=self.sender.silence,
            refused=refused if now_ns - refused_ns < _REFUSED_SPAN_NS else '',
            sent_fields=self._sent_fields,
            is_unheard=self._is_unheard,
            gnss=self._gnss_watch.difference(now_ns),
            pairs=self._pairs,
            origins=self._origins,
        )

    def _offer(self, position: PositionEstimate | Refusal, stamp_ns: int, now_ns: int) -> None:
        self.sender.offer(position, stamp_ns, now_ns)
        if self.sender.refused:
            self._refused = (self.sender.refused, now_ns)

    def _send(self, outgoing: Outgoing, now_ns: int) -> None:
        self.last = outgoing
        self._compare(outgoing, now_ns)
        if self.config.loop != 'off':
            message = self.target.encode(outgoing, self.vehicle)
            if message is None or not self._pass_on(message):
                return
            self._sent_ns.append(now_ns)
        if self.watch is not None:
            self.watch(outgoing)

    def _compare(self, outgoing: Outgoing, now_ns: int) -> None:
        off_m = autopilot_minus_ours_m(self._facts(now_ns))
        self.score.add(off_m)
        if self.config.loop != 'open':
            self._gnss_watch.take(outgoing, self.vehicle.gnss, self.vehicle.motion)
        origin, position = self.vehicle.origin, outgoing.position
        if origin is not None and off_m is not None:
            north_m, east_m = origin.ned_from_geodetic(position.latitude, position.longitude)
            ours_m = np.array([east_m, north_m])
            self._pairs.add(now_ns, ours_m, ours_m + off_m)

    def _pass_on(self, message: MavlinkMessage | TopicMessage) -> bool:
        if isinstance(message, TopicMessage):
            self._is_unheard = self._topics is None or not self._topics.send(message)
            return not self._is_unheard
        self._sent_fields = message.fields
        return self._link.send(message)

    def _rate_hz(self, now_ns: int) -> float:
        """Return how often positions were sent lately, NaN before it is known."""
        times = [ns for ns in self._sent_ns if 0 <= now_ns - ns <= _RATE_SPAN_NS]
        if not self._sent_ns or now_ns - self._sent_ns[0] < _RATE_SPAN_NS:
            return math.nan
        return len(times) / (_RATE_SPAN_NS / _SECOND_NS)

    def _follow_connection(self) -> None:
        is_connected = not self._link.error
        if self._was_connected and not is_connected:
            self.vehicle.forget_link()
        if is_connected and not self._was_connected:
            self._requests.begin_anew()
        self._was_connected = is_connected

    def _follow_origin(self, now_ns: int) -> None:
        self._origins.take(self.vehicle, now_ns)
        if self.config.telemetry != 'mavlink' and self.vehicle.origin is None:
            # By MAVLink it is asked for; mavros tells it once, perhaps before we listened.
            self.vehicle.origin = self._origins.origin(now_ns)

    def _take_gnss(self, now_ns: int) -> None:
        """Offer the autopilot's own GNSS: whatever fails then is plumbing, not matching."""
        gnss = self.vehicle.gnss
        if self.config.loop != 'open' or gnss is None or gnss.heard_ns <= self._gnss_ns:
            return
        self._gnss_ns = gnss.heard_ns
        if gnss.fix_type < FIX_3D:
            return
        sigma_m = gnss.sigma_m if math.isfinite(gnss.sigma_m) else _GNSS_SIGMA_M
        position = PositionEstimate.from_horizontal(
            gnss.latitude, gnss.longitude, sigma_m**2 * np.eye(2), math.nan
        )
        self._offer(position, gnss.heard_ns, now_ns)

    def _give_origin(self, now_ns: int) -> None:
        """Set the EKF's origin where it has none and a fix is known."""
        # Not what was sent: without an origin some tell no motion, and nothing can be sent.
        vehicle, position = self.vehicle, self.sender.newest
        if self._started_ns is None and vehicle.kind:
            self._started_ns = now_ns
        is_wanted = self.config.may_set_origin and self.target.needs_origin
        if self.config.loop == 'off' or not is_wanted or position is None:
            return
        gnss = vehicle.gnss
        # With GNSS an EKF sets its own after a while, with an altitude that we do not know.
        has_receiver = gnss is not None and gnss.fix_type > 0
        wait_ns = _ORIGIN_GNSS_WAIT_NS if has_receiver else _ORIGIN_WAIT_NS
        # One that has not started yet drops ours without a word, one that has one keeps that.
        is_just_set = self._origin_ns is not None and now_ns - self._origin_ns < _ORIGIN_AGAIN_NS
        is_early = self._started_ns is None or now_ns - self._started_ns < wait_ns
        if vehicle.origin is not None or is_just_set or is_early:
            return
        self._origin_ns = now_ns
        known = vehicle.position
        if known is None and gnss is not None and gnss.fix_type >= FIX_3D:
            known = gnss
        altitude_m = known.altitude_msl_m if known else 0.0
        origin = Origin(position.latitude, position.longitude, altitude_m)
        self._link.send(set_gps_global_origin(origin, vehicle.target[0], now_ns))
        self._requests.ask_for_origin(vehicle)
