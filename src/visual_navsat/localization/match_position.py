"""Turn places that agree with a photo into a position with covariance, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visual_navsat.config import PositionConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.view import View
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.map_match import MapMatches, PlacedMatch
from visual_navsat.localization.match_features import squared_width
from visual_navsat.localization.position import REASONS, PositionEstimate, Refusal
from visual_navsat.localization.position_model import PositionModel

_SHARE_OF_RIVALS = 0.5  # of the probability that the best place is wrong; the rest is elsewhere


def position_of(
    matches: MapMatches, model: PositionModel, config: PositionConfig
) -> PositionEstimate | Refusal:
    """Return the ground point under the photo's centre, or why it is not known."""
    if not matches.places:
        return Refusal(matches.reason, REASONS[matches.reason])
    min_probability = config.min_probability or model.sure_model(matches).min_probability
    probability = model.probability(matches)
    if probability < min_probability:
        return Refusal(
            'ambiguous',
            f'the best place agrees {matches.peak_ratio:.2f} times as well as the next: '
            f'right with probability {probability:.4f}, {min_probability:.4f} is asked for',
        )
    best = matches.places[0]
    covariance = np.zeros((3, 3))
    covariance[:2, :2] = _covariance(matches, best, model)
    covariance[2, 2] = config.vertical_sigma_m**2
    return PositionEstimate(*best.geodetic, covariance)


def _covariance(matches: MapMatches, place: PlacedMatch, model: PositionModel) -> np.ndarray:
    return model.covariance(squared_width(place), matches.sigmas(place), matches.footprint_m)


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
            _covariance(matches, place, model) + np.eye(2) * sigma_m**2,
            float(probability),
            place.searched_m2,
        )
        for place, probability in zip(matches.places, probabilities, strict=True)
    )
