# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Judge a route: how much of it lies on ground that can be told apart, leg by leg."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
import math

import numpy as np
from visual_navsat.geometry.geodesy import distance_m, LocalFrame
from visual_navsat.preflight.grade import GradedCell
from visual_navsat.preflight.map_cells import MapCells
from visual_navsat.preflight.way import Point, Route, RouteError, Way

_MAX_BETWEEN = 1000  # places that are looked at between two samples of a very long way
_MAX_AWAY_M = 10_000.0  # a route that begins no nearer is another map's


@dataclass(frozen=True)
class RouteSample:
    """A place on the route and the ground below it."""

    lat: float  # degrees
    long: float
    way: int
    leg: int  # counted over all ways
    along_m: float  # from the route's start
    graded: GradedCell | None  # None: off the map


@dataclass(frozen=True)
class Leg:
    """The way from one point of the route to the next."""

    name: str  # from which place to which
    length_m: float
    on_map: float  # share of its samples
    good: float  # share of its samples


@dataclass(frozen=True)
class RouteVerdict:
    """Go or no-go, and what it rests on."""

    is_go: bool
    reason: str  # '' for go
    length_m: float
    spacing_m: float  # between samples
    on_map: float  # share of the samples
    good: float
    longest_gap_m: float  # the longest way without a good cell
    legs: tuple[Leg, ...]
    samples: tuple[RouteSample, ...]
    notes: tuple[str, ...] = ()  # what of the file was not looked at


def judge_route(
    route: Route,
    cells: MapCells,
    grade: Callable[[float, float], GradedCell | None],
    max_gap_m: float,
    max_samples: int,
) -> RouteVerdict:
    """
    Return go where every way stays on the map and none is too long without a good cell.

    :param grade: returns the grade of the cell around a place in degrees, None off the map.
    :param max_gap_m: the longest way that may be flown without a good cell.
    :param max_samples: places that are graded; half a cell apart where that is enough.
    :raises RouteError: if no place of the route is within 10 km of the map.
    """
    away_m = min(cells.distance_m(*point) for point in route.points)
    if away_m > _MAX_AWAY_M:
        raise RouteError(
            f'the route is {away_m / 1e3:,.0f} km from the map at its nearest point: is it the '
            'right map, and are latitude and longitude in their places?'
        )
    lines = [[place.point for place in way.places] for way in route.ways]
    length_m = sum(sum(_lengths_m(line)) for line in lines)
    spacing_m = max(cells.side_m / 2, length_m / max_samples)
    legs: list[Leg] = []
    samples: list[RouteSample] = []
    gap_m = along_m = 0.0
    for number, (way, line) in enumerate(zip(route.ways, lines, strict=True)):
        start = RouteSample(*line[0], number, len(legs), along_m, grade(*line[0]))
        here = _sample(start, line, spacing_m, grade)
        here = _with_gaps(here, cells)
        gap_m = max(gap_m, longest_gap_m([one.along_m for one in here], _are_good(here)))
        legs += _legs(way, here, len(legs))
        along_m = here[-1].along_m
        samples += here
    on_map, good = [one.graded is not None for one in samples], _are_good(samples)
    reason = ''
    if not all(on_map):
        first = samples[on_map.index(False)]
        leg = f', on leg {first.leg + 1} ({legs[first.leg].name})' if first.leg < len(legs) else ''
        reason = (
            f'off the map at {first.lat:.5f}, {first.long:.5f}, {first.along_m:.0f} m along{leg}'
        )
    elif gap_m > max_gap_m:
        reason = f'{gap_m:.0f} m without a good cell, over {max_gap_m:.0f} m'
    elif not any(good):
        reason = 'not one good cell'
    return RouteVerdict(
        not reason,
        reason,
        length_m,
        spacing_m,
        float(np.mean(on_map)),
        float(np.mean(good)),
        gap_m,
        tuple(legs),
        tuple(samples),
        route.notes,
    )


def longest_gap_m(along_m: Sequence[float], good: Sequence[bool]) -> float:
    """
    Return the longest way between good samples, or from an end of the route to one.

    :param along_m: ascending, from the start; neighbouring good samples leave no gap.
    """
    here = [place for place, is_good in zip(along_m, good, strict=True) if is_good]
    if not here:
        return along_m[-1] - along_m[0]
    ends = [here[0] - along_m[0], along_m[-1] - here[-1]]
    numbers = np.flatnonzero(good).tolist()
    between = [along_m[b] - along_m[a] for a, b in pairwise(numbers) if b - a > 1]
    return float(max([*ends, *between]))


def _sample(
    start: RouteSample,
    points: Sequence[Point],
    spacing_m: float,
    grade: Callable[[float, float], GradedCell | None],
) -> list[RouteSample]:
    """Return samples along the legs of a way from its start, both ends of each included once."""
    samples, along_m = [start], start.along_m
    for leg, length_m in enumerate(_lengths_m(points)):
        frame = LocalFrame(*points[leg])
        end = frame.enu_from_geodetic(*points[leg + 1])
        count = max(1, math.ceil(length_m / spacing_m))
        for part in range(1, count + 1):
            lat, long = (float(x) for x in frame.geodetic_from_enu(end * part / count))
            here_m = along_m + length_m * part / count
            place = (lat, long, start.way, start.leg + leg, here_m)
            samples.append(RouteSample(*place, grade(lat, long)))
        along_m += length_m
    return samples


def _with_gaps(samples: Sequence[RouteSample], cells: MapCells) -> list[RouteSample]:
    """Return samples with the places between them that are off the map, one for each pair."""
    found = list(samples[:1])
    for before, after in pairwise(samples):
        count = math.ceil((after.along_m - before.along_m) / (cells.side_m / 2))
        shares = np.linspace(0, 1, min(count, _MAX_BETWEEN) + 1)[1:-1]
        for share in shares.tolist():
            lat = before.lat + share * (after.lat - before.lat)
            turn_deg = math.remainder(after.long - before.long, 360.0)
            long = math.remainder(before.long + share * turn_deg, 360.0)
            if cells.at(lat, long) is None:
                along_m = before.along_m + share * (after.along_m - before.along_m)
                found.append(RouteSample(lat, long, after.way, after.leg, along_m, None))
                break
        found.append(after)
    return found


def _legs(way: Way, samples: Sequence[RouteSample], first_leg: int) -> list[Leg]:
    legs = []
    lengths = _lengths_m([place.point for place in way.places])
    for number, (ends, length_m) in enumerate(zip(pairwise(way.places), lengths, strict=True)):
        mine = [one for one in samples if one.leg == first_leg + number]
        on_map = float(np.mean([one.graded is not None for one in mine]))
        good = float(np.mean(_are_good(mine)))
        legs.append(Leg(f'{ends[0].name} to {ends[1].name}', length_m, on_map, good))
    return legs


def _are_good(samples: Sequence[RouteSample]) -> list[bool]:
    return [one.graded is not None and one.graded.grade == 'good' for one in samples]


def _lengths_m(points: Sequence[Point]) -> list[float]:
    return [float(distance_m(*a, *b)) for a, b in pairwise(points)]
