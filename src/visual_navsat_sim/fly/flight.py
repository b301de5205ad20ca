# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Between an autopilot and everybody else: pilot, truth, the bridge's traffic, the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from visual_navsat.autopilot.messages import MavlinkMessage, Posture
from visual_navsat.autopilot.requests import Requests
from visual_navsat.autopilot.target import Target
from visual_navsat.autopilot.transport import Transport
from visual_navsat.autopilot.vehicle import FIX_3D, Vehicle
from visual_navsat.session.records import event_record, position_record, Record
from visual_navsat_sim.fly.orders import tell_often
from visual_navsat_sim.fly.pilot import Mission, Pilot
from visual_navsat_sim.fly.truth import message_of, TruthHearer

_TRUTH_HZ = 20.0
_ASK_NS = 5_000_000_000
_TELL_NS = 50_000_000


class AutopilotLink(Protocol):
    """What a flight needs of a link."""

    def receive(self, timeout_s: float = 0.0) -> list[Any]:
        """Return the messages that have arrived."""

    def send(self, message: MavlinkMessage) -> bool:
        """Send a message."""

    def pass_on(self, data: bytes) -> bool:
        """Send whole messages that somebody else packed."""


class Flight:
    """One flight, a turn at a time, on any clock."""

    def __init__(
        self,
        link: AutopilotLink,
        target: Target,
        mission: Mission,
        record: Callable[[Record], None],
        bridge: Transport | None = None,
    ) -> None:
        """
        Do nothing yet.

        :param target: the way of the fixes into this autopilot.
        :param record: is given what happens.
        :param bridge: a way to a bridge, which shares the link: whole messages in each datagram.
        """
        self.vehicle, self.truth = Vehicle(), TruthHearer()
        self.pilot = Pilot(self.vehicle, link.send, mission, by_vision=target.needs_origin)
        self._link, self._record, self._bridge = link, record, bridge
        self._target, self._requests = target, Requests(link.send)
        self._asked_ns: int | None = None
        self._phase = ''
        self._position_ns = self._told_ns = 0
        # Is told the autopilot's posture with its time, for whatever needs it.
        self.tell: Callable[[int, Posture], None] = lambda stamp_ns, posture: None
        self.tick: Callable[[int], None] = lambda now_ns: None  # is told each turn
        self.overhear: Callable[[Any], None] = lambda message: None  # is given each message

    def turn(self, now_ns: int, timeout_s: float = 0.0) -> None:
        """
        Hear what has arrived, pass it on both ways, and let the pilot do what is due.

        :raises VisualNavsatError: if the autopilot does not do as it is told.
        """
        self.tick(now_ns)
        heard = self._link.receive(timeout_s)
        for message in heard:
            self.overhear(message)
            self.vehicle.hear(message, now_ns)
            self.truth.hear(message, now_ns)
            if message.get_type() == 'STATUSTEXT':
                said = f'autopilot: {message.text.rstrip(chr(0))}'
                self._record(event_record(now_ns / 1e9, said))
        if self._bridge is not None:
            data = b''.join(bytes(message.get_msgbuf()) for message in heard)
            if data:
                self._bridge.write(data)
            if asked := self._bridge.read(0.0):
                self._link.pass_on(asked)
        self._requests.make(self.vehicle, self._target, now_ns)
        self._ask(now_ns)
        self.pilot.step(now_ns)
        self._note(now_ns)
        if now_ns - self._told_ns >= _TELL_NS:
            self._told_ns = now_ns
            self.tell(now_ns, self.vehicle.posture)

    def _ask(self, now_ns: int) -> None:
        asked = self._asked_ns
        if not self.vehicle.kind or (asked is not None and now_ns - asked < _ASK_NS):
            return
        self._asked_ns = now_ns
        truth = message_of(self.vehicle.kind)
        self._link.send(tell_often(self.vehicle.target, truth, _TRUTH_HZ))

    def _note(self, now_ns: int) -> None:
        time_s = now_ns / 1e9
        if self.pilot.phase != self._phase:
            self._phase = self.pilot.phase
            self._record(event_record(time_s, self._phase))
        position = self.vehicle.position
        if position is None or position.heard_ns <= self._position_ns:
            return
        self._position_ns = position.heard_ns
        there_s = position.heard_ns / 1e9
        place = position.latitude, position.longitude
        self._record(position_record(there_s, 'autopilot', *place))
        true = self.truth.at(position.heard_ns)
        if true is not None:
            newest = self.truth.newest
            heading_deg = newest.heading_deg if newest is not None else 0.0
            height_m = newest.height_m if newest is not None else 0.0
            more = {'heading_deg': heading_deg, 'height_m': height_m}
            self._record(position_record(there_s, 'truth', *true, **more))
        gnss = self.vehicle.gnss
        if gnss is not None and gnss.fix_type >= FIX_3D and now_ns - gnss.heard_ns < 1_000_000_000:
            self._record(position_record(there_s, 'gnss', gnss.latitude, gnss.longitude))
