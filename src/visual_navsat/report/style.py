# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The colours that map, charts and page share, and the classes of answers that they stand for."""

from __future__ import annotations

import math

from visual_navsat.evaluation.run_record import ScoredAnswer

INK, FAINT, LINE = '#1c2430', '#667085', '#d5dae1'
# Light enough to be seen on imagery, and told apart by lightness as well as by hue.
GRADES = ((5.0, '#12b5a6'), (10.0, '#7cc63f'), (25.0, '#f5a623'), (math.inf, '#e5484d'))
RUNS = ('#2563eb', '#d9480f')  # of two runs beside each other
REASON_COLOURS = (
    '#8b5cf6', '#64748b', '#0ea5e9', '#b45309', '#db2777', '#4d7c0f', '#111827',
)  # fmt: skip


def grade_of(error_m: float) -> int:
    """Return which of ``GRADES`` an error belongs to."""
    return next(number for number, (limit, _) in enumerate(GRADES) if error_m <= limit)


def grade_labels() -> list[str]:
    """Return the grades for people."""
    limits = [limit for limit, _ in GRADES]
    return [
        *(f'within {limit:g} m' for limit in limits[:-1]),
        f'over {limits[-2]:g} m off',
    ]


def reason_colours(answers: list[ScoredAnswer]) -> dict[str, str]:
    """Return a colour for each reason of refusals, the most frequent first."""
    reasons = [answer.reason or 'unknown' for answer in answers]
    by_count = sorted(set(reasons), key=lambda reason: (-reasons.count(reason), reason))
    return {
        reason: REASON_COLOURS[number % len(REASON_COLOURS)]
        for number, reason in enumerate(by_count)
    }
