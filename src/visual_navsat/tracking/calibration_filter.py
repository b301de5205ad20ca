# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What compass, height and camera mount are off, learned from how matches deviate: the filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TYPE_CHECKING

import numpy as np
from visual_navsat.config import CalibrationConfig
from visual_navsat.localization.corrections import Corrections
from visual_navsat.tracking.odometry_drift import DRIFT_LENGTH_M, drift_step
from visual_navsat.tracking.track_gaussian import MAP_LENGTH_M

if TYPE_CHECKING:  # it imports torch, which takes seconds
    from visual_navsat.localization.deviation import Deviation

_HEADING, _SCALE, _TILT = slice(0, 1), slice(1, 2), slice(2, 4)
_LEARNED, _COMMON, _DRIFT = slice(0, 4), slice(4, 6), slice(6, 8)
_SIZE = 8
_WIDE_M = 1e5  # a map of any size: odometry alone says no place
_BOUND_SIGMAS = 3.0  # of the priors
# In standard deviations of what is expected: from the first on a match counts less, from the
# second on not at all; so many in a row, and what was learned is what is wrong.
_HUBER, _GATE, STRIKES = 2.0, 4.0, 4
_FAR_M = 50.0  # from where it is expected: another place
# What heading, log scale and tilts may change from one match to the next, standard deviations.
_WALK = np.array([0.1, 0.003, 0.02, 0.02])


@dataclass(frozen=True)
class CalibrationEstimate:
    """What is still to be corrected, as learned so far."""

    vector: np.ndarray  # (4,) as that of Corrections
    sigmas: np.ndarray  # (4,) standard deviations of its values
    matches: int  # that it was learned from
    outliers: int = 0  # matches that fitted nothing and were left out
    forgotten: int = 0  # how often something had to be learned anew

    @property
    def significance(self) -> np.ndarray:
        """(4,) how many standard deviations each value is from nothing."""
        return np.abs(self.vector) / self.sigmas


class _Row(NamedTuple):
    """One quantity that a match says."""

    learned: slice  # what is learned anew if it never fits
    seen: np.ndarray  # (k,)
    of_state: np.ndarray  # (k, 8)
    covariance: np.ndarray  # (k, k)


