# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A ground station that flies a mission: up, GNSS off, from place to place, one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
import math

from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.autopilot.near_frame import en_m
from visual_navsat.autopilot.vehicle import ARDUPILOT, Vehicle
from visual_navsat.errors import VisualNavsatError
from visual_navsat_sim.fly.course import CLIMBS, GNSS_LOST, HAS_FLOWN, WITH_GNSS
from visual_navsat_sim.fly.orders import fly_at, go_to, guide, GUIDED, lose_gnss, take_off

_SECOND_NS = 1_000_000_000
_AGAIN_NS = 3 * _SECOND_NS  # after which an order that nobody answered is given again
_GIVE_UP_NS = 120 * _SECOND_NS  # an EKF takes its time before a vehicle may be armed
_NEAR_M = 8.0  # of a place that counts as reached
_RISEN = 0.95  # of the height
_ACCEPTED = 0  # MAV_RESULT

Place = tuple[float, float]  # latitude and longitude, degrees


@dataclass(frozen=True)
class Mission:
    """What is flown."""

    places: Sequence[Place]  # one after another, then from the first again
    height_m: float  # above the start
    speed_m_s: float
    gnss_s: float  # with GNSS, after the climb
    without_gnss_s: float  # how long it lasts after that


class Pilot:
    """Give an autopilot its orders."""

    def __init__(
        self,
        vehicle: Vehicle,
        send: Callable[[MavlinkMessage], bool],
        mission: Mission,
        by_vision: bool = True,
    ) -> None:
        """
        Give no order yet.

        :param vehicle: what the autopilot tells.
        :param by_vision: whether fixes come as vision, and not as a receiver of GNSS.
        """
        self._by_vision = by_vision
        self._vehicle, self._send, self.mission = vehicle, send, mission
        self._now_ns = 0
        self._plan = self._fly()
        self.phase = 'waits'
        self.has_ended = False
        self.gnss_lost_ns: int | None = None
        self.may_start = True  # False: it waits
        self.may_lose_gnss = True  # False: GNSS stays until it may
        self.num_reached = 0

    def step(self, now_ns: int) -> None:
        """
        Give the order that is due, if there is one.

        :raises VisualNavsatError: if the autopilot does not do as it is told.
        """
        self._now_ns = now_ns
        if next(self._plan, 'ended') == 'ended':
            self.has_ended = True

    def _fly(self) -> Iterator[str]:
        """Yield while there is nothing to do."""
        vehicle = self._vehicle
        while not self.may_start:
            yield 'waits'
        mission = self.mission
        yield from self._until(
            lambda: bool(vehicle.kind and vehicle.position), 'tell its position'
        )
        if vehicle.is_armed:
            raise VisualNavsatError('the vehicle is armed already: start it on the ground')
        assert vehicle.position is not None
        ground_m = vehicle.position.altitude_msl_m
        self.phase = CLIMBS
        for order in take_off(vehicle.kind, vehicle.target, mission.height_m, ground_m):
            yield from self._order(order)
        yield from self._until(lambda: self._height_m >= _RISEN * mission.height_m, 'climb')
        self._send(fly_at(vehicle.target, mission.speed_m_s))
        route = self._follow(ground_m)
        self.phase = WITH_GNSS
        began_ns = self._now_ns
        while self._now_ns - began_ns < mission.gnss_s * _SECOND_NS or not self.may_lose_gnss:
            yield next(route)
        for order in lose_gnss(vehicle.kind, vehicle.target, self._by_vision):
            self._send(order)
        self.phase = GNSS_LOST
        self.gnss_lost_ns = self._now_ns
        while self._now_ns - self.gnss_lost_ns < mission.without_gnss_s * _SECOND_NS:
            yield next(route)
        self.phase = HAS_FLOWN

    def _follow(self, ground_m: float) -> Iterator[str]:
        """Yield for ever, on the way from place to place."""
        vehicle, mission = self._vehicle, self.mission
        while True:
            for place in mission.places:
                told_ns = -_AGAIN_NS
                while self._distance_m(place) > _NEAR_M:
                    if self._now_ns - told_ns >= _AGAIN_NS:
                        told_ns = self._now_ns
                        self._take_back()
                        there = place, mission.height_m, ground_m
                        self._send(go_to(vehicle.kind, vehicle.target, *there))
                    yield 'flies'
                self.num_reached += 1
                yield 'reached'

    def _take_back(self) -> None:
        """Order the mode again that a failsafe has left, once a position is there to fly by."""
        vehicle = self._vehicle
        estimator = vehicle.estimator
        has_position = estimator is not None and estimator.has_position
        if vehicle.kind == ARDUPILOT and vehicle.mode != GUIDED and has_position:
            self._send(guide(vehicle.target))

    def _order(self, order: MavlinkMessage) -> Iterator[str]:
        """Give an order until it is accepted."""
        number, acks = order.fields['command'], self._vehicle.acks
        acks.pop(number, None)
        told_ns = -_AGAIN_NS

        def is_accepted() -> bool:
            nonlocal told_ns
            if self._now_ns - told_ns >= _AGAIN_NS:
                told_ns = self._now_ns
                self._send(order)
            return acks.get(number) == _ACCEPTED

        yield from self._until(is_accepted, f'accept MAV_CMD {number}')

    def _until(self, condition: Callable[[], bool], what: str) -> Iterator[str]:
        began_ns = self._now_ns
        while not condition():
            if self._now_ns - began_ns > _GIVE_UP_NS:
                said = '; '.join(list(self._vehicle.texts)[-3:]) or 'nothing'
                raise VisualNavsatError(
                    f'the autopilot did not {what} within {_GIVE_UP_NS // _SECOND_NS} s; '
                    f'it says: {said}'
                )
            yield 'waits'

    @property
    def _height_m(self) -> float:
        return -self._vehicle.posture.down_m

    def _distance_m(self, place: Place) -> float:
        """Return metres to a place from where the autopilot believes to be."""
        here = self._vehicle.position
        if here is None:
            return math.inf
        return math.hypot(*en_m(here.latitude, here.longitude, *place))
