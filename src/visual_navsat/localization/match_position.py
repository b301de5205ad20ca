"""Turn places that agree with a photo into a position with covariance, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from visual_navsat.config import PositionConfig
from visual_navsat.errors import ConfigError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.view import View
from visual_navsat.localization.map_match import MapMatches, PlacedMatch
from visual_navsat.localization.position import REASONS, PositionEstimate, Refusal
from visual_navsat.localization.track import Hypothesis
from visual_navsat.resources import find_shared_file

_MODEL_FILE = 'config/position_model.json'
_MAX_RATIO = 10.0  # beyond this a peak is as distinct as it can be
_SHARE_OF_RIVALS = 0.5  # of the probability that the best place is wrong; the rest is elsewhere


@dataclass(frozen=True)
class PositionModel:
    """
    How sure a match is and how exact, fitted on procedural worlds by bench/fit_position.py.

    The log odds of the best place being right are ``bias + weights . features``; the horizontal
    covariance is ``peak_share`` times the squared width of the peak, plus ``floor_m`` squared.
    """

    bias: float
    weights: tuple[float, ...]
    min_probability: float  # at which one in a thousand published positions is false
    peak_share: float
    floor_m: float

    def probability(self, matches: MapMatches) -> float:
        """Return the probability that the best place is the right one."""
        log_odds = self.bias + float(np.dot(self.weights, match_features(matches)))
        return float(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))))

    def covariance(self, place: PlacedMatch) -> np.ndarray:
        """Return (2, 2) m^2, east and north, of a place that is right."""
        return self.peak_share * squared_width(place) + np.eye(2) * self.floor_m**2


def match_features(matches: MapMatches) -> np.ndarray:
    """
    Return what tells right from wrong, (2,): log of the peak ratio less one, and the sigmas by
    which the best place stands above the background.

    Not the strength itself: it says how alike the two days look, and not whether the place is
    right.
    """
    ratio = min(matches.peak_ratio, _MAX_RATIO)
    background = matches.background
    above = matches.places[0].match.coarse_strength - background.mean
    sigmas = above / max(background.std, 1e-6)
    return np.array([np.log(max(ratio - 1, 1e-3)), min(sigmas, 30.0)])


def squared_width(place: PlacedMatch) -> np.ndarray:
    """
    Return (2, 2) m^2: the squared half width of the peak, by its curvature and height.

    A peak without a top in some direction is taken as 20 m wide there.
    """
    values, vectors = np.linalg.eigh(place.match.curvature_per_m2)
    sharpness = np.maximum(-values, place.match.score / 20.0**2)
    return (vectors * (place.match.score / sharpness)) @ vectors.T


@cache
def load_position_model() -> PositionModel:
    """Return the model that ships with the package; raise ConfigError if it is missing."""
    path = find_shared_file(_MODEL_FILE)
    if path is None:
        raise ConfigError(f'{_MODEL_FILE} is missing: install visual_navsat again')
    values = json.loads(path.read_text(encoding='utf-8'))
    return PositionModel(
        values['bias'],
        tuple(values['weights']),
        values['min_probability'],
        values['peak_share'],
        values['floor_m'],
    )


def position_of(
    matches: MapMatches, model: PositionModel, config: PositionConfig
) -> PositionEstimate | Refusal:
    """Return the ground point under the photo's centre, or why it is not known."""
    if not matches.places:
        return Refusal(matches.reason, REASONS[matches.reason])
    min_probability = config.min_probability or model.min_probability
    probability = model.probability(matches)
    if probability < min_probability:
        return Refusal(
            'ambiguous',
            f'the best place agrees {matches.peak_ratio:.2f} times as well as the next: '
            f'right with probability {probability:.4f}, {min_probability:.4f} is asked for',
        )
    best = matches.places[0]
    covariance = np.zeros((3, 3))
    covariance[:2, :2] = model.covariance(best)
    covariance[2, 2] = config.vertical_sigma_m**2
    return PositionEstimate(*best.geodetic, covariance)


def tilt_sigma_m(
    view: View, is_lever_known: bool, footprint_m: float, unknown_tilt_deg: float
) -> float:
    """
    Return how far the tilt may put the vehicle beside where it seems to be, metres per axis.

    :param view: as it was given, before it was used up.
    :param is_lever_known: an attitude without camera or height says that the vehicle is not
        above the ground that it looks at, but not where: it then counts as none.
    :param footprint_m: longer side of the ground that the photo shows; stands for the height
        where that is unknown, as for a lens of 53 degrees.
    :param unknown_tilt_deg: standard deviation of the tilt where the lever is unknown.
    """
    tilt_deg = view.tilt_sigma_deg if is_lever_known else unknown_tilt_deg
    height_m = footprint_m if view.height_agl_m is None else view.height_agl_m
    return height_m * float(np.tan(np.radians(tilt_deg)))


def move_to_vehicle(
    center: PositionEstimate | Refusal, lever_m: np.ndarray, sigma_m: float
) -> PositionEstimate | Refusal:
    """
    Return the vehicle's position from that of the ground point under the photo's centre.

    :param lever_m: (2,) from that point to the vehicle, east and north; zero where it is unknown.
    :param sigma_m: standard deviation of the lever per axis, from :func:`tilt_sigma_m`.
    """
    if isinstance(center, Refusal):
        return center
    covariance = center.covariance_enu_m2.copy()
    covariance[:2, :2] += np.eye(2) * sigma_m**2
    lat, long = LocalFrame(center.latitude, center.longitude).geodetic_from_enu(lever_m)
    return PositionEstimate(float(lat), float(long), covariance, center.altitude_m)


def hypotheses_of(
    matches: MapMatches,
    model: PositionModel,
    frame: LocalFrame,
    lever_m: Sequence[float],
    sigma_m: float,
) -> tuple[Hypothesis, ...]:
    """
    Return the places as hypotheses for the track, in its frame.

    :param lever_m: (2,) from the ground point under the photo's centre to the vehicle.
    :param sigma_m: standard deviation of the lever per axis.
    """
    if not matches.places:
        return ()
    first = model.probability(matches)
    scores = np.array([place.match.strength for place in matches.places])
    weights = np.exp((scores - scores[0]) / max(matches.background.std, 1e-6))
    weights[0] = 0.0
    total = weights.sum()
    probabilities = (
        (1 - first) * _SHARE_OF_RIVALS * weights / total if total > 0 else np.zeros(len(weights))
    )
    probabilities[0] = first
    return tuple(
        Hypothesis(
            frame.enu_from_geodetic(*place.geodetic) + np.asarray(lever_m),
            model.covariance(place) + np.eye(2) * sigma_m**2,
            float(probability),
        )
        for place, probability in zip(matches.places, probabilities, strict=True)
    )
