# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One answer beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
import math
from typing import Any

import numpy as np
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal

RECALL_RANKS = (1, 5, 10, 20)
# A published fix is false beyond either: too far off to use, or far outside what it claims.
FALSE_FIX_ERROR_M = 50.0
FALSE_FIX_SIGMAS = 5.0


@dataclass(frozen=True, eq=False)
class ScoredAnswer:
    """What one image was answered, and the truth as far as it is known."""

    answer: Answer
    truth: tuple[float, float] | None  # latitude and longitude in degrees
    rank_of_truth: int | None = None  # of the first ranked tile in which the true point lies
    rank_within_radius: int | None = None  # of the first whose centre is near the true point
    height_agl_m: float | None = None  # of the vehicle, as known
    gsd_m_per_px: float | None = None  # of the image on the ground, as known
    truth_sigma_m: float = 0.0  # of the true position, per axis
    tilt_deg: float | None = None  # of the camera from straight down, as known
    footprint_m: float | None = None  # side of a square of as much ground, as known

    @classmethod
    def of(
        cls,
        answer: Answer,
        truth: tuple[float, float] | None,
        radius_m: float = 50.0,
        height_agl_m: float | None = None,
        gsd_m_per_px: float | None = None,
        truth_sigma_m: float = 0.0,
        footprint_m: float | None = None,
    ) -> ScoredAnswer:
        """
        Return an answer scored against a true position.

        :param radius_m: a ranked tile also counts as correct if its centre is this near the truth.
        """
        tiles = [tile.tile_metadata for tile in answer.ranked_tiles]
        in_tile = within = None
        if truth is not None:
            lats, longs = ([t.center_lat for t in tiles], [t.center_long for t in tiles])
            in_tile = _rank_of_first([tile.contains(*truth) for tile in tiles])
            within = _rank_of_first(distance_m(*truth, lats, longs) <= radius_m)
        return cls(
            *(answer, truth, in_tile, within, height_agl_m, gsd_m_per_px, truth_sigma_m),
            tilt_deg=None if answer.view is None else answer.view.known_tilt_deg,
            footprint_m=footprint_m,
        )

    @property
    def filename(self) -> str:
        """Return what the image is called."""
        return self.answer.name

    @property
    def key(self) -> tuple[str, float | None]:
        """Return what tells this image from the others of a run, in which names may repeat."""
        return self.answer.name, self.answer.stamp_s

    @property
    def fix(self) -> PositionEstimate | None:
        """Return the position if there is one."""
        position = self.answer.position
        return position if isinstance(position, PositionEstimate) else None

    @property
    def is_fix(self) -> bool:
        """Whether a position was published."""
        return self.answer.is_fix

    @property
    def reason(self) -> str:
        """Why there is no position; '' where there is one."""
        position = self.answer.position
        return position.reason if isinstance(position, Refusal) else ''

    @property
    def detail(self) -> str:
        """Return the numbers behind the reason."""
        position = self.answer.position
        return position.detail if isinstance(position, Refusal) else ''

    @property
    def error_m(self) -> float:
        """Distance from the truth to the fix; NaN without either."""
        if self.fix is None or self.truth is None:
            return math.nan
        return self.fix.distance_m(*self.truth)

    @property
    def error_sigmas(self) -> float:
        """
        Horizontal Mahalanobis distance from the fix to the truth; NaN without either.

        The covariance is that of their difference.
        """
        if self.fix is None or self.truth is None:
            return math.nan
        return self.fix.sigmas_to(*self.truth, self.truth_sigma_m)

    @property
    def is_false_fix(self) -> bool:
        """Whether a fix was published that is far off, or far outside its own covariance."""
        # A comparison with NaN is False.
        return self.error_m > FALSE_FIX_ERROR_M or self.error_sigmas > FALSE_FIX_SIGMAS

    @property
    def is_in_place(self) -> bool:
        """Whether a fix was published that is not far off, whatever its covariance says."""
        return self.error_m <= FALSE_FIX_ERROR_M

    @property
    def best_place(self) -> tuple[float, float] | None:
        """Return the latitude and longitude of the fix, or else of the best candidate."""
        if self.fix is not None:
            return self.fix.latitude, self.fix.longitude
        best = next(iter(self.answer.candidates), None)
        return None if best is None else (best.latitude, best.longitude)

    @property
    def best_error_m(self) -> float:
        """Distance from the truth to :attr:`best_place`; NaN without either."""
        if self.best_place is None or self.truth is None:
            return math.nan
        return float(distance_m(*self.best_place, *self.truth))

    @property
    def is_best_wrong(self) -> bool:
        """Whether :attr:`best_place` is a false fix, or would be one by its distance."""
        return self.is_false_fix if self.is_fix else self.best_error_m > FALSE_FIX_ERROR_M

    @property
    def tracked(self) -> ScoredAnswer:
        """Return the same image with the tracked position in place of its own."""
        position = self.answer.tracked or Refusal('')
        return replace(self, answer=replace(self.answer, position=position))

    def to_json(self) -> dict[str, Any]:
        """Return the answer, its score and what a report shows of it; what is unknown is None."""
        true_lat, true_long = self.truth or (None, None)
        return {
            **self.answer.to_json(),
            'true_latitude': true_lat,
            'true_longitude': true_long,
            'error_m': none_if_nan(self.error_m),
            'error_sigmas': none_if_nan(self.error_sigmas),
            'is_false_fix': self.is_false_fix,
            'rank_of_truth': self.rank_of_truth,
            'rank_within_radius': self.rank_within_radius,
            'gsd_m_per_px': self.gsd_m_per_px,
            'height_agl_m': self.height_agl_m,
            'truth_sigma_m': self.truth_sigma_m,
            'tilt_deg': self.tilt_deg,
            'footprint_m': self.footprint_m,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ScoredAnswer:
        """
        Return the answer of :meth:`to_json`, or of what earlier versions wrote.

        :raises KeyError, TypeError, ValueError: if it is something else.
        """
        try:
            values = _of_this_version(values)
        except KeyError as error:
            raise ValueError(f'a place or candidate lacks {error}') from error
        truth = values['true_latitude'], values['true_longitude']
        if None in truth:
            raise ValueError('true_latitude or true_longitude is null')
        for name in _NUMBERS:
            if not isinstance(values.get(name), int | float | None):
                raise ValueError(f'{name} must be a number, got {values[name]!r}')
        return cls(
            Answer.from_json(values),
            (float(truth[0]), float(truth[1])),
            values.get('rank_of_truth'),
            values.get('rank_within_radius'),
            values.get('height_agl_m'),
            values.get('gsd_m_per_px'),
            values.get('truth_sigma_m') or 0.0,
            values.get('tilt_deg'),
            values.get('footprint_m'),
        )


_NUMBERS = (
    *('true_latitude', 'true_longitude', 'rank_of_truth', 'rank_within_radius'),
    *('gsd_m_per_px', 'height_agl_m', 'truth_sigma_m', 'tilt_deg', 'footprint_m'),
)


def none_if_nan(value: float) -> float | None:
    """Return a number for JSON, which has no NaN."""
    return None if math.isnan(value) else value


def _of_this_version(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record whose candidates are those of this version."""
    if 'places' not in values:
        return dict(values)
    # Earlier versions kept what correlation found and what retrieval ranked in two lists.
    heading_deg = values.get('heading_deg')
    candidates = [
        Candidate(rank, place['probability'], place['latitude'], place['longitude'], heading_deg)
        for rank, place in enumerate(values['places'], start=1)
    ]
    candidates += [
        Candidate(
            rank=len(candidates) + rank,
            probability=None,
            latitude=tile['latitude'],
            longitude=tile['longitude'],
            filename=tile['filename'],
            similarity=tile['similarity'],
            retrieval_rank=rank,
        )
        for rank, tile in enumerate(values.get('candidates', ()), start=1)
    ]
    return {**values, 'candidates': [candidate.to_json() for candidate in candidates]}


def _rank_of_first(correct: Sequence[bool] | np.ndarray) -> int | None:
    return next((rank for rank, is_correct in enumerate(correct, start=1) if is_correct), None)
