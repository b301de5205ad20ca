"""One query's answer beside the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from visual_navsat.geometry.geodesy import LocalFrame, distance_m
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal

RECALL_RANKS = (1, 5, 10, 20)
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
    confidence: float | None = None  # probability that the engine gives its best hypothesis
    height_agl_m: float | None = None  # true height above ground
    stamp_s: float | None = None  # when the image was taken

    @property
    def is_fix(self) -> bool:
        """Whether a position was published."""
        return isinstance(self.position, PositionEstimate)

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

    def to_json(self) -> dict[str, Any]:
        """Return the answer and its score as plain values; what is unknown is None."""
        position, is_fix = self.position, self.is_fix
        return {
            'filename': self.filename,
            'status': 'fix' if is_fix else 'no_fix',
            'reason': None if is_fix else position.reason,
            'latitude': position.latitude if is_fix else None,
            'longitude': position.longitude if is_fix else None,
            'error_m': none_if_nan(self.error_m),
            'error_sigmas': none_if_nan(self.error_sigmas),
            'confidence': self.confidence,
            'rank_of_truth': self.rank_of_truth,
        }


def none_if_nan(value: float) -> float | None:
    """Return a number for JSON, which has no NaN."""
    return None if math.isnan(value) else value


def _rank_of_first(correct) -> int | None:
    return next((rank for rank, is_correct in enumerate(correct, start=1) if is_correct), None)
