# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a flight gave in numbers, from its records."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.session.reader import Session
from visual_navsat_sim.fly.course import Course

GAP_S = 3.0  # without a fix for longer


def summarise(session: Session) -> dict[str, Any]:
    """
    Return the errors of the estimator and of the fixes, gaps, resets and states.

    Errors are horizontal metres from the truth; the estimator's at the times at which it tells its
    position, those of fixes at their images.
    """
    course = Course.of(session)
    lost_s = course.gnss_lost_s
    is_without = course.times_s > (np.inf if lost_s is None else lost_s)
    answers = [answer for answer in session.answers() if answer.stamp_s is not None]
    fixes = [(a, a.position) for a in answers if isinstance(a.position, PositionEstimate)]
    errors_m = [
        position.distance_m(*there)
        for answer, position in fixes
        if (there := course.truth_at(answer.stamp_s or 0.0)) is not None
    ]
    end_s = course.times_s[-1] if len(course.times_s) else 0.0
    heard_s = [(a.answered_ns or 0) / 1e9 for a, _ in fixes]
    flown_s = [s for s in heard_s if lost_s is not None and lost_s <= s <= end_s]
    edges_s = [] if lost_s is None else [lost_s, *flown_s, end_s]
    gaps_s = [b - a for a, b in pairwise(edges_s) if b - a > GAP_S]
    return {
        'seconds_without_gnss': round(end_s - lost_s, 1) if lost_s is not None else 0.0,
        'way_m': round(course.way_m(is_without), 1),
        'estimator_error_m': _spread(course.errors_m[is_without]),
        'estimator_error_with_gnss_m': _spread(course.errors_m[~is_without]),
        'fix_error_m': _spread(errors_m),
        'images_answered': len(answers),
        'fixes': len(fixes),
        'latency_s': _spread([answer.seconds for answer in answers]),
        'gaps': {
            'longer_than_s': GAP_S,
            'count': len(gaps_s),
            'longest_s': round(max(gaps_s, default=0.0), 1),
        },
        'resets': _resets(session),
        'failsafes': sum(_is_failsafe(e['what'].lower()) for e in session.of_kind('event')),
        'states': {
            part: _seconds_by_state(session, part) for part in ('node', 'track', 'autopilot')
        },
    }


def _spread(values: Sequence[float] | np.ndarray) -> dict[str, Any]:
    """Return count, median, 95th percentile and largest; None of nothing."""
    known = np.asarray(values, float)
    if not len(known):
        return {'n': 0, 'median': None, 'p95': None, 'max': None}
    median, p95 = np.percentile(known, [50, 95])
    largest = known.max()
    named = {'median': median, 'p95': p95, 'max': largest}
    return {'n': len(known), **{name: round(float(value), 2) for name, value in named.items()}}


def _is_failsafe(words: str) -> bool:
    return 'failsafe' in words and 'cleared' not in words


def _resets(session: Session) -> int:
    """Return how often the bridge has announced a jump."""
    told = [
        int(record['values'].get('reset_counter', 0))
        for record in session.of_kind('state', 'autopilot')
    ]
    return sum((after - before) % 256 for before, after in pairwise(told))


def _seconds_by_state(session: Session, part: str) -> dict[str, float]:
    """Return how long each state held, the longest first."""
    told = session.of_kind('state', part)
    held: dict[str, float] = {}
    for before, after in pairwise(told):
        seconds = after['time_s'] - before['time_s']
        held[before['state']] = held.get(before['state'], 0.0) + seconds
    return {name: round(held[name], 1) for name in sorted(held, key=lambda name: -held[name])}
