# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Places where a query may be, on the way from the coarse search to the finest map.

They are ranked by strength, the score made comparable over scales: the noise of a score falls as
more ground is compared, so a small footprint agrees with some wrong place better than a large one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import torch

_WHOLE_VOTES = 2  # of the strength as a whole, to one of each piece by piece
_LEAST = 1e-6  # strength that counts
Scales = TypeVar('Scales', np.ndarray, torch.Tensor)


def strength_factor(scale: Scales) -> Scales:
    """
    Return strength over score for scales.

    The noise does not fall at all if the photo's texture grows with its footprint, and falls with
    the footprint's side if the map's texture is finer. With the root of the side, wrong places
    tend neither to small scales nor to large ones.
    """
    return scale**0.5


@dataclass(frozen=True)
class PeakSet:
    """N places, each with the heading and scale that fit it best so far."""

    east_m: np.ndarray  # (N,) of the query image's centre
    north_m: np.ndarray  # (N,)
    heading_deg: np.ndarray  # (N,)
    scale: np.ndarray  # (N,)
    strength: np.ndarray  # (N,) on the level that was tried last
    level_strengths: np.ndarray  # (N, L) on all levels so far, coarsest first
    curvature_per_m2: np.ndarray  # (N, 2, 2) Hessian of the score, east before north
    look: np.ndarray  # (N,) number of the look that found it, see search.Look
    # (N, E) strengths piece by piece on the finest levels so far, coarsest first, see elastic
    elastic_strengths: np.ndarray

    def __len__(self) -> int:
        return len(self.strength)

    def take(self, index: Sequence[int]) -> PeakSet:
        """Return some of the places, in the order of ``index``."""
        return PeakSet(*(getattr(self, f.name)[index] for f in fields(self)))

    def weighted(self, weight: float, look: int) -> PeakSet:
        """Return the places of one look, what the level tried last says of them weighted."""
        strengths = self.level_strengths.copy()
        strengths[:, -1] *= weight
        return replace(
            self,
            strength=weight * self.strength,
            level_strengths=strengths,
            look=np.full(len(self), look),
        )

    def with_elastic(self, strengths: np.ndarray) -> PeakSet:
        """Return the places with (N,) strengths piece by piece on the level tried last."""
        return replace(
            self, elastic_strengths=np.column_stack([self.elastic_strengths, strengths])
        )

    @property
    def standing(self) -> np.ndarray:
        """
        Return (N,) by what places are ranked: their strengths, whole and piece by piece, averaged.

        A wrong place that was chosen by one of them is seldom as strong by the others.
        """
        if not self.elastic_strengths.shape[1]:
            return self.strength
        votes = np.array([self.strength] * _WHOLE_VOTES + list(self.elastic_strengths.T))
        return np.exp(np.log(np.maximum(votes, _LEAST)).mean(axis=0)) * (self.strength > 0)

    def best(self, count: int, separation_m: float) -> PeakSet:
        """Return the strongest places, none closer than ``separation_m`` to a stronger."""
        kept: list[int] = []
        for index in np.argsort(-self.standing, kind='stable'):
            if len(kept) == count:
                break
            gaps = np.hypot(
                self.east_m[kept] - self.east_m[index], self.north_m[kept] - self.north_m[index]
            )
            if not kept or gaps.min() >= separation_m:
                kept.append(int(index))
        return self.take(kept)


def join_peaks(parts: Sequence[PeakSet]) -> PeakSet:
    """Return all places of ``parts``, at least one of them."""
    return PeakSet(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(PeakSet))
    )
