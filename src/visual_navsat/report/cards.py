# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The cards of single images: each beside what it was matched with and what was right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from visual_navsat.evaluation.run_record import ScoredAnswer
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.photo_pose import PhotoPose
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import crop_map
from visual_navsat.report.pictures import data_uri, jpeg, shrink
from visual_navsat.report.sources import ReportSources
from visual_navsat.report.style import grade_of, GRADES
from visual_navsat.report.wording import metres
from visual_navsat.report.worst import guess_error_m, matched_place, true_place

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
class Badge:
    """The answer to an image, in a word."""

    text: str
    colour: str
    is_fix: bool


@dataclass(frozen=True)
class Card:
    """One image: its answers and pictures."""

    number: int  # of the answer in the (first) run
    filename: str
    badges: list[Badge]  # of each run
    panels: list[Panel]
    notes: str  # of a single run


def make_card(
    number: int,
    answers: Mapping[str, ScoredAnswer],
    sources: ReportSources,
    colours: Mapping[str, str],
) -> Card:
    """
    Return a card: the query, then what each run matched it with, then what was right.

    :param number: of the image in the (first) run.
    :param answers: to this image, by the names of the runs; the true position is the same.
    :param colours: of the reasons of refusals.
    """
    scored = list(answers.values())
    prefixes = [f'{name}: ' if len(answers) > 1 else '' for name in answers]
    query = sources.read_query(scored[0].filename)
    shape = _USUAL_SHAPE if query is None else shrink(query, _SIDE_PX).shape[:2]
    full_side = max(_USUAL_SHAPE if query is None else query.shape[:2])
    gsd = next((a.gsd_m_per_px for a in scored if a.gsd_m_per_px), None)
    span_m = _USUAL_SPAN_M if gsd is None else gsd * full_side
    heading = next((h for h in (a.answer.heading_deg for a in scored) if h is not None), 0.0)
    shift = next((s for s in map(_center_from_vehicle, scored) if s is not None), np.zeros(2))
    view = _View(sources.imagery, heading, span_m / max(shape), shape, shift)
    truth = true_place(scored[0])
    matched = [matched_place(answer) for answer in scored]
    panels = [
        Panel('query image', None if query is None else _encode(shrink(query, _SIDE_PX))),
        *(
            view.panel(prefix + _label(answer), place, [('truth', truth)])
            for prefix, answer, place in zip(prefixes, scored, matched, strict=True)
        ),
        view.panel('map at the truth', truth, [('answer', p) for p in matched if p is not None]),
    ]
    badges = [_badge(a, colours, prefix) for prefix, a in zip(prefixes, scored, strict=True)]
    notes = _notes(scored[0]) if len(scored) == 1 else ''
    return Card(number, scored[0].filename, badges, panels, notes)


@dataclass(frozen=True)
class _View:
    """How the crops of a card are cut: all as the query was taken."""

    imagery: MapImagery
    heading_deg: float
    gsd_m_per_px: float  # of the crops
    shape: tuple[int, int]  # rows and columns
    shift_m: np.ndarray  # (2,) from the vehicle to the ground under the centre, east and north

    def panel(
        self,
        label: str,
        place: tuple[float, float] | None,
        marks: Sequence[tuple[str, tuple[float, float]]],
    ) -> Panel:
        """
        Return the map around a place of the vehicle, latitude and longitude.

        :param marks: names and places to be marked where they lie in the picture.
        """
        if place is None:
            return Panel(label, None)
        rows, columns = self.shape
        frame = LocalFrame(*place)
        lat, long = frame.geodetic_from_enu(self.shift_m)
        pose = PhotoPose(float(lat), float(long), self.heading_deg, self.gsd_m_per_px)
        image = crop_map(
            self.imagery, pose.center, pose.heading_deg, pose.gsd_m_per_px, (columns, rows)
        )
        if image is None:
            return Panel(label, None)
        found = []
        for name, other in marks:
            offset_m = frame.enu_from_geodetic(*other)
            right, up = pose.right_up_from_enu @ offset_m / pose.gsd_m_per_px
            x, y = 0.5 + right / columns, 0.5 - up / rows
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


def _label(answer: ScoredAnswer) -> str:
    if answer.is_fix:
        return f'map at the fix, {metres(answer.error_m)} off'
    best = next(iter(answer.answer.candidates), None)
    if best is None:
        return 'nothing matched'
    guess = f'{guess_error_m(answer):.0f} m off'
    return (
        f'best tile, {guess}'
        if best.probability is None
        else f'best guess, not published, {guess}'
    )


def _badge(answer: ScoredAnswer, colours: Mapping[str, str], prefix: str) -> Badge:
    if not answer.is_fix:
        reason = answer.reason or 'unknown'
        return Badge(f'{prefix}refused: {reason}', colours[reason], False)
    colour = GRADES[-1 if answer.is_false_fix else grade_of(answer.error_m)][1]
    what = 'false fix' if answer.is_false_fix else 'fix'
    return Badge(f'{prefix}{what}, {metres(answer.error_m)} off', colour, True)


def _notes(answer: ScoredAnswer) -> str:
    notes = []
    if answer.is_fix:
        notes.append(f'{answer.error_sigmas:.1f} of its sigmas off')
    elif answer.detail:
        notes.append(answer.detail)
    if answer.answer.confidence is not None:
        notes.append(f'confidence {answer.answer.confidence:.4f}')
    if answer.answer.found_by:
        notes.append(f'found by {answer.answer.found_by}')
    rank = answer.rank_of_truth
    notes.append('true tile not retrieved' if rank is None else f'true tile ranks {rank}')
    ranked = {one.retrieval_rank: one for one in answer.answer.candidates if one.retrieval_rank}
    if ranked:
        best = ranked[min(ranked)]
        notes.append(f'most similar tile {best.filename} ({best.similarity:.3f})')
    return ' · '.join(notes)


def _encode(image: np.ndarray) -> str:
    return data_uri(jpeg(np.ascontiguousarray(image), _MAX_BYTES), 'image/jpeg')
