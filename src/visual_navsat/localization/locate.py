# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Turn matches into a position with covariance, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from visual_navsat.config import PositionConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.correlate import MapMatches
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.map_match import MapMatch, MatchEvidence
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.localization.position_model import PositionModel

# Of the maps that the position model was fitted on.
PRICED_M2 = 3200.0**2


def is_sure(matches: Sequence[MapMatch], model: PositionModel, config: PositionConfig) -> bool:
    """Return whether the best of some matches is right often enough to be published."""
    if not matches:
        return False
    evidence = matches[0].evidence
    return model.probability(evidence) >= _min_probability(evidence, model, config)


def locate_center(
    found: MapMatches, model: PositionModel, config: PositionConfig
) -> PositionEstimate | Refusal:
    """Return the ground point under the photo's centre, or why it is unknown."""
    if not found.matches:
        return Refusal.of(found.reason)
    best, *rivals = found.matches
    if not is_sure(found.matches, model, config):
        lead = best.strength / rivals[0].strength if rivals else float('inf')
        min_probability = _min_probability(best.evidence, model, config)
        return Refusal(
            'ambiguous',
            f'the best place agrees {lead:.2f} times as well as the next: right with probability '
            f'{model.probability(best.evidence):.4f}, must be at least {min_probability:.4f}',
        )
    horizontal_m2 = model.covariance(best.evidence)
    return PositionEstimate.from_horizontal(*best.place, horizontal_m2, config.vertical_sigma_m)


def _min_probability(
    evidence: MatchEvidence, model: PositionModel, config: PositionConfig
) -> float:
    sure = model.sure_model(evidence.scope)
    return config.min_probability or sure.min_probability(config.max_false_rate)


def hypotheses_of(
    found: MapMatches, model: PositionModel, frame: LocalFrame, lever: Lever
) -> tuple[Hypothesis, ...]:
    """Return the places as hypotheses for a track, in its frame."""
    probabilities = model.probabilities(found.for_track)
    levers = [lever.at(match) for match in found.for_track]
    return tuple(
        Hypothesis(
            frame.enu_from_geodetic(*match.place) + found_lever.offset_m,
            model.covariance(match.evidence) + found_lever.covariance_m2,
            float(probability),
            match.searched_m2,
            PRICED_M2,
            found_lever.outline_m(match),
            found_lever.tilt_enu_m(match),
        )
        for match, found_lever, probability in zip(
            found.for_track, levers, probabilities, strict=True
        )
    )
