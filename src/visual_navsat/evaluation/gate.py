# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Limits on the figures of a run, such as ``p90>20``, so that a build can fail by them.

Conditions are separated by commas, and one that holds is enough; parts of a condition that are
joined by ``and`` must hold together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
import math
import operator
import re

from visual_navsat.errors import ConfigError

_OPERATORS = {
    '>=': operator.ge,
    '<=': operator.le,
    '==': operator.eq,
    '!=': operator.ne,
    '>': operator.gt,
    '<': operator.lt,
}
_COMPARISON = re.compile(r'([A-Za-z_][\w@]*)\s*(>=|<=|==|!=|>|<)\s*(\S+)')


@dataclass(frozen=True)
class Comparison:
    """A metric, an operator and a number."""

    metric: str
    operator: str
    limit: float

    def __str__(self) -> str:
        return f'{self.metric}{self.operator}{self.limit:g}'

    def holds(self, values: Mapping[str, float]) -> bool:
        """Return whether it holds; a metric that is not known never passes for a good one."""
        value = values[self.metric]
        return math.isnan(value) or _OPERATORS[self.operator](value, self.limit)


@dataclass(frozen=True)
class Gate:
    """Conditions under which a run fails: comparisons that must hold together."""

    conditions: tuple[tuple[Comparison, ...], ...]

    @classmethod
    def parse(cls, text: str, metrics: Collection[str]) -> Gate:
        """
        Return the gate of a text: ``p90>20, false_fixes>0 and availability<0.5``, or nothing.

        :param metrics: names that may be used.
        :raises ConfigError: if a part is not a comparison, or names an unknown metric.
        """
        parts = [part.strip() for part in text.split(',')] if text.strip() else []
        return cls(
            tuple(
                tuple(_parse_comparison(piece, metrics) for piece in re.split(r'\s+and\s+', part))
                for part in parts
            )
        )

    def failures(self, values: Mapping[str, float]) -> list[str]:
        """
        Return a sentence for each condition that holds.

        :param values: every metric; NaN where it is not known.
        """
        return [
            ' and '.join(f'{c} (it is {_shown(values[c.metric])})' for c in condition)
            for condition in self.conditions
            if all(comparison.holds(values) for comparison in condition)
        ]


def _parse_comparison(text: str, metrics: Collection[str]) -> Comparison:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise ConfigError(
            f'--fail-if {text!r} is not a comparison: write a metric, one of '
            f"{' '.join(_OPERATORS)} and a number, as in 'p90>20'"
        )
    metric, sign, number = found.groups()
    if metric not in metrics:
        raise ConfigError(f'--fail-if {metric!r} is unknown: choose from {", ".join(metrics)}')
    try:
        limit = float(number)
    except ValueError:
        limit = math.nan
    if math.isnan(limit):
        raise ConfigError(f'--fail-if {text!r}: {number!r} is not a number')
    return Comparison(metric, sign, limit)


def _shown(value: float) -> str:
    return 'not known' if math.isnan(value) else f'{value:.4g}'