class CalibrationFilter:
    """
    A Kalman filter over heading, log scale and the two tilts of the camera.

    Heading and scale are seen by every match. A tilt puts the vehicle off by metres that turn with
    the image, against a reference: true positions, or those that odometry adds up. What found
    positions and reference are off in common, which does not turn, is estimated beside it, and so
    are scale and direction of the odometry.

    Matches that fit badly count less (Huber) or not at all; several of them in a row mean that it
    is the filter that is wrong, and the quantity is learned anew from its prior.

    Source: Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and
    Navigation", 2001, chapter 5; Huber, "Robust Statistics", 1981.
    """

    def __init__(
        self,
        config: CalibrationConfig,
        common_sigma_m: float = _WIDE_M,
        is_lasting: bool = False,
    ) -> None:
        """
        Begin with the priors.

        :param common_sigma_m: what found positions and reference are off in common, per axis.
        :param is_lasting: whether what is learned is the same all the time; else it may change
            slowly, as that of a flight does.
        """
        learned = config.heading_prior_deg, config.scale_prior, *(config.tilt_prior_deg,) * 2
        self._prior = np.array([*learned, common_sigma_m, common_sigma_m, 1.0, 1.0])
        self._walk = np.zeros(4) if is_lasting else _WALK
        self._mean = np.zeros(_SIZE)
        self._covariance = np.diag(self._prior**2)
        self._strikes = {0: 0, 1: 0, 2: 0}  # by the first index of what is learned
        self._matches = self._outliers = self._forgotten = 0

    @property
    def estimate(self) -> CalibrationEstimate:
        """Return what was learned so far, within three standard deviations of the priors."""
        bound = _BOUND_SIGMAS * self._prior[_LEARNED]
        return CalibrationEstimate(
            np.clip(self._mean[_LEARNED], -bound, bound),
            np.sqrt(np.diag(self._covariance)[_LEARNED]),
            self._matches,
            self._outliers,
            self._forgotten,
        )

    @property
    def common_m(self) -> tuple[np.ndarray, np.ndarray]:
        """(2,) what found positions are off the reference in common, and its sigmas, metres."""
        return self._mean[_COMMON].copy(), np.sqrt(np.diag(self._covariance)[_COMMON])

    def move(self, leg_m: np.ndarray | None, drift: float, map_sigma_m: float) -> None:
        """
        Let the reference move by odometry.

        :param leg_m: (2,) east and north; None where there was none.
        :param drift: of the odometry, metres per metre.
        :param map_sigma_m: what the map is off; that changes along the way.
        """
        if leg_m is None:
            self._forget(_COMMON)
            return
        way_m = float(np.hypot(*leg_m))
        # Its axes are often turned by the same compass.
        step = drift_step(leg_m, drift, np.radians(self._prior[0]))
        transition = np.eye(_SIZE)
        transition[_COMMON, _DRIFT] = -step.lasting_m
        kept = np.exp(-way_m / DRIFT_LENGTH_M)
        transition[_DRIFT, _DRIFT] *= kept
        self._mean = transition @ self._mean
        self._covariance = transition @ self._covariance @ transition.T
        new_m2 = step.white_sigma_m**2 + 2 * map_sigma_m**2 * (1 - np.exp(-way_m / MAP_LENGTH_M))
        self._covariance[_COMMON, _COMMON] += new_m2 * np.eye(2)
        self._covariance[_DRIFT, _DRIFT] += (1 - kept**2) * np.eye(2)

    def see(
        self,
        deviation: Deviation,
        applied: Corrections,
        reference_m: np.ndarray | None,
    ) -> bool:
        """
        Take a published match; return whether it counted.

        :param applied: of what is learned here, what had been corrected for it.
        :param reference_m: (2,) where it puts the vehicle, its error counted in that of the match;
            None if a tilt cannot be told.
        """
        rows = _rows(deviation, applied, reference_m)
        self._covariance[_LEARNED, _LEARNED] += np.diag(self._walk**2)
        distances = [self._distance(row) for row in rows]
        is_wrong = any(map(self._tells_of_a_wrong_match, rows, distances))
        for row, distance in zip(rows, distances, strict=True):
            self._note_strike(row, distance)
        if is_wrong:
            self._outliers += 1
            return False
        self._matches += 1
        for row, distance in zip(rows, distances, strict=True):
            if distance <= _GATE:
                self._take(row, max(distance / _HUBER, 1.0))
        return True

    def _tells_of_a_wrong_match(self, row: _Row, distance: float) -> bool:
        if row.learned == _TILT:
            # Nearer, it is rather the odometry that is off.
            far_m = np.hypot(*(row.seen - row.of_state @ self._mean))
            return distance > _GATE and bool(far_m > _FAR_M)
        # More than may be learned explains no match.
        bound = _BOUND_SIGMAS * (self._prior[row.learned] + np.sqrt(row.covariance[0]))
        return distance > _GATE or bool(abs(row.seen) > bound)

    def _note_strike(self, row: _Row, distance: float) -> None:
        start = row.learned.start
        self._strikes[start] = self._strikes[start] + 1 if distance > _GATE else 0
        if self._strikes[start] >= STRIKES:
            self._strikes[start] = 0
            self._forgotten += 1
            self._forget(row.learned)
            if row.learned == _TILT:
                self._forget(_COMMON)

    def _distance(self, row: _Row) -> float:
        innovation = row.seen - row.of_state @ self._mean
        total = row.of_state @ self._covariance @ row.of_state.T + row.covariance
        return float(np.sqrt(innovation @ np.linalg.solve(total, innovation)))

    def _take(self, row: _Row, widened: float) -> None:
        noise = row.covariance * widened
        crossed = self._covariance @ row.of_state.T
        gain = np.linalg.solve(row.of_state @ crossed + noise, crossed.T).T
        self._mean = self._mean + gain @ (row.seen - row.of_state @ self._mean)
        left = np.eye(_SIZE) - gain @ row.of_state
        # Joseph's form: it stays positive where the prior is wide.
        self._covariance = left @ self._covariance @ left.T + gain @ noise @ gain.T

    def _forget(self, part: slice) -> None:
        self._mean[part] = 0.0
        self._covariance[part, :] = self._covariance[:, part] = 0.0
        self._covariance[part, part] = np.diag(self._prior[part] ** 2)


def _rows(
    deviation: Deviation,
    applied: Corrections,
    reference_m: np.ndarray | None,
) -> list[_Row]:
    """Return what a match says of all that is to be corrected, before any of it was."""
    reach = np.radians(deviation.tilt_reach)  # per degree
    had = applied.vector
    rows = []

    def add(learned: slice, found: np.ndarray, of_learned: np.ndarray, noise: np.ndarray) -> None:
        of_state = np.zeros((len(found), _SIZE))
        of_state[:, _LEARNED] = of_learned
        if learned == _TILT:
            of_state[:, _COMMON] = np.eye(2)
        rows.append(_Row(learned, found + of_learned @ had, of_state, noise))

    if deviation.heading_deg is not None:
        of_heading = np.array([[1.0, 0.0, *np.degrees(reach[3])]])
        found = np.array([deviation.heading_deg])
        add(_HEADING, found, of_heading, np.array([[deviation.heading_sigma_deg**2]]))
    if deviation.log_scale is not None:
        of_scale = np.array([[0.0, 1.0, *reach[2]]])
        found = np.array([deviation.log_scale])
        add(_SCALE, found, of_scale, np.array([[deviation.log_scale_sigma**2]]))
    if reference_m is not None:
        of_tilt = np.hstack([np.zeros((2, 2)), reach[:2]])
        add(_TILT, deviation.position_m - reference_m, of_tilt, deviation.covariance_m2)
    return rows
