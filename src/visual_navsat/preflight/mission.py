# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is flown of a mission: items as MAVLink defines them, in the order of the autopilot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import math

from visual_navsat.preflight.shapes import circle
from visual_navsat.preflight.way import (
    checked_point,
    HOME,
    Place,
    Point,
    Route,
    RouteError,
    shown,
    Way,
)

# Waypoint, land, takeoff, spline waypoint, VTOL takeoff and landing, payload place, reposition,
# gate, and a waypoint with a meaning of the user's.
_PLACES = {16, 21, 22, 82, 84, 85, 94, 192, 4501, *range(31000, 31005)}
# Loiters and the orbit, with the number of the parameter that is their radius.
_CIRCLES = {17: 3, 18: 3, 19: 3, 31: 2, 34: 1}
_ALWAYS_CIRCLES = {18, 34}  # also of vehicles that can hover
_RETURN, _SET_HOME, _JUMP, _TAG, _JUMP_TO_TAG = 20, 179, 177, 600, 601
# What flies where the mission does not say.
_UNKNOWABLE = {
    23: 'NAV_LAND_LOCAL',
    24: 'NAV_TAKEOFF_LOCAL',
    25: 'NAV_FOLLOW',
    32: 'DO_FOLLOW',
    33: 'DO_FOLLOW_REPOSITION',
    36: 'DO_FIGURE_EIGHT',
    81: 'NAV_PATHPLANNING',
    83: 'NAV_ALTITUDE_WAIT',
    92: 'NAV_GUIDED_ENABLE',
    222: 'DO_GUIDED_LIMITS',
    30001: 'PAYLOAD_PREPARE_DEPLOY',
    42702: 'NAV_SCRIPT_TIME',
}
# Other commands that move nothing sideways: change of altitude, camera, delay; from 95 on all.
_STAY = {30, 80, 93}
_LAST_OF_NAVIGATION = 95
_GLOBAL_FRAMES = {0, 3, 5, 6, 10, 11}
_MAX_RADIUS_M = 100_000.0
_MAX_CIRCLE_POINTS = 12


@dataclass(frozen=True)
class Item:
    """One item of a mission."""

    number: int  # that a jump names
    name: str  # for people
    command: int = 16  # MAV_CMD
    frame: int = 3  # MAV_FRAME
    params: tuple[float, ...] = (math.nan,) * 7  # NaN where there is none
    track: tuple[Point, ...] = ()  # flown instead, of what is no item of MAVLink


@dataclass
class Mission:
    """A mission and what belongs to it."""

    where: str  # the file, for messages
    items: Sequence[Item]
    home: Point | None
    rally: Sequence[Point] = ()
    is_hovering: bool = False  # the vehicle can: it does not circle to loiter
    notes: list[str] = field(default_factory=list)

    def route(self) -> Route:
        """
        Return every way that is flown: from home, back, by jumps and to rally points.

        :raises RouteError: where an item goes to a place that is not known before the flight.
        """
        flight = _Flight(self)
        for item in self.items:
            flight.fly(item)
        return flight.landed()


