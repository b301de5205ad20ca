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
from visual_navsat.preflight.route_file import Point, RouteError

_MAX_AWAY_M = 10_000.0  # a route that begins no nearer is another map's


@dataclass(frozen=True)
class RouteSample:
    """A place on the route and the ground below it."""

    lat: float  # degrees
    long: float
    leg: int
    along_m: float  # from the route's start
    graded: GradedCell | None  # None: off the map


@dataclass(frozen=True)
class Leg:
    """The way from one point of the route to the next."""

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


def judge_route(
    points: Sequence[Point],
    cells: MapCells,
    grade: Callable[[float, float], GradedCell | None],
    max_gap_m: float,
    max_samples: int,
) -> RouteVerdict:
    """
    Return go where the route stays on the map and no way without a good cell is too long.

    :param points: of the route, degrees.
    :param grade: returns the grade of the cell around a place in degrees, None off the map.
    :param max_gap_m: the longest way that may be flown without a good cell.
    :param max_samples: places that are graded; half a cell apart where that is enough.
    :raises RouteError: if no point of the route is within 10 km of the map.
    """
    away_m = min(cells.distance_m(*point) for point in points)
    if away_m > _MAX_AWAY_M:
        raise RouteError(
            f'the route is {away_m / 1e3:,.0f} km from the map at its nearest point: is it the '
            'right map, and are latitude and longitude in their places?'
        )
    samples, spacing_m = _sample(points, cells.side_m / 2, max_samples, grade)
    on_map = [sample.graded is not None for sample in samples]
    good = [one.graded is not None and one.graded.grade == 'good' for one in samples]
    gap_m = longest_gap_m([one.along_m for one in samples], good)
    lengths = _lengths_m(points)
    legs = []
    for number, length_m in enumerate(lengths):
        mine = [k for k, sample in enumerate(samples) if sample.leg == number]
        shares = (float(np.mean([flags[k] for k in mine])) for flags in (on_map, good))
        legs.append(Leg(length_m, *shares))
    reason = ''
    if not all(on_map):
        first = samples[on_map.index(False)]
        reason = f'off the map at {first.lat:.5f}, {first.long:.5f}, {first.along_m:.0f} m along'
    elif gap_m > max_gap_m:
        reason = f'{gap_m:.0f} m without a good cell, over {max_gap_m:.0f} m'
    elif not any(good):
        reason = 'not one good cell'
    return RouteVerdict(
        not reason,
        reason,
        sum(lengths),
        spacing_m,
        float(np.mean(on_map)),
        float(np.mean(good)),
        gap_m,
        tuple(legs),
        tuple(samples),
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
    points: Sequence[Point],
    spacing_m: float,
    max_samples: int,
    grade: Callable[[float, float], GradedCell | None],
) -> tuple[list[RouteSample], float]:
    """Return samples along the legs, both ends of each included once, and their spacing."""
    lengths = _lengths_m(points)
    spacing_m = max(spacing_m, sum(lengths) / max_samples)
    samples, along_m = [RouteSample(*points[0], 0, 0.0, grade(*points[0]))], 0.0
    for leg, length_m in enumerate(lengths):
        frame = LocalFrame(*points[leg])
        end = frame.enu_from_geodetic(*points[leg + 1])
        count = max(1, math.ceil(length_m / spacing_m))
        for part in range(1, count + 1):
            lat, long = (float(x) for x in frame.geodetic_from_enu(end * part / count))
            here_m = along_m + length_m * part / count
            samples.append(RouteSample(lat, long, leg, here_m, grade(lat, long)))
        along_m += length_m
    return samples, spacing_m


def _lengths_m(points: Sequence[Point]) -> list[float]:
    return [float(distance_m(*a, *b)) for a, b in pairwise(points)]
