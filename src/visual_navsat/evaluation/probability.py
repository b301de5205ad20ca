# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether the probabilities of answers are true, and what publishing by them would risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import beta
from visual_navsat.evaluation.scored_answer import ScoredAnswer

# Between which probabilities answers are counted together: closer where it is decided what is
# published.
_EDGES = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.995, 0.999, 1.0)
_MAX_POINTS = 200


@dataclass(frozen=True)
class RiskPoint:
    """What would be published if each answer of at least this probability were."""

    probability: float
    coverage: float  # share of all images
    images: int
    wrong: int
    risk: float  # share of those images


@dataclass(frozen=True)
class ReliabilityBin:
    """The answers of one range of probabilities."""

    low: float  # probability
    high: float
    mean: float  # probability of these answers
    images: int
    right: int
    share_right: float
    low_95: float  # 95 % interval of the share
    high_95: float


def risk_curve(answers: Sequence[ScoredAnswer]) -> tuple[RiskPoint, ...]:
    """
    Return the risk against the coverage, from the surest answer to all that have a probability.

    Refused answers count by their best candidate: it is wrong over 50 m off. At most 200 points.
    """
    rated = _rated(answers)
    if not rated:
        return ()
    rated.sort(key=lambda one: -one[0])
    probability, is_wrong = (np.array(column) for column in zip(*rated, strict=True))
    wrong = np.cumsum(is_wrong)
    # Equal probabilities are published together: a point stands at the last of each.
    last = np.append(np.flatnonzero(np.diff(probability)), len(probability) - 1)
    drawn = np.linspace(0, len(last) - 1, min(len(last), _MAX_POINTS)).round().astype(int)
    return tuple(
        RiskPoint(
            float(probability[i]),
            float((i + 1) / len(answers)),
            int(i) + 1,
            int(wrong[i]),
            float(wrong[i] / (i + 1)),
        )
        for i in last[drawn]
    )


def reliability(answers: Sequence[ScoredAnswer]) -> tuple[ReliabilityBin, ...]:
    """Return how often answers are right, by ranges of probability that hold some."""
    rated = _rated(answers)
    bins = []
    for number, (low, high) in enumerate(pairwise(_EDGES)):
        is_last = number == len(_EDGES) - 2
        inside = [one for one in rated if low <= one[0] < high or (is_last and one[0] == high)]
        if inside:
            right = sum(not is_wrong for _, is_wrong in inside)
            mean = float(np.mean([probability for probability, _ in inside]))
            interval = binomial_interval(right, len(inside))
            share = right / len(inside)
            bins.append(ReliabilityBin(low, high, mean, len(inside), right, share, *interval))
    return tuple(bins)


def binomial_interval(count: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """
    Return the interval of a share by ``count`` of ``total``.

    Source: Clopper and Pearson, "The use of confidence or fiducial limits", 1934.
    """
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, total - count + 1))
    high = 1.0 if count == total else float(beta.ppf(1 - tail, count + 1, total - count))
    return low, high


def _rated(answers: Sequence[ScoredAnswer]) -> list[tuple[float, bool]]:
    """Return the probability of each answer that has one, and whether it is wrong."""
    return [
        (answer.answer.confidence, answer.is_best_wrong)
        for answer in answers
        if answer.answer.confidence is not None and answer.truth is not None
    ]
