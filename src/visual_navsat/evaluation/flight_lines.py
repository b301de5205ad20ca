"""The lines that a flight draws on a map: fixes, tracked fixes and the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from visual_navsat.evaluation.scored_answer import ScoredAnswer
from visual_navsat.localization.position import PositionEstimate

LINES = {'fix': 'fixes of single images', 'tracked': 'tracked fixes', 'truth': 'truth'}


class FlightPoint(NamedTuple):
    """Where one of ``LINES`` puts the vehicle at an image."""

    name: str
    stamp_ns: int
    latitude: float  # degrees
    longitude: float


def point_of(scored: ScoredAnswer, line: str) -> FlightPoint | None:
    """Return where one of ``LINES`` puts the vehicle at an image, None if it says nothing."""
    answer = scored.answer
    if line == 'truth':
        place = scored.truth
    else:
        position = answer.position if line == 'fix' else answer.tracked
        place = None
        if isinstance(position, PositionEstimate):
            place = (float(position.latitude), float(position.longitude))
    return None if place is None else FlightPoint(answer.name, answer.stamp_ns or 0, *place)


def runs_of(answers: Sequence[ScoredAnswer], line: str) -> Iterator[list[FlightPoint]]:
    """Yield the points of consecutive images: nothing is drawn through where none was known."""
    run: list[FlightPoint] = []
    for scored in answers:
        point = point_of(scored, line)
        if point is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run
