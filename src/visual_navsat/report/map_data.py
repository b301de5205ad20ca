# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the page's script draws on the map: groups of answers, ellipses, the track, the tiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from visual_navsat.evaluation.run_record import RunRecord, ScoredAnswer
from visual_navsat.geometry.geodesy import distance_m, wrap_long
from visual_navsat.report.map_picture import (
    boxes_in,
    corners_of,
    draw_map,
    flight_region,
    MapPicture,
)
from visual_navsat.report.pictures import data_uri
from visual_navsat.report.sources import ReportSources
from visual_navsat.report.style import grade_labels, grade_of, GRADES, reason_colours, RUNS
from visual_navsat.report.worst import true_place

_MAX_TILE_BOXES = 3000
_MIN_GAP_M = 60.0  # the track is drawn through smaller steps, whatever the others are
_GAP_STEPS = 5.0  # and broken where a step is this many times the usual one


def map_data(runs: Sequence[RunRecord], sources: ReportSources) -> dict[str, Any]:
    """Return plain values for the script: what to draw, in degrees and metres."""
    near_long = true_place(runs[0].answers[0])[1]
    truths = _truths(runs[0].answers, near_long)
    region = flight_region(np.array(truths), sources.imagery)
    boxes = boxes_in(sources.imagery, region)[:_MAX_TILE_BOXES]
    picture = draw_map(sources.imagery, region)
    colours = reason_colours(runs[0].refusals)
    answers = [
        (answer, run, number, _group_of(answer, run, runs, colours))
        for run, record in enumerate(runs)
        for number, answer in enumerate(record.answers)
    ]
    counts = Counter(group for *_, group in answers)
    groups = sorted(counts, key=lambda group: group.order)
    return {
        'groups': [
            {
                'label': group.label,
                'colour': group.colour,
                'count': counts[group],
                'isFix': group.is_fix,
                'isFalse': group.is_false,
            }
            for group in groups
        ],
        'answers': [
            _answer(answer, run, number, groups.index(group), near_long)
            for answer, run, number, group in answers
        ],
        'track': track_segments(runs[0], near_long),
        'picture': _picture(picture),
        'tiles': [_rounded([[b.south, b.west], [b.north, b.east]]) for b in boxes],
        'view': [np.min(truths, axis=0).tolist(), np.max(truths, axis=0).tolist()],
    }


def track_segments(run: RunRecord, near_long: float) -> list[list[list[float]]]:
    """
    Return the true track in pieces, broken where images are missing; [] without an order.

    Images are a flight where the run says that it is a sequence, or where their stamps rise.
    """
    stamps = [s for s in (answer.answer.stamp_s for answer in run.answers) if s is not None]
    is_rising = len(stamps) == len(run.answers) > 2 and bool((np.diff(stamps) >= 0).all())
    if not is_rising and run.summary.get('first_fix') is None:
        return []
    truths = np.array(_truths(run.answers, near_long))
    steps_m = distance_m(*truths[:-1].T, *truths[1:].T)
    if not steps_m.size:
        return []
    limit_m = max(_MIN_GAP_M, _GAP_STEPS * float(np.median(steps_m)))
    pieces = np.split(truths, np.flatnonzero(steps_m > limit_m) + 1)
    return [_rounded(piece.tolist()) for piece in pieces if len(piece) > 1]


@dataclass(frozen=True)
class _Group:
    """An entry of the legend, which switches its answers on and off."""

    order: tuple[int, int]
    label: str
    colour: str
    is_fix: bool
    is_false: bool = False


def _group_of(
    answer: ScoredAnswer, run: int, runs: Sequence[RunRecord], colours: dict[str, str]
) -> _Group:
    """Return an answer's group: by run where there are several, by error or reason in one."""
    if len(runs) > 1:
        what = 'fixes' if answer.is_fix else 'refused'
        label = f'{runs[run].name}: {what}'
        return _Group((run, not answer.is_fix), label, RUNS[run], answer.is_fix)
    if not answer.is_fix:
        reason = answer.reason or 'unknown'
        place = list(colours).index(reason)
        return _Group((1, place), f'refused: {reason}', colours[reason], False)
    if answer.is_false_fix:
        return _Group((0, len(GRADES)), 'false fix', GRADES[-1][1], True, is_false=True)
    grade = grade_of(answer.error_m)
    return _Group((0, grade), f'fix {grade_labels()[grade]}', GRADES[grade][1], True)


def _answer(
    answer: ScoredAnswer, run: int, number: int, group: int, near_long: float
) -> dict[str, Any]:
    values: dict[str, Any] = {
        'run': run,
        'number': number,
        'group': group,
        'file': answer.filename,
        'truth': _point(*true_place(answer), near_long),
        'confidence': answer.answer.confidence,
        'rank': answer.rank_of_truth,
        'by': answer.answer.found_by,
    }
    if answer.fix is not None:
        axes = answer.fix.axes_95_m
        values |= {
            'fix': _point(answer.fix.latitude, answer.fix.longitude, near_long),
            'ellipse': [round(value, 2) for value in axes],
            'error': round(answer.error_m, 2),
            'sigmas': round(answer.error_sigmas, 2),
        }
    else:
        values |= {'reason': answer.reason or 'unknown', 'detail': answer.detail or ''}
    return values


def _picture(picture: MapPicture | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    uri = data_uri(picture.content, 'image/jpeg')
    return {'uri': uri, 'corners': corners_of(picture.region)}


def _truths(answers: Sequence[ScoredAnswer], near_long: float) -> list[list[float]]:
    return [_point(*true_place(a), near_long) for a in answers]


def _point(lat: float, long: float, near_long: float) -> list[float]:
    """Return latitude and longitude, to a centimetre, in one piece across the antimeridian."""
    return [round(lat, 7), round(near_long + float(wrap_long(long - near_long)), 7)]


def _rounded(points: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[round(value, 7) for value in point] for point in points]
