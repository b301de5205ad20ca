# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How probable and how exact a match is, as fitted on procedural worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from visual_navsat.errors import ConfigError
from visual_navsat.files import read_package_json
from visual_navsat.localization.map_match import (
    COARSE,
    FEATURES,
    MapMatch,
    MatchEvidence,
    PART,
    WHOLE,
)

COVARIANCE_VALUES = ('peak_share', 'noise_share', 'floor_m', 'bend_m')
_MODEL_FILE = 'position_model.json'  # beside this file
_SHARE_OF_RIVALS = 0.5  # of the probability that the best place is wrong


@dataclass(frozen=True)
class SureModel:
    """
    The log odds of the best place being right: ``x + knee_weight * max(0, x - knee)``.

    ``x`` is ``bias + weights . features``. Beyond the knee, where few matches are wrong, the odds
    rise more steeply than a straight line through all of them.
    """

    bias: float
    weights: tuple[float, ...]
    knee: float
    knee_weight: float
    min_probability: float  # at which one in a thousand published positions is false

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Return (...,) log odds of (..., F) features."""
        line = self.bias + np.asarray(features) @ np.array(self.weights)
        return line + self.knee_weight * np.maximum(line - self.knee, 0.0)

    def probability(self, features: np.ndarray) -> np.ndarray:
        """Return (...,) probabilities of (..., F) features."""
        return 1 / (1 + np.exp(-np.clip(self.log_odds(features), -30, 30)))


@dataclass(frozen=True)
class PositionModel:
    """
    The probability and covariance of a match, fitted by bench/fit_position.py.

    The horizontal covariance is ``peak_share`` times the squared half width of the peak, plus
    ``noise_share`` times the same over the squared sigmas of the peak, plus ``floor_m`` squared,
    plus ``bend_m`` squared for a footprint of 100 m: a map is bent from place to place, and the
    smaller a footprint, the less of that averages out.
    """

    whole: SureModel  # of each scope, see MatchEvidence
    coarse: SureModel
    part: SureModel
    peak_share: float
    noise_share: float
    floor_m: float
    bend_m: float

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PositionModel:
        """Return the model of the JSON file; raise ConfigError if it is not of this version."""
        try:
            whole, coarse, part = (
                SureModel(**{**values[scope], 'weights': tuple(values[scope]['weights'])})
                for scope in (WHOLE, COARSE, PART)
            )
            if {len(model.weights) for model in (whole, coarse, part)} != {len(FEATURES)}:
                raise ValueError
            shares = {key: values[key] for key in COVARIANCE_VALUES}
            return cls(whole, coarse, part, **shares)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f'{_MODEL_FILE} is not of this version: fit it again with python -m '
                'bench.fit_position, or install visual_navsat again'
            ) from error

    def sure_model(self, scope: str) -> SureModel:
        """Return the model for the matches of a search, by its scope."""
        return {WHOLE: self.whole, COARSE: self.coarse, PART: self.part}[scope]

    def probability(self, evidence: MatchEvidence) -> float:
        """Return the probability that the best match of a search is the right place."""
        return float(self.sure_model(evidence.scope).probability(evidence.features))

    def probabilities(self, matches: Sequence[MapMatch]) -> np.ndarray:
        """
        Return (N,) probabilities that each match of a search is the right place.

        :param matches: strongest first. The rivals share half of what the best one leaves, by how
            far they lag behind it; the other half is left to all other places.
        """
        if not matches:
            return np.zeros(0)
        first = self.probability(matches[0].evidence)
        weights = np.exp([match.evidence.lag_sigmas for match in matches])
        weights[0] = 0.0
        total = weights.sum()
        probabilities = (1 - first) * _SHARE_OF_RIVALS * weights / total if total > 0 else weights
        probabilities[0] = first
        return probabilities

    def covariance(self, evidence: MatchEvidence) -> np.ndarray:
        """Return (2, 2) m^2, east and north, of a match that is the right place."""
        share = self.peak_share + self.noise_share / max(evidence.sigmas, 1.0) ** 2
        everywhere_m2 = self.floor_m**2 + (self.bend_m * 100.0 / evidence.footprint_m) ** 2
        return share * evidence.squared_width_m2 + np.eye(2) * everywhere_m2


@cache
def load_position_model() -> PositionModel:
    """Return the model that ships with the package; raise ConfigError if it is missing."""
    return PositionModel.from_dict(read_package_json(__package__, _MODEL_FILE))
