"""The lines that a flight draws on a map: fixes, tracked fixes and the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from visual_navsat.evaluation.scored_answer import ScoredAnswer

LINES = {'fix': 'fixes of single images', 'tracked': 'tracked fixes', 'truth': 'truth'}


class FlightPoint(NamedTuple):
    """Where one of ``LINES`` puts the vehicle at an image."""

    name: str
    stamp_ns: int
    latitude: float  # degrees
    longitude: float


def point_of(scored: ScoredAnswer, line: str) -> FlightPoint | None:
    """Return where one of ``LINES`` puts the vehicle at an image; None if it says nothing."""
    place = scored.truth
    if line != 'truth':
        fix = (scored.tracked if line == 'tracked' else scored).fix
        place = None if fix is None else (float(fix.latitude), float(fix.longitude))
    answer = scored.answer
    return None if place is None else FlightPoint(answer.name, answer.stamp_ns or 0, *place)


def runs_of(answers: Sequence[ScoredAnswer], line: str) -> Iterator[list[FlightPoint]]:
    """Yield the points of consecutive images: a gap is not drawn across."""
    points = [point_of(scored, line) for scored in answers]
    for _, run in groupby(points, key=lambda point: point is None):
        known = [point for point in run if point is not None]
        if known:
            yield known
