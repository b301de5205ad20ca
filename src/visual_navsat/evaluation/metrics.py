# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The figures of a run that a limit can be set on, by short names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
import math
from typing import Any

from visual_navsat.durations import duration_text
from visual_navsat.evaluation.scored_answer import RECALL_RANKS
from visual_navsat.evaluation.summary import SHARE_DISTANCES_M

Summary = Mapping[str, Any]  # what Evaluation.to_json returns


@dataclass(frozen=True)
class Metric:
    """How a figure is read from a summary and shown."""

    label: str
    read: Callable[[Summary], float | None]
    unit: str = ''  # m, s or share, which is 0 to 1 and shown in percent
    better: int = 0  # 1: more is better; -1: less is; 0: neither

    def text(self, value: float) -> str:
        """Return a value for people."""
        if math.isnan(value):
            return '–'
        if self.unit == 'share':
            return f'{100 * value:.1f} %'
        if self.unit == 's':
            return duration_text(value)
        if self.unit:
            digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
            return f'{value:.{digits}f} {self.unit}'
        return f'{value:.4g}'

    def change_text(self, first: float, second: float) -> str:
        """Return how the second value differs from the first, for people."""
        change = second - first
        if math.isnan(change):
            return '–'
        if self.text(first) == self.text(second):
            return 'same'
        sign = '+' if change > 0 else '−'
        return f'{sign}{self.text(abs(change))}'.replace(' %', ' points')

    def mood(self, first: float, second: float) -> str:
        """Return 'better' or 'worse', or nothing where it cannot be said."""
        if self.text(first) == self.text(second):
            return ''
        gain = self.better * (second - first)
        return 'better' if gain > 0 else 'worse' if gain < 0 else ''


def _entry(name: str, key: int) -> Callable[[Summary], Any]:
    """Return what reads one entry of a part of a summary."""
    return lambda summary: summary[name][str(key)]


METRICS = {
    'median': Metric('median error', lambda s: s['error_m']['median'], 'm', -1),
    'p90': Metric('error of 90 % of the fixes', lambda s: s['error_m']['p90'], 'm', -1),
    'false_fixes': Metric('false fixes', lambda s: s['false_fixes'], '', -1),
    'fixes': Metric('fixes', lambda s: s['n'] - s['refused'], '', 1),
    'refused': Metric('refused', lambda s: s['refused'], '', -1),
    'availability': Metric('fix, of those on the map', lambda s: s['availability'], 'share', 1),
    'anees': Metric('ANEES, 1 is ideal', lambda s: s['anees']),
    'in_95_ellipse': Metric('truth in 95 % ellipse', lambda s: s['share_in_95_ellipse'], 'share'),
    **{
        f'within_{d}': Metric(f'images within {d} m', _entry('share_within_m', d), 'share', 1)
        for d in SHARE_DISTANCES_M
    },
    **{
        f'recall@{k}': Metric(f'recall@{k}', _entry('recall_at', k), 'share', 1)
        for k in RECALL_RANKS
    },
    'seconds': Metric('time per image', lambda s: s['seconds_per_query'], 's', -1),
}


def metric_values(summary: Summary) -> dict[str, float]:
    """Return each metric of a summary; NaN where the run has none, such as the error of no fix."""
    values = {}
    for name, metric in METRICS.items():
        try:
            value = metric.read(summary)
        except (KeyError, TypeError):
            value = None
        values[name] = math.nan if value is None else float(value)
    return values


def metric_rows(first: Summary, second: Summary) -> Iterator[tuple[str, ...]]:
    """Yield of each metric its label, both values, their change and its mood, for people."""
    before, after = metric_values(first), metric_values(second)
    for name, metric in METRICS.items():
        values = before[name], after[name]
        yield (
            metric.label,
            *map(metric.text, values),
            metric.change_text(*values),
            metric.mood(*values),
        )
