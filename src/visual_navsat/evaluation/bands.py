# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
ANEES of the fixes by how far the camera is tilted, and by how much images overlap.

Fixes over 50 m off are of another place, which no covariance tells: they are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import chi2
from visual_navsat.evaluation.scored_answer import ScoredAnswer
from visual_navsat.geometry.geodesy import distance_m

_TILTS_DEG = (0.0, 5.0, 15.0, 30.0, 45.0, 60.0, 90.0)
# Less than a hundredth is none.
_OVERLAPS = (0.0, 0.01, 0.5, 0.8, 1.0)


@dataclass(frozen=True)
class Band:
    """ANEES of the fixes in one band, and between what it stays if the covariances are true."""

    low: float
    high: float
    fixes: int
    anees: float
    low_95: float
    high_95: float


def tilt_bands(answers: Sequence[ScoredAnswer]) -> tuple[Band, ...]:
    """Return bands of the camera's tilt in degrees; none where it is unknown."""
    return _bands(answers, [answer.tilt_deg for answer in answers], _TILTS_DEG)


def overlap_bands(answers: Sequence[ScoredAnswer]) -> tuple[Band, ...]:
    """Return bands of the share of an image's ground that the image before it shows too."""
    return _bands(answers, overlaps(answers), _OVERLAPS)


def overlaps(answers: Sequence[ScoredAnswer]) -> list[float | None]:
    """
    Return which share of its ground each image has in common with the one before; None: unknown.

    By the true positions, as if each image showed a square beside which the vehicle moved.
    """
    shares: list[float | None] = [None] if answers else []
    for before, answer in pairwise(answers):
        sides_m = before.footprint_m, answer.footprint_m
        if before.truth is None or answer.truth is None or None in sides_m:
            shares.append(None)
            continue
        apart_m = float(distance_m(*before.truth, *answer.truth))
        side_m = min(side for side in sides_m if side is not None)
        shares.append(max(0.0, 1.0 - apart_m / side_m))
    return shares


def honest_anees(fixes: int) -> tuple[float, float]:
    """Return between what the ANEES of true covariances stays in 95 of 100 cases."""
    low, high = (float(chi2.ppf(p, 2 * fixes)) / (2 * fixes) for p in (0.025, 0.975))
    return low, high


def _bands(
    answers: Sequence[ScoredAnswer], values: Sequence[float | None], edges: Sequence[float]
) -> tuple[Band, ...]:
    bands = []
    for low, high in pairwise(edges):
        inside = [
            answer.error_sigmas**2 / 2
            for answer, value in zip(answers, values, strict=True)
            if answer.is_in_place and value is not None
            if low <= value < high or (value == high == edges[-1])
        ]
        if inside:
            limits = honest_anees(len(inside))
            bands.append(Band(low, high, len(inside), float(np.mean(inside)), *limits))
    return tuple(bands)
