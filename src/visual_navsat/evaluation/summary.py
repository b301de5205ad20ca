# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The summary of many queries, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
import math
from typing import Any

import numpy as np
import pandas as pd
from visual_navsat.errors import ShapeError
from visual_navsat.evaluation.calibration import calibrate, Calibration
from visual_navsat.evaluation.chance import Chance, score_of_chance
from visual_navsat.evaluation.scored_answer import none_if_nan, RECALL_RANKS, ScoredAnswer
from visual_navsat.geometry.tile import TileMetadata

SHARE_DISTANCES_M = (5, 10, 20, 25, 50, 100)


@dataclass(frozen=True)
class FirstFix:
    """The first fix of a sequence that is not false; None if there is none."""

    images: int | None  # up to and including the one with the fix
    seconds: float | None  # between the stamps of the first image and that one
    false_fixes_before: int


@dataclass(frozen=True)
class Evaluation:
    """The summary of many queries; shares count every query, refused ones as misses."""

    answers: tuple[ScoredAnswer, ...]
    num_tiles: int  # of the map
    radius_m: float
    recall_at: dict[int, float]
    recall_at_radius: dict[int, float]
    error_median_m: float  # over published fixes; NaN if there is none
    error_p90_m: float
    share_within_m: dict[int, float]
    refused: int
    false_fixes: int
    seconds_per_query: float  # median
    timings_ms: dict[str, float]  # medians
    chance: Chance
    calibration: Calibration
    first_fix: FirstFix | None  # None if the queries are no sequence

    def to_json(self) -> dict[str, Any]:
        """Return the summary and every query as plain values; what is unknown is None."""
        return {
            'n': len(self.answers),
            'refused': self.refused,
            'off_map': self.chance.off_map,
            'tiles': self.num_tiles,
            'recall_at': _text_keys(self.recall_at),
            'radius_m': self.radius_m,
            'recall_at_radius_m': _text_keys(self.recall_at_radius),
            'chance_at_1': self.chance.recall_at[1],
            'chance_at': _text_keys(self.chance.recall_at),
            'chance_at_radius_m': _text_keys(self.chance.recall_at_radius),
            'chance_error_m': self.chance.error_m,
            'error_m': {
                'median': none_if_nan(self.error_median_m),
                'p90': none_if_nan(self.error_p90_m),
            },
            'share_within_m': _text_keys(self.share_within_m),
            'false_fixes': self.false_fixes,
            'seconds_per_query': self.seconds_per_query,
            'timings_ms': self.timings_ms,
            **self.calibration.to_json(),
            'first_fix': None if self.first_fix is None else asdict(self.first_fix),
            'queries': [answer.to_json() for answer in self.answers],
        }


def evaluate(
    answers: Sequence[ScoredAnswer],
    tiles: Sequence[TileMetadata],
    radius_m: float,
    is_sequence: bool = False,
) -> Evaluation:
    """
    Summarise the answers to queries over one map.

    :param answers: one per query, at least one; a rank beyond ``ranked_tiles`` is a miss.
    :param tiles: every tile of the map, for what chance would score.
    :param radius_m: the second meaning of a correct tile: its centre is this near to the truth.
    :param is_sequence: whether the answers are of one flight, in its order.
    :raises ShapeError: if there is no answer or no tile.
    """
    if not answers or not tiles:
        raise ShapeError(f'{len(answers)} queries over {len(tiles)} tiles: both must be 1 or more')
    errors_m = np.array([answer.error_m for answer in answers])
    published_m = errors_m[~np.isnan(errors_m)]
    chance = score_of_chance(answers, tiles, radius_m)
    timings_ms = pd.DataFrame([dict(answer.answer.timings_ms) for answer in answers])
    return Evaluation(
        answers=tuple(answers),
        num_tiles=len(tiles),
        radius_m=radius_m,
        recall_at=recall_at_ranks([answer.rank_of_truth for answer in answers]),
        recall_at_radius=recall_at_ranks([answer.rank_within_radius for answer in answers]),
        error_median_m=float(np.median(published_m)) if published_m.size else math.nan,
        error_p90_m=float(np.quantile(published_m, 0.9)) if published_m.size else math.nan,
        share_within_m={d: float(np.mean(errors_m <= d)) for d in SHARE_DISTANCES_M},
        refused=len(answers) - published_m.size,
        false_fixes=sum(answer.is_false_fix for answer in answers),
        seconds_per_query=float(np.median([answer.answer.seconds for answer in answers])),
        timings_ms={str(stage): float(ms) for stage, ms in timings_ms.median().items()},
        chance=chance,
        calibration=calibrate(answers, chance.is_on_map),
        first_fix=first_fix(answers) if is_sequence else None,
    )


def first_fix(answers: Sequence[ScoredAnswer]) -> FirstFix:
    """Return when a sequence first had a true fix; ``answers`` in the order of flight."""
    false_fixes = 0
    for number, answer in enumerate(answers, start=1):
        if answer.is_false_fix:
            false_fixes += 1
        elif answer.is_fix:
            first_s, found_s = answers[0].answer.stamp_s, answer.answer.stamp_s
            seconds = None if first_s is None or found_s is None else found_s - first_s
            return FirstFix(number, seconds, false_fixes)
    return FirstFix(None, None, false_fixes)


def recall_at_ranks(
    found: Sequence[int | None], ranks: Iterable[int] = RECALL_RANKS
) -> dict[int, float]:
    """Return the share of queries whose correct tile was found at rank k or better, for each k."""
    known = np.array([math.inf if rank is None else rank for rank in found])
    return {k: float(np.mean(known <= k)) for k in ranks}


def _text_keys(values: Mapping[int, float]) -> dict[str, float]:
    return {str(key): value for key, value in values.items()}
