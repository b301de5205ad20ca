# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether published covariances and confidences are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import math
from typing import Any

import numpy as np
from visual_navsat.evaluation.bands import Band, overlap_bands, tilt_bands
from visual_navsat.evaluation.probability import (
    reliability,
    ReliabilityBin,
    risk_curve,
    RiskPoint,
)
from visual_navsat.evaluation.scored_answer import none_if_nan, ScoredAnswer
from visual_navsat.localization.position import SIGMAS_95

_NUM_HEIGHT_BANDS = 5
_MAX_CURVE_POINTS = 200


@dataclass(frozen=True)
class HeightBand:
    """ANEES of the fixes from one band of heights above ground."""

    low_m: float
    high_m: float
    fixes: int
    anees: float


@dataclass(frozen=True)
class CurvePoint:
    """What would be published if only answers of at least this confidence were."""

    confidence: float
    availability: float  # share of the images on the map that get a fix
    published: int  # on the map and off it
    false_fixes: int
    false_per_fix: float


@dataclass(frozen=True)
class Calibration:
    """
    How true the covariances of the published fixes are; NaN where there is no fix.

    ANEES is the average normalised estimation error squared, horizontal, over its dimension 2: 1
    is ideal, more is too sure, less is too careful. False fixes count in it, and one in the wrong
    place can outweigh all others: hence also ANEES without them.

    Source: Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and
    Navigation", 2001, 5.4 (NEES); Li and Zhao, "Measuring estimator's credibility", 2006 (ANEES).
    """

    availability: float  # share of the images on the map with a fix; NaN if none is on it
    anees: float
    anees_without_false_fixes: float
    share_in_95_ellipse: float
    height_bands: tuple[HeightBand, ...]  # of fixes whose height is known
    curve: tuple[CurvePoint, ...]  # from the surest fixes to all; empty without confidences
    tilt_bands: tuple[Band, ...] = ()  # of fixes whose tilt is known
    overlap_bands: tuple[Band, ...] = ()  # of fixes whose ground is known
    risk: tuple[RiskPoint, ...] = ()  # from the surest answers to all, published or not
    reliability: tuple[ReliabilityBin, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values; what is unknown is None."""
        return {
            'availability': none_if_nan(self.availability),
            'anees': none_if_nan(self.anees),
            'anees_without_false_fixes': none_if_nan(self.anees_without_false_fixes),
            'share_in_95_ellipse': none_if_nan(self.share_in_95_ellipse),
            'anees_by_height': [asdict(band) for band in self.height_bands],
            'false_fix_curve': [asdict(point) for point in self.curve],
            'anees_by_tilt': [asdict(band) for band in self.tilt_bands],
            'anees_by_overlap': [asdict(band) for band in self.overlap_bands],
            'risk_curve': [asdict(point) for point in self.risk],
            'reliability': [asdict(one) for one in self.reliability],
        }


def calibrate(answers: Sequence[ScoredAnswer], is_on_map: Sequence[bool]) -> Calibration:
    """
    Return how true the published covariances and confidences are.

    :param is_on_map: for each answer, whether its true point lies on the map.
    """
    fixes = [answer for answer in answers if answer.is_fix]
    squared_sigmas = np.array([fix.error_sigmas**2 for fix in fixes])
    is_true = np.array([not fix.is_false_fix for fix in fixes], bool)
    available = sum(o.is_fix for o, on_map in zip(answers, is_on_map, strict=True) if on_map)
    return Calibration(
        availability=available / sum(is_on_map) if any(is_on_map) else math.nan,
        anees=_mean(squared_sigmas / 2),
        anees_without_false_fixes=_mean(squared_sigmas[is_true] / 2),
        share_in_95_ellipse=_mean(squared_sigmas <= SIGMAS_95**2),
        height_bands=height_bands(fixes),
        curve=false_fix_curve(answers, is_on_map),
        tilt_bands=tilt_bands(answers),
        overlap_bands=overlap_bands(answers),
        risk=risk_curve(answers),
        reliability=reliability(answers),
    )


def false_fix_curve(
    answers: Sequence[ScoredAnswer], is_on_map: Sequence[bool]
) -> tuple[CurvePoint, ...]:
    """
    Return false fixes per published fix against availability, as the least confidence falls.

    At most 200 points, evenly drawn; none if no image is on the map. Fixes without a confidence
    are left out.
    """
    rated = [
        (answer.answer.confidence, answer.is_false_fix, on_map)
        for answer, on_map in zip(answers, is_on_map, strict=True)
        if answer.is_fix and answer.answer.confidence is not None
    ]
    if not rated or not any(is_on_map):
        return ()
    confidence, is_false, on_map = map(np.array, zip(*sorted(rated, reverse=True), strict=True))
    false_fixes, available = np.cumsum(is_false), np.cumsum(on_map)
    # Equal confidences are published together: a point stands at the last of each.
    last = np.append(np.flatnonzero(np.diff(confidence)), len(confidence) - 1)
    drawn = np.linspace(0, len(last) - 1, min(len(last), _MAX_CURVE_POINTS)).round().astype(int)
    return tuple(
        CurvePoint(
            confidence=float(confidence[i]),
            availability=float(available[i] / sum(is_on_map)),
            published=int(i) + 1,
            false_fixes=int(false_fixes[i]),
            false_per_fix=float(false_fixes[i] / (i + 1)),
        )
        for i in last[drawn]
    )


def height_bands(fixes: Sequence[ScoredAnswer]) -> tuple[HeightBand, ...]:
    """Return up to five bands with about as many fixes each."""
    known = [fix for fix in fixes if fix.height_agl_m is not None]
    if not known:
        return ()
    heights = np.array([fix.height_agl_m for fix in known])
    squared_sigmas = np.array([fix.error_sigmas**2 for fix in known])
    edges = np.unique(np.quantile(heights, np.linspace(0, 1, _NUM_HEIGHT_BANDS + 1)))
    band_of = np.searchsorted(edges[1:-1], heights, side='right')
    bands = []
    for band in np.unique(band_of):
        inside = band_of == band
        low, high = float(heights[inside].min()), float(heights[inside].max())
        anees = _mean(squared_sigmas[inside] / 2)
        bands.append(HeightBand(low, high, int(inside.sum()), anees))
    return tuple(bands)


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else math.nan
