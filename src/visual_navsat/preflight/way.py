# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A planned route as what is flown: ways from place to place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import math
from typing import Any

from visual_navsat.errors import shortened, VisualNavsatError

Point = tuple[float, float]  # latitude, longitude, degrees
HOME = 'home'  # the name of the place
_SHOWN = 60  # characters of a value in a message


class RouteError(VisualNavsatError, ValueError):
    """A route cannot be read, or does not fit the map."""


@dataclass(frozen=True)
class Place:
    """Where a route goes."""

    point: Point
    name: str  # for people: home, item 3, rally point 1


@dataclass(frozen=True)
class Way:
    """Places that are flown to one after the other."""

    places: tuple[Place, ...]  # at least one


@dataclass(frozen=True)
class Route:
    """All that may be flown, and what of the file is no way."""

    ways: tuple[Way, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def along(cls, points: Iterable[Point]) -> Route:
        """Return a route from point to point, which are named by their numbers."""
        return cls.of_lines([list(points)], [])

    @classmethod
    def of_lines(
        cls, lines: Sequence[Sequence[Point]], marks: Sequence[Point], notes: Sequence[str] = ()
    ) -> Route:
        """
        Return a route along lines, one after the other.

        :param marks: points beside the lines, each looked at by itself; without any line they are
            the route.
        """
        flown = [point for line in lines for point in line]
        beside = [] if not flown else [(Place(point, 'mark'),) for point in marks]
        numbered = [Place(p, f'point {n}') for n, p in enumerate(flown or marks, start=1)]
        ways = [tuple(numbered)] if numbered else []
        return cls(tuple(Way(places) for places in [*ways, *beside]), tuple(notes))

    @property
    def points(self) -> list[Point]:
        """Every place of every way."""
        return [place.point for way in self.ways for place in way.places]

    def with_home(self, home: Point) -> Route:
        """Return this flown from a home, and back to it."""
        if not self.ways:
            return self
        place = Place(home, HOME)
        first, *others = self.ways
        return Route((Way((place, *first.places, place)), *others), self.notes)


def checked_point(lat: Any, long: Any, where: str) -> Point:
    """Return a point; raise RouteError unless it is on Earth, in degrees."""
    try:
        point = float(lat), float(long)
    except (TypeError, ValueError, OverflowError):
        point = math.nan, math.nan
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180):
        raise RouteError(
            f'{where} goes to latitude {shown(lat)}, longitude {shown(long)}: give degrees, -90 '
            'to 90 and -180 to 180'
        )
    return point


def shown(value: Any) -> str:
    """Return a value for a message, cut where it is long."""
    try:
        return shortened(repr(value), _SHOWN)
    except ValueError:  # an integer of thousands of digits
        return 'a huge number'
