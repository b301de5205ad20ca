# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Time two ways of doing the same thing in turns, so that both meet the same machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
import time
from typing import Any

import torch


@dataclass(frozen=True)
class Comparison:
    """How much longer the reference takes than ours, over the rounds of one run."""

    name: str
    rounds: int
    ratio: float  # median over rounds of reference / ours
    ratio_min: float
    ratio_max: float
    reference_ms: float  # medians, for scale: they belong to one machine
    ours_ms: float
    largest_difference: float  # between the two results

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)


def compare(
    name: str,
    reference: Callable[[], Any],
    ours: Callable[[], Any],
    rounds: int,
    tolerance: float = 1e-4,
) -> Comparison:
    """
    Run both by turns, after one unmeasured run of each, and return their ratio.

    Who goes first alternates, so that neither always finds the caches warmed by the other.

    :param reference: returns a tensor or an array, as does ``ours``.
    :param tolerance: largest difference between numbers of the two results.
    :raises AssertionError: if the two do not compute the same.
    """
    difference = float((torch.as_tensor(reference()) - torch.as_tensor(ours())).abs().max())
    if not difference <= tolerance:
        raise AssertionError(f'results must agree to {tolerance}, but differ by {difference}')
    pairs = []
    for number in range(rounds):
        if number % 2:
            reference_s, ours_s = _seconds(reference), _seconds(ours)
        else:
            ours_s, reference_s = _seconds(ours), _seconds(reference)
        pairs.append((reference_s, ours_s))
    ratios = [reference_s / ours_s for reference_s, ours_s in pairs]
    return Comparison(
        name=name,
        rounds=rounds,
        ratio=median(ratios),
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        reference_ms=1e3 * median(reference_s for reference_s, _ in pairs),
        ours_ms=1e3 * median(ours_s for _, ours_s in pairs),
        largest_difference=difference,
    )


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
