# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What compass, height and camera mount were off in a recorded flight, by its true positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from visual_navsat.config import CalibrationConfig
from visual_navsat.localization.corrections import Corrections
from visual_navsat.localization.deviation import Deviation
from visual_navsat.tracking.calibration_filter import CalibrationFilter, STRIKES
from visual_navsat.tracking.calibration_state import CalibrationState, is_significant

_COMMON_SIGMA_M = 5.0  # what a map and GNSS are off each other, per axis
_MEDIAN_OF_CHI_SQUARED = {1: 0.455, 2: 1.386}  # by the degrees of freedom
_LEAST_SHARE = 0.3  # of the errors that are claimed; less is chance
_LEAST_PAIRS = 8
_STRAIGHT_RAD = np.radians(20.0)


@dataclass(frozen=True)
class Match:
    """A published match beside the truth."""

    name: str  # of the image
    deviation: Deviation
    true_m: np.ndarray  # (2,) of the vehicle, in the map's frame


@dataclass(frozen=True)
class LearnedCalibration:
    """What a recorded flight tells."""

    state: CalibrationState
    map_less_gnss_m: np.ndarray  # (2,) east and north
    map_sigmas_m: np.ndarray  # (2,)
    # The first image for which the values hold; empty: all. It changed on the way where something
    # had to be learned anew.
    since: str = ''


def learn_calibration(
    matches: Sequence[Match],
    config: CalibrationConfig,
    truth_sigma_m: float,
    first: LearnedCalibration | None = None,
) -> LearnedCalibration:
    """
    Return what is off beyond what is configured, the same for all matches.

    How far single images are off follows from how they differ from one to the next: at most as far
    as they claim, since that counts what is the same in all of them too.

    :param truth_sigma_m: standard deviation of the true positions, per axis.
    :param first: by what it says these matches had been corrected, if by anything: the values are
        those beyond what is configured all the same.
    """
    applied = first.state.learned if first else Corrections()
    was_used = first.state.is_used if first else np.zeros(4, bool)
    learner = CalibrationFilter(config, _COMMON_SIGMA_M, is_lasting=True)
    since, forgotten = '', 0
    steady = _with_errors_as_they_differ(_beside(matches, truth_sigma_m))
    for number, match in enumerate(steady):
        learner.see(match.deviation, applied, match.true_m)
        if learner.estimate.forgotten > forgotten:
            forgotten = learner.estimate.forgotten
            since = steady[number + 1 - STRIKES].name
    estimate = learner.estimate
    is_used = is_significant(estimate, was_used)
    state = CalibrationState(Corrections.of(config), estimate, is_used)
    return LearnedCalibration(state, *learner.common_m, since)


def _beside(matches: Sequence[Match], truth_sigma_m: float) -> list[Match]:
    """Return the matches with the error of the truth in that of their positions."""
    added_m2 = truth_sigma_m**2 * np.eye(2)
    return [
        replace(
            one,
            deviation=replace(one.deviation, covariance_m2=one.deviation.covariance_m2 + added_m2),
        )
        for one in matches
    ]


def _with_errors_as_they_differ(matches: Sequence[Match]) -> list[Match]:
    """Return the matches with standard deviations of what differs from one to the next."""
    deviations = [match.deviation for match in matches]
    pairs = list(pairwise(deviations))
    headings = [
        (other.heading_deg - one.heading_deg, one.heading_sigma_deg, other.heading_sigma_deg)
        for one, other in pairs
        if one.heading_deg is not None and other.heading_deg is not None
    ]
    scales = [
        (other.log_scale - one.log_scale, one.log_scale_sigma, other.log_scale_sigma)
        for one, other in pairs
        if one.log_scale is not None and other.log_scale is not None
    ]
    heading, scale = (
        _share([difference**2 / (a**2 + b**2) for difference, a, b in values], dimensions=1)
        for values in (headings, scales)
    )
    tilt = _share([_squared_step(*pair) for pair in pairwise(matches) if _is_straight(*pair)], 2)
    return [
        replace(
            match,
            deviation=replace(
                match.deviation,
                heading_sigma_deg=heading * match.deviation.heading_sigma_deg,
                log_scale_sigma=scale * match.deviation.log_scale_sigma,
                covariance_m2=tilt**2 * match.deviation.covariance_m2,
            ),
        )
        for match in matches
    ]


def _squared_step(one: Match, other: Match) -> float:
    """Return the squared difference of where two positions are off, over what they claim."""
    step_m = (other.deviation.position_m - other.true_m) - (one.deviation.position_m - one.true_m)
    both_m2 = one.deviation.covariance_m2 + other.deviation.covariance_m2
    return float(step_m @ np.linalg.solve(both_m2, step_m))


def _is_straight(one: Match, other: Match) -> bool:
    """Return whether the image has hardly turned: a tilt puts both off alike, and so the map."""
    up, other_up = (match.deviation.tilt_reach[:2, 1] for match in (one, other))
    cosine = up @ other_up / (np.linalg.norm(up) * np.linalg.norm(other_up))
    return bool(cosine > np.cos(_STRAIGHT_RAD))


def _share(squared: Sequence[float], dimensions: int) -> float:
    """
    Return how large errors are over what they claim.

    :param squared: of each difference, over the variance that it should have.
    """
    if len(squared) < _LEAST_PAIRS:
        return 1.0
    ratio = np.median(squared) / _MEDIAN_OF_CHI_SQUARED[dimensions]
    return float(np.clip(np.sqrt(ratio), _LEAST_SHARE, 1.0))
