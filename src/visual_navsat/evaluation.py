"""
Score answers against the truth: recall, position error, refusals, false fixes, chance.

Plain data in, plain data out: the caller runs the queries and brings their answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from visual_navsat.errors import ShapeError
from visual_navsat.geometry.geodesy import LocalFrame, distance_m
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal

RECALL_RANKS = (1, 5, 10, 20)
SHARE_DISTANCES_M = (5, 10, 25, 50, 100)
# A published fix is false beyond either: too far off to use, or far outside what it claims.
FALSE_FIX_ERROR_M = 50.0
FALSE_FIX_SIGMAS = 5.0


@dataclass(frozen=True)
class QueryOutcome:
    """What one query image was answered, and the truth."""

    filename: str
    true_lat: float  # degrees
    true_long: float  # degrees
    position: PositionEstimate | Refusal
    ranked_tiles: Sequence[TileMetadata]  # most similar first
    seconds: float  # wall time of the whole query
    timings_ms: Mapping[str, float]  # of each stage

    @property
    def error_m(self) -> float:
        """Distance from the truth to the fix, NaN if the query was refused."""
        if isinstance(self.position, Refusal):
            return math.nan
        fix = self.position
        return float(distance_m(self.true_lat, self.true_long, fix.latitude, fix.longitude))

    @property
    def error_sigmas(self) -> float:
        """Horizontal Mahalanobis distance from the fix to the truth, NaN if refused."""
        if isinstance(self.position, Refusal):
            return math.nan
        fix = self.position
        frame = LocalFrame(fix.latitude, fix.longitude)
        error_enu = frame.enu_from_geodetic(self.true_lat, self.true_long)
        covariance = np.asarray(fix.covariance_enu_m2, float)[:2, :2]
        return float(np.sqrt(error_enu @ np.linalg.solve(covariance, error_enu)))

    @property
    def is_false_fix(self) -> bool:
        """Whether a fix was published that is far off, or far outside its own covariance."""
        # A comparison with the NaN of a refusal is False.
        return self.error_m > FALSE_FIX_ERROR_M or self.error_sigmas > FALSE_FIX_SIGMAS

    @property
    def rank_of_truth(self) -> int | None:
        """Rank of the first tile in which the true point lies, None if it was not retrieved."""
        inside = (tile.contains(self.true_lat, self.true_long) for tile in self.ranked_tiles)
        return _rank_of_first(inside)

    def rank_within(self, radius_m: float) -> int | None:
        """Return the rank of the first tile whose centre is that near to the true point."""
        lats = [tile.center_lat for tile in self.ranked_tiles]
        longs = [tile.center_long for tile in self.ranked_tiles]
        return _rank_of_first(distance_m(self.true_lat, self.true_long, lats, longs) <= radius_m)


@dataclass(frozen=True)
class Chance:
    """What drawing tiles at random, each as likely, would score on the same queries."""

    recall_at: dict[int, float]  # the tile holds the true point
    recall_at_radius: dict[int, float]  # its centre is within the radius
    error_m: float  # median over queries of the median distance to a tile's centre
    off_map: int  # queries whose true point lies in no tile


@dataclass(frozen=True)
class Evaluation:
    """The summary of many queries; shares count every query, refused ones as misses."""

    outcomes: tuple[QueryOutcome, ...]
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

    def to_json(self) -> dict[str, Any]:
        """Return the summary and every query as plain values; what is unknown is None."""
        return {
            'n': len(self.outcomes),
            'refused': self.refused,
            'off_map': self.chance.off_map,
            'recall_at': _text_keys(self.recall_at),
            'radius_m': self.radius_m,
            'recall_at_radius_m': _text_keys(self.recall_at_radius),
            'chance_at_1': self.chance.recall_at[1],
            'chance_at': _text_keys(self.chance.recall_at),
            'chance_at_radius_m': _text_keys(self.chance.recall_at_radius),
            'chance_error_m': self.chance.error_m,
            'error_m': {
                'median': _none_if_nan(self.error_median_m),
                'p90': _none_if_nan(self.error_p90_m),
            },
            'share_within_m': _text_keys(self.share_within_m),
            'false_fixes': self.false_fixes,
            'seconds_per_query': self.seconds_per_query,
            'timings_ms': self.timings_ms,
            'queries': [_query_json(outcome) for outcome in self.outcomes],
        }


def evaluate(
    outcomes: Sequence[QueryOutcome], tiles: Sequence[TileMetadata], radius_m: float
) -> Evaluation:
    """
    Summarise the answers to queries over one map.

    :param outcomes: one per query, at least one; a rank beyond ``ranked_tiles`` is a miss.
    :param tiles: every tile of the map, for what chance would score.
    :param radius_m: the second meaning of a correct tile: its centre is that near to the truth.
    :raises ShapeError: if there is no outcome or no tile.
    """
    if not outcomes or not tiles:
        raise ShapeError(
            f'{len(outcomes)} queries over {len(tiles)} tiles: both must be 1 or more'
        )
    errors_m = np.array([outcome.error_m for outcome in outcomes])
    published_m = errors_m[~np.isnan(errors_m)]
    stages = list(dict.fromkeys(stage for outcome in outcomes for stage in outcome.timings_ms))
    return Evaluation(
        outcomes=tuple(outcomes),
        radius_m=radius_m,
        recall_at=recall_at_ranks([outcome.rank_of_truth for outcome in outcomes]),
        recall_at_radius=recall_at_ranks([outcome.rank_within(radius_m) for outcome in outcomes]),
        error_median_m=float(np.median(published_m)) if published_m.size else math.nan,
        error_p90_m=float(np.quantile(published_m, 0.9)) if published_m.size else math.nan,
        share_within_m={d: float(np.mean(errors_m <= d)) for d in SHARE_DISTANCES_M},
        refused=len(outcomes) - published_m.size,
        false_fixes=sum(outcome.is_false_fix for outcome in outcomes),
        seconds_per_query=float(np.median([outcome.seconds for outcome in outcomes])),
        timings_ms={stage: _median_of_stage(outcomes, stage) for stage in stages},
        chance=score_of_chance(outcomes, tiles, radius_m),
    )


def recall_at_ranks(ranks: Sequence[int | None]) -> dict[int, float]:
    """Return the share of queries whose correct tile ranks k or better, for each k."""
    found = np.array([math.inf if rank is None else rank for rank in ranks])
    return {k: float(np.mean(found <= k)) for k in RECALL_RANKS}


def score_of_chance(
    outcomes: Sequence[QueryOutcome], tiles: Sequence[TileMetadata], radius_m: float
) -> Chance:
    """Return what random tiles would score, computed and not drawn."""
    bottom = np.array([tile.bottom_right_lat for tile in tiles])
    top = np.array([tile.top_left_lat for tile in tiles])
    left = np.array([tile.top_left_long for tile in tiles])
    span = np.array([tile.span_long for tile in tiles])
    center_lat = np.array([tile.center_lat for tile in tiles])
    center_long = np.array([tile.center_long for tile in tiles])
    holding, near, median_m = [], [], []
    for outcome in outcomes:
        lat, long = outcome.true_lat, outcome.true_long
        inside = (bottom <= lat) & (lat <= top) & ((long - left) % 360.0 <= span)
        distances = distance_m(lat, long, center_lat, center_long)
        holding.append(int(inside.sum()))
        near.append(int((distances <= radius_m).sum()))
        median_m.append(np.median(distances))
    return Chance(
        recall_at=_chance_at_ranks(holding, len(tiles)),
        recall_at_radius=_chance_at_ranks(near, len(tiles)),
        error_m=float(np.median(median_m)),
        off_map=holding.count(0),
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


def _rank_of_first(correct) -> int | None:
    return next((rank for rank, is_correct in enumerate(correct, start=1) if is_correct), None)


def _median_of_stage(outcomes: Sequence[QueryOutcome], stage: str) -> float:
    times = [outcome.timings_ms[stage] for outcome in outcomes if stage in outcome.timings_ms]
    return float(np.median(times))


def _query_json(outcome: QueryOutcome) -> dict[str, Any]:
    position = outcome.position
    is_fix = isinstance(position, PositionEstimate)
    return {
        'filename': outcome.filename,
        'status': 'fix' if is_fix else 'no_fix',
        'reason': None if is_fix else position.reason,
        'latitude': position.latitude if is_fix else None,
        'longitude': position.longitude if is_fix else None,
        'error_m': _none_if_nan(outcome.error_m),
        'rank_of_truth': outcome.rank_of_truth,
    }


def _text_keys(values: Mapping[int, float]) -> dict[str, float]:
    return {str(key): value for key, value in values.items()}


def _none_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else value
