"""The worst images of a run, each beside what it was matched with and what was right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from visual_navsat.evaluation.run_record import ScoredAnswer
from visual_navsat.geometry.geodesy import LocalFrame, distance_m
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import crop_map
from visual_navsat.report.pictures import data_uri, jpeg, shrink
from visual_navsat.report.sources import ReportSources

WORST = 20
_SIDE_PX = 480  # of a picture's longer side
_MAX_BYTES = 40_000  # of one picture: 60 of them take 3.2 MB in the page
_USUAL_SHAPE = (360, 480)  # rows and columns where the query image is not at hand
_USUAL_SPAN_M = 150.0  # of the crop where nothing says how much ground the query shows


@dataclass(frozen=True)
class Panel:
    """One picture of a card."""

    label: str
    uri: str | None  # None: no picture at hand
    marks: tuple[tuple[str, float, float], ...] = ()  # 'truth' or 'answer'; right, down: 0 to 1


@dataclass(frozen=True)
class Card:
    """One image with its pictures."""

    number: int  # of the answer in the (first) run
    answers: tuple[ScoredAnswer, ...]  # of each run
    names: tuple[str, ...]  # of the runs
    panels: tuple[Panel, ...]


def worst_answers(answers: Sequence[ScoredAnswer], count: int = WORST) -> list[int]:
    """
    Return the numbers of the worst answers, worst first.

    False fixes come first. Of what is left half the room is for the fixes of largest error, half
    for refusals, those first whose best guess was farthest off: an image that was refused rightly
    tells as much as one that was located badly.
    """
    false = [n for n, answer in enumerate(answers) if answer.is_false_fix]
    fixes = [n for n, answer in enumerate(answers) if answer.is_fix and not answer.is_false_fix]
    refused = [n for n, answer in enumerate(answers) if not answer.is_fix]
    false.sort(key=lambda n: -answers[n].error_m)
    fixes.sort(key=lambda n: -answers[n].error_m)
    refused.sort(key=lambda n: -_guess_error_m(answers[n]))
    room = max(0, count - len(false))
    of_fixes = max(room - room // 2, room - len(refused))
    return [*false[:count], *fixes[:of_fixes], *refused[: room - len(fixes[:of_fixes])]]


def true_place(answer: ScoredAnswer) -> tuple[float, float]:
    """Return the true latitude and longitude, which every answer of a report has."""
    return (math.nan, math.nan) if answer.truth is None else answer.truth


def matched_place(answer: ScoredAnswer) -> tuple[float, float] | None:
    """Return what an image was matched with, latitude and longitude: fix, guess or best tile."""
    if answer.fix is not None:
        return answer.fix.latitude, answer.fix.longitude
    for place in answer.answer.candidates[:1]:
        return place.latitude, place.longitude
    return None


def make_card(number: int, answers: Mapping[str, ScoredAnswer], sources: ReportSources) -> Card:
    """
    Return a card: the query, then what each run matched it with, then what was right.

    :param number: of the image in the (first) run.
    :param answers: to this image, by the names of the runs; the true position is the same.
    """
    names, scored = tuple(answers), tuple(answers.values())
    query = sources.read_query(scored[0].filename)
    shape = _USUAL_SHAPE if query is None else shrink(query, _SIDE_PX).shape[:2]
    full_side = max(_USUAL_SHAPE if query is None else query.shape[:2])
    gsd = next((a.gsd_m_per_px for a in scored if a.gsd_m_per_px), None)
    span_m = _USUAL_SPAN_M if gsd is None else gsd * full_side
    heading = next((h for h in (a.answer.heading_deg for a in scored) if h is not None), 0.0)
    view = _View(sources.imagery, heading, span_m / max(shape), shape)
    truth = true_place(scored[0])
    shift = next((s for s in map(_center_from_vehicle, scored) if s is not None), np.zeros(2))
    panels = [Panel('query image', None if query is None else _encode(shrink(query, _SIDE_PX)))]
    matched = [matched_place(answer) for answer in scored]
    for name, answer, place in zip(names, scored, matched, strict=True):
        label = f'{name}: {_label(answer)}' if len(names) > 1 else _label(answer)
        panels.append(view.panel(label, place, shift, (('truth', truth),)))
    marks = tuple(('answer', place) for place in matched if place is not None)
    panels.append(view.panel('map at the truth', truth, shift, marks))
    return Card(number, scored, names, tuple(panels))


@dataclass(frozen=True)
class _View:
    """How the crops of a card are cut: all as the query was taken."""

    imagery: MapImagery
    heading_deg: float
    gsd_m_per_px: float  # of the crops
    shape: tuple[int, int]  # rows and columns

    def panel(self, label: str, place, shift_m: np.ndarray, marks) -> Panel:
        """
        Return the map around a place.

        :param place: of the vehicle, latitude and longitude, or None.
        :param shift_m: (2,) from the vehicle to the ground under the image's centre, east, north.
        :param marks: names and places to be marked where they lie in the picture.
        """
        if place is None:
            return Panel(label, None)
        rows, columns = self.shape
        frame = LocalFrame(*place)
        lat, long = frame.geodetic_from_enu(shift_m)
        center = float(lat), float(long)
        image = crop_map(
            self.imagery, center, self.heading_deg, self.gsd_m_per_px, (columns, rows)
        )
        if image is None:
            return Panel(label, None)
        heading = np.radians(self.heading_deg)
        right = np.array([np.cos(heading), -np.sin(heading)])
        up = np.array([np.sin(heading), np.cos(heading)])
        found = []
        for name, other in marks:
            offset_px = frame.enu_from_geodetic(*other) / self.gsd_m_per_px
            x, y = 0.5 + right @ offset_px / columns, 0.5 - up @ offset_px / rows
            if 0 <= x <= 1 and 0 <= y <= 1:
                found.append((name, float(x), float(y)))
        return Panel(label, _encode(image), tuple(found))


def _center_from_vehicle(answer: ScoredAnswer) -> np.ndarray | None:
    """Return (2,) east and north from the fix to the ground under the image's centre."""
    center = answer.answer.center
    if answer.fix is None or not isinstance(center, PositionEstimate):
        return None
    frame = LocalFrame(answer.fix.latitude, answer.fix.longitude)
    return frame.enu_from_geodetic(center.latitude, center.longitude)


def _guess_error_m(answer: ScoredAnswer) -> float:
    place = matched_place(answer)
    if place is None:
        return float('inf')
    return float(distance_m(*place, *true_place(answer)))


def _label(answer: ScoredAnswer) -> str:
    if answer.is_fix:
        off = f'{answer.error_m:.1f}' if answer.error_m < 100 else f'{answer.error_m:.0f}'
        return f'map at the fix, {off} m off'
    guess_m = _guess_error_m(answer)
    best = next(iter(answer.answer.candidates), None)
    if best is not None and best.probability is not None:
        return f'best guess, not published, {guess_m:.0f} m off'
    return 'nothing matched' if best is None else f'best tile, {guess_m:.0f} m off'


def _encode(image: np.ndarray) -> str:
    return data_uri(jpeg(np.ascontiguousarray(image), _MAX_BYTES), 'image/jpeg')
