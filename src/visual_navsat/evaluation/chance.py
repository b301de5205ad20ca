# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What drawing tiles at random would score, computed rather than drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.evaluation.scored_answer import RECALL_RANKS, ScoredAnswer
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.geometry.tile import TileMetadata


@dataclass(frozen=True)
class Chance:
    """What drawing tiles at random, each as likely, would score on the same queries."""

    recall_at: dict[int, float]  # the tile holds the true point
    recall_at_radius: dict[int, float]  # its centre is within the radius
    error_m: float  # median over queries of the median distance to a tile's centre
    is_on_map: tuple[bool, ...]  # for each query, whether its true point lies in a tile

    @property
    def off_map(self) -> int:
        """How many queries' true points lie in no tile."""
        return self.is_on_map.count(False)


def score_of_chance(
    answers: Sequence[ScoredAnswer], tiles: Sequence[TileMetadata], radius_m: float
) -> Chance:
    """Return what random tiles would score on the queries."""
    bottom = np.array([tile.bottom_right_lat for tile in tiles])
    top = np.array([tile.top_left_lat for tile in tiles])
    left = np.array([tile.top_left_long for tile in tiles])
    span = np.array([tile.span_long for tile in tiles])
    center_lat = np.array([tile.center_lat for tile in tiles])
    center_long = np.array([tile.center_long for tile in tiles])
    holding, near, median_m = [], [], []
    for answer in answers:
        assert answer.truth is not None
        lat, long = answer.truth
        inside = (bottom <= lat) & (lat <= top) & ((long - left) % 360.0 <= span)
        distances = distance_m(lat, long, center_lat, center_long)
        holding.append(int(inside.sum()))
        near.append(int((distances <= radius_m).sum()))
        median_m.append(np.median(distances))
    return Chance(
        recall_at=_chance_at_ranks(holding, len(tiles)),
        recall_at_radius=_chance_at_ranks(near, len(tiles)),
        error_m=float(np.median(median_m)),
        is_on_map=tuple(count > 0 for count in holding),
    )


def _chance_at_ranks(num_correct: Sequence[int], num_tiles: int) -> dict[int, float]:
    """Return the mean chance that k different random tiles hold one of the correct ones."""
    return {
        k: float(np.mean([_chance_of_one(count, num_tiles, k) for count in num_correct]))
        for k in RECALL_RANKS
    }


def _chance_of_one(num_correct: int, num_tiles: int, k: int) -> float:
    # Hypergeometric: one minus the chance that all k drawn tiles are wrong ones.
    k = min(k, num_tiles)
    return 1.0 - math.comb(num_tiles - num_correct, k) / math.comb(num_tiles, k)
