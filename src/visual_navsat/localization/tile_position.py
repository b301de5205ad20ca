# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Turn ranked tiles into a position: the best tile's centre, where there is no correlation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from visual_navsat.config import PositionConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.retrieval.background import background_sigma, distinctness
from visual_navsat.retrieval.result import RetrievalResult
from visual_navsat.retrieval.tile_evidence import TileEvidence

_MIN_PROBABILITY = 0.01  # of a tile that becomes a hypothesis


def estimate_position(
    ranked: Sequence[RetrievalResult],
    rival: float,
    background_similarities: np.ndarray,
    background_quantiles: Sequence[float],
    config: PositionConfig,
) -> PositionEstimate | Refusal:
    """
    Return the best tile's centre, or a refusal if it is no more distinct than wrong places are.

    :param ranked: tiles, most similar first, at least one.
    :param rival: similarity of the best tile elsewhere.
    :param background_similarities: (S,) similarities of the query to a sample of the map.
    :param background_quantiles: 101 quantiles of how distinct wrong places are on this map, as
        :func:`~visual_navsat.retrieval.background.map_background` gives them; empty if unknown.
    """
    if len(background_quantiles) and config.background_quantile > 0:
        found = distinctness(ranked[0].similarity_score, rival, background_similarities)
        needed = float(
            np.interp(config.background_quantile, np.linspace(0, 1, 101), background_quantiles)
        )
        if found <= needed:
            return Refusal(
                'no_match',
                f'the best tile rises {found:.2f} times as far above the map as its best rival, '
                f'wrong places reach {needed:.2f}',
            )
    best = ranked[0].tile_metadata
    horizontal_m2 = _horizontal_covariance(ranked, background_sigma(background_similarities))
    place = best.center_lat, best.center_long
    return PositionEstimate.from_horizontal(*place, horizontal_m2, config.vertical_sigma_m)


def _horizontal_covariance(
    ranked: Sequence[RetrievalResult], similarity_sigma: float
) -> np.ndarray:
    """
    Return (2, 2) m^2 about the best tile's centre: within a tile, and between the ranked tiles.

    A tile weighs exp of its similarity less the best one's, in standard deviations of the
    background. The weighting is a model, not a measured calibration.
    """
    best = ranked[0].tile_metadata
    frame = LocalFrame(best.center_lat, best.center_long)
    tiles = [result.tile_metadata for result in ranked]
    offsets_m = frame.enu_from_geodetic(
        [tile.center_lat for tile in tiles], [tile.center_long for tile in tiles]
    )
    similarities = np.array([result.similarity_score for result in ranked])
    weights = np.exp((similarities - similarities[0]) / max(similarity_sigma, 1e-6))
    weights /= weights.sum()
    between = np.einsum('k,ki,kj->ij', weights, offsets_m, offsets_m)
    within = np.diag(np.square(best.size_m) / 12)  # variance of a uniform distribution
    return between + within


def tile_hypotheses(evidence: TileEvidence) -> tuple[Hypothesis, ...]:
    """Return the most probable tiles as hypotheses for a track, each uniform over its tile."""
    chosen = np.flatnonzero(evidence.probabilities >= _MIN_PROBABILITY)
    west, south, east, north = evidence.boxes_enu_m[chosen].T
    return tuple(
        Hypothesis(np.array([e0 + e1, n0 + n1]) / 2, np.diag([e1 - e0, n1 - n0]) ** 2 / 12, p)
        for e0, n0, e1, n1, p in zip(
            west, south, east, north, map(float, evidence.probabilities[chosen]), strict=True
        )
    )