class _Flight:
    """The ways so far."""

    def __init__(self, mission: Mission) -> None:
        self._mission = mission
        self._home = mission.home
        self._places: list[Place] = []
        self._first_of: dict[int, int] = {}  # the number of the first place from an item on
        self._tags: dict[float, int] = {}
        self._jumps: list[tuple[Item, int, int | None]] = []  # from which place to which item
        self._diversions: list[int] = []  # places from which it returns
        if mission.home is not None:
            self._places.append(Place(mission.home, HOME))

    def fly(self, item: Item) -> None:
        self._first_of.setdefault(item.number, len(self._places))
        command = item.command
        if item.track:
            self._places += [Place(point, item.name) for point in item.track]
        elif command == _RETURN:
            self._return(item)
        elif command in _UNKNOWABLE:
            raise RouteError(
                f'{self._mission.where} {item.name} is {_UNKNOWABLE[command]} ({command}), which '
                'flies where the file does not say: plan it as waypoints'
            )
        elif command == _SET_HOME:
            self._set_home(item)
        elif command in (_JUMP, _JUMP_TO_TAG) and item.params[1] != 0:  # as often as this
            self._jump(item)
        elif command == _TAG:
            self._tags[item.params[0]] = item.number
        else:
            self._go(item)

    def landed(self) -> Route:
        """Return all ways, once every item is flown."""
        ways = [Way(tuple(self._places))] if self._places else []
        ways += [self._jump_way(*jump) for jump in self._jumps]
        ends = sorted({*self._diversions, *([] if self._diversions else [len(self._places) - 1])})
        for end in ends:
            ways += [
                Way((self._places[end], Place(point, f'rally point {number}')))
                for number, point in enumerate(self._mission.rally, start=1)
                if end >= 0
            ]
        return Route(tuple(way for way in ways if way.places), tuple(self._mission.notes))

    def _go(self, item: Item) -> None:
        command = item.command
        if command not in _PLACES and command not in _CIRCLES:
            if 0 <= command < _LAST_OF_NAVIGATION and command not in _STAY and command != 0:
                raise RouteError(
                    f'{self._mission.where} {item.name} has command {command}, which is not known '
                    'here: plan it as waypoints'
                )
            return
        point = self._point(item)
        radius_m = 0.0
        if command in _CIRCLES:
            radius_m = item.params[_CIRCLES[command] - 1]
        hovers = self._mission.is_hovering and command not in _ALWAYS_CIRCLES
        if point is None or hovers or not abs(radius_m) >= 1:
            self._places += [] if point is None else [Place(point, item.name)]
            return
        if abs(radius_m) > _MAX_RADIUS_M:
            raise RouteError(
                f'{self._mission.where} {item.name} has a radius of {shown(radius_m)} m: give '
                f'{_MAX_RADIUS_M:.0f} at most'
            )
        around = circle(point, abs(radius_m), _MAX_CIRCLE_POINTS)
        self._places += [Place(one, item.name) for one in around]

    def _point(self, item: Item) -> Point | None:
        """Return where an item is; None for where the vehicle is then."""
        lat, long = item.params[4:6]
        if item.frame == 2 or (math.isnan(lat) and math.isnan(long)) or (lat == 0 and long == 0):
            return None
        if item.frame not in _GLOBAL_FRAMES:
            raise RouteError(
                f'{self._mission.where} {item.name} is in frame {item.frame}, which is none of '
                'the globe: give latitude and longitude'
            )
        return checked_point(lat, long, f'{self._mission.where} {item.name}')

    def _return(self, item: Item) -> None:
        if self._home is None:
            raise RouteError(
                f'{self._mission.where} {item.name} returns home, and the file does not say where '
                'that is: name it with --home LAT,LON'
            )
        self._diversions.append(len(self._places) - 1)
        self._places.append(Place(self._home, HOME))

    def _set_home(self, item: Item) -> None:
        here = self._places[-1].point if self._places else None
        self._home = here if item.params[0] == 1 else self._point(item) or self._home

    def _jump(self, item: Item) -> None:
        target = item.params[0]
        number = int(target) if math.isfinite(target) else -1
        is_tag = item.command == _JUMP_TO_TAG
        self._jumps.append((item, len(self._places) - 1, None if is_tag else number))

    def _jump_way(self, item: Item, start: int, number: int | None) -> Way:
        if number is None:
            number = self._tags.get(item.params[0])
        place = None if number is None else self._first_of.get(number)
        if place is None:
            raise RouteError(
                f'{self._mission.where} {item.name} jumps to {shown(item.params[0])}, which is '
                'no item of it'
            )
        start = max(start, 0)
        ends = self._places[start:][:1] + self._places[place:][:1]
        return Way(tuple(ends))
