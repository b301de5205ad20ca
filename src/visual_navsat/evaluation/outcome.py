"""One query's answer beside the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from visual_navsat.geometry.geodesy import LocalFrame, distance_m
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal

RECALL_RANKS = (1, 5, 10, 20)
# A published fix is false beyond either: too far off to use, or far outside what it claims.
FALSE_FIX_ERROR_M = 50.0
FALSE_FIX_SIGMAS = 5.0
_LISTED_IN_JSON = 5  # candidates, and places


@dataclass(frozen=True)
class Place:
    """Where the vehicle may be, as the engine thought, whether it published that or not."""

    latitude: float  # degrees
    longitude: float
    probability: float


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
    similarities: Sequence[float] = ()  # of the ranked tiles
    found_by: str = ''  # 'retrieval' or 'search', where correlation found the place
    heading_deg: float | None = None  # of the image's up direction, as found or else as known
    gsd_m_per_px: float | None = None  # of the image on the ground, as known
    center: tuple[float, float] | None = None  # lat, long of the ground under the image's centre
    places: Sequence[Place] = ()  # most probable first

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
        """
        Return the answer, its score and what a report shows of it; what is unknown is None.

        Position and covariance (east-east, east-north, north-north) are of the fix.
        """
        position, is_fix = self.position, self.is_fix
        center = self.center or (None, None)
        return {
            'filename': self.filename,
            'status': 'fix' if is_fix else 'no_fix',
            'reason': None if is_fix else position.reason,
            'detail': None if is_fix else position.detail,
            'stamp_s': self.stamp_s,
            'latitude': position.latitude if is_fix else None,
            'longitude': position.longitude if is_fix else None,
            'covariance_en_m2': _horizontal(position) if is_fix else None,
            'true_latitude': self.true_lat,
            'true_longitude': self.true_long,
            'error_m': none_if_nan(self.error_m),
            'error_sigmas': none_if_nan(self.error_sigmas),
            'is_false_fix': bool(self.is_false_fix),
            'confidence': self.confidence,
            'rank_of_truth': self.rank_of_truth,
            'found_by': self.found_by,
            'heading_deg': self.heading_deg,
            'gsd_m_per_px': self.gsd_m_per_px,
            'height_agl_m': self.height_agl_m,
            'center_latitude': center[0],
            'center_longitude': center[1],
            'places': [asdict(place) for place in self.places[:_LISTED_IN_JSON]],
            'candidates': self._candidates(),
            'seconds': self.seconds,
            'timings_ms': dict(self.timings_ms),
        }

    def _candidates(self) -> list[dict[str, Any]]:
        return [
            {
                'filename': tile.filename,
                'similarity': float(similarity),
                'latitude': tile.center_lat,
                'longitude': tile.center_long,
            }
            for tile, similarity in zip(
                self.ranked_tiles[:_LISTED_IN_JSON], self.similarities, strict=False
            )
        ]


def none_if_nan(value: float) -> float | None:
    """Return a number for JSON, which has no NaN."""
    return None if math.isnan(value) else value


def _horizontal(fix: PositionEstimate) -> list[float]:
    """Return east-east, east-north and north-north of a fix's covariance, m^2."""
    covariance = np.asarray(fix.covariance_enu_m2, float)
    return [float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])]


def _rank_of_first(correct) -> int | None:
    return next((rank for rank, is_correct in enumerate(correct, start=1) if is_correct), None)
