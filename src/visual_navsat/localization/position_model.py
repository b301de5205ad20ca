# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How probable and how exact a match is, as fitted on procedural worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
_MAX_DOUBT = 0.5  # a place that is more likely wrong than right is never published
_SHARE_OF_RIVALS = 0.5  # of the probability that the best place is wrong


@dataclass(frozen=True)
class SureModel:
    """
    The log odds of the best place being right: ``x + knee_weight * max(0, x - knee)``.

    ``x`` is ``bias + weights . features``. Beyond the knee, where few matches are wrong, the odds
    rise more steeply than a straight line through all of them. They hold for the share of photos
    off the map that the model was fitted with; :meth:`with_off_map_share` moves them to another.
    """

    bias: float
    weights: tuple[float, ...]
    knee: float
    knee_weight: float
    off_map_share: float  # of the photos that it was fitted on
    lost_share: float  # of the fitted photos on the map, those whose best place was wrong
    # Of the published photos, how doubtful the last one is (1 less its probability) over how many
    # of all of them are wrong; fitted where one in a thousand is.
    doubt_per_rate: float
    shift: float = 0.0  # of the log odds, by the share of photos off the map

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SureModel:
        """Return the model of these values of a JSON file."""
        return cls(**{**values, 'weights': tuple(values['weights'])})

    def with_off_map_share(self, share: float) -> SureModel:
        """
        Return the model for another share of photos that show ground off the map.

        Wrong best places look alike, whether the photo is off the map or on it and lost. So only
        the odds of right to wrong ones before the evidence change.
        """
        before = _prior_log_odds(self.off_map_share, self.lost_share)
        return replace(self, shift=_prior_log_odds(share, self.lost_share) - before)

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Return (...,) log odds of (..., F) features."""
        line = self.bias + np.asarray(features) @ np.array(self.weights)
        return line + self.knee_weight * np.maximum(line - self.knee, 0.0) + self.shift

    def probability(self, features: np.ndarray) -> np.ndarray:
        """Return (...,) probabilities of (..., F) features."""
        return 1 / (1 + np.exp(-np.clip(self.log_odds(features), -30, 30)))

    def min_probability(self, max_false_rate: float) -> float:
        """Return from which probability on positions are published, for a share of false ones."""
        return 1.0 - min(self.doubt_per_rate * max_false_rate, _MAX_DOUBT)


def _prior_log_odds(off_map_share: float, lost_share: float) -> float:
    """Return the log odds that a best place is right before its evidence is seen."""
    right = (1 - off_map_share) * (1 - lost_share)
    return float(np.log(right / (1 - right)))


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
                SureModel.from_dict(values[scope]) for scope in (WHOLE, COARSE, PART)
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

    def with_off_map_share(self, share: float) -> PositionModel:
        """Return the model where this share of the photos shows ground that is off the map."""
        whole, coarse, part = (
            model.with_off_map_share(share) for model in (self.whole, self.coarse, self.part)
        )
        return replace(self, whole=whole, coarse=coarse, part=part)

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
