# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Time answers by what is known of their photos: percentiles, stages, memory and energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
import resource
import sys
import time
from typing import Any

import numpy as np
from visual_navsat.localization.answer import Answer
from visual_navsat.planning.energy import EnergyMeter

PERCENTILES = (50, 95, 99)

Ask = Callable[[], Answer]


@dataclass(frozen=True)
class Timing:
    """How long answers took of which the same things were known."""

    known: str
    answers: int
    published: int
    total_ms: dict[str, float]  # by percentile, such as 'p50', and 'max'
    stages_ms: dict[str, float]  # median of each stage, in the order of work
    joules_each: float | None  # of the whole machine; None if it does not tell

    @property
    def per_second(self) -> float:
        """Return how many answers there are in a second, one after another."""
        return 1e3 / self.total_ms['p50']

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), 'per_second': self.per_second}


def time_answers(known: str, asks: Sequence[Ask], rounds: int) -> Timing:
    """
    Return how long answers take.

    :param asks: each gives one answer, the same each time; all are asked once before the clock
        starts, which loads what is loaded once.
    :param rounds: how often all are asked.
    """
    for ask in asks:
        ask()
    took_ms, answers = [], []
    with EnergyMeter() as meter:
        for _ in range(rounds):
            for ask in asks:
                started = time.perf_counter()
                answers.append(ask())
                took_ms.append(1e3 * (time.perf_counter() - started))
    stages = dict.fromkeys(name for answer in answers for name in answer.timings_ms)
    medians = {
        name: float(np.median([answer.timings_ms.get(name, 0.0) for answer in answers]))
        for name in stages
        if name != 'total'
    }
    return Timing(
        known,
        len(answers),
        sum(answer.is_fix for answer in answers),
        {**percentiles(took_ms), 'max': max(took_ms)},
        medians,
        None if meter.joules is None else meter.joules / len(answers),
    )


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return the percentiles that are reported, by name."""
    found = np.percentile(values, PERCENTILES)
    return {f'p{p}': float(value) for p, value in zip(PERCENTILES, found, strict=True)}


def peak_memory_mb() -> float:
    """Return the most memory that this process held at a time, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == 'darwin' else 1e3)


def timing_lines(timings: Sequence[Timing], facts: Mapping[str, str]) -> list[str]:
    """Return a table for people, and the facts below it."""
    width = max(len(one.known) for one in timings)
    names = [*timings[0].total_ms]
    lines = [f'{"known":<{width}}' + ''.join(f'{name + " ms":>10}' for name in names)]
    lines[0] += f'{"a second":>10}{"joules":>8}{"fixes":>12}'
    for one in timings:
        cells = ''.join(f'{one.total_ms[name]:10.1f}' for name in names)
        joules = '-' if one.joules_each is None else f'{one.joules_each:.2f}'
        fixes = f'{one.published} of {one.answers}'
        lines.append(f'{one.known:<{width}}{cells}{one.per_second:10.1f}{joules:>8}{fixes:>12}')
    lines.append('')
    for one in timings:
        stages = ', '.join(f'{name} {ms:.1f}' for name, ms in one.stages_ms.items())
        lines.append(f'{one.known}: {stages} ms in the median')
    return [*lines, '', *(f'{name}: {text}' for name, text in facts.items())]
