# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether the autopilot's GNSS is where the map's fixes are: one that walks away is spoofed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.autopilot.carry import carry, MotionError
from visual_navsat.autopilot.motion_buffer import MotionBuffer
from visual_navsat.autopilot.near_frame import en_m
from visual_navsat.autopilot.sender import Outgoing
from visual_navsat.autopilot.vehicle import FIX_3D, Located
from visual_navsat.localization.position import PositionEstimate

_SPAN_NS = 15_000_000_000
_MIN_DIFFERENCES = 4
_MAX_GNSS_AGE_NS = 1_000_000_000
_MAX_SIGMAS = 5.0
_WALK_SIGMAS = 3.5
# What no number of differences averages out: what the map is off, and how late GNSS is.
_MAP_SIGMA_M = 1.0
_LATENCY_SIGMA_S = 0.2
_MIN_GNSS_SIGMA_M = 1.0  # receivers claim less than their multipath
_UNSTATED_SIGMA_M = 5.0


@dataclass(frozen=True)
class GnssDifference:
    """How far GNSS is from the map's fixes, over the last seconds."""

    mean_en_m: np.ndarray  # (2,) GNSS minus fixes
    sigmas: float  # Mahalanobis distance under both covariances
    rate_en_m_s: np.ndarray  # (2,) how fast the difference grows
    rate_sigmas: float

    @property
    def is_consistent(self) -> bool:
        """Whether chance explains the difference."""
        return self.sigmas <= _MAX_SIGMAS

    @property
    def walks_away(self) -> bool:
        """Whether it is inconsistent and grows."""
        grows = float(self.mean_en_m @ self.rate_en_m_s) > 0
        return not self.is_consistent and grows and self.rate_sigmas > _WALK_SIGMAS


@dataclass(frozen=True)
class _Difference:
    stamp_ns: int
    en_m: np.ndarray  # (2,)
    fix_m2: np.ndarray  # (2, 2)
    gnss_m2: np.ndarray  # (2, 2)


class GnssWatch:
    """
    Compare GNSS with each new fix, and judge all of fifteen seconds together.

    The errors of single fixes are taken as independent and average out; that of GNSS hardly
    changes in this time and does not.
    """

    def __init__(self) -> None:
        self._differences: deque[_Difference] = deque()

    def take(self, outgoing: Outgoing, gnss: Located | None, motion: MotionBuffer) -> None:
        """Compare a fix, carried to the time of sending, with GNSS carried to it as well."""
        if gnss is None or gnss.fix_type < FIX_3D or not outgoing.is_new:
            return
        leg = motion.leg(gnss.heard_ns, outgoing.stamp_ns)
        if leg is None or outgoing.stamp_ns - gnss.heard_ns > _MAX_GNSS_AGE_NS:
            return
        sigma_m = gnss.sigma_m if math.isfinite(gnss.sigma_m) else _UNSTATED_SIGMA_M
        variance_m2 = max(sigma_m, _MIN_GNSS_SIGMA_M) ** 2
        heard = PositionEstimate.from_horizontal(
            gnss.latitude, gnss.longitude, variance_m2 * np.eye(2), math.nan
        )
        there = carry(heard, leg, MotionError())
        # It was there a moment before it was heard: off along the way that the vehicle goes.
        late_m = _LATENCY_SIGMA_S * motion.velocity_en(outgoing.stamp_ns)
        fix = outgoing.position
        self.add(
            outgoing.stamp_ns,
            en_m(fix.latitude, fix.longitude, there.latitude, there.longitude),
            fix.horizontal_covariance_m2,
            there.horizontal_covariance_m2 + np.outer(late_m, late_m),
        )

    def add(
        self, stamp_ns: int, en_m: np.ndarray, fix_m2: np.ndarray, gnss_m2: np.ndarray
    ) -> None:
        """
        Take one difference.

        :param en_m: (2,) GNSS minus fix, metres east and north.
        :param fix_m2: (2, 2) covariance of the fix, independent of that of other fixes.
        :param gnss_m2: (2, 2) covariance of what stays the same for the next ones.
        """
        self._differences.append(_Difference(stamp_ns, en_m, fix_m2, gnss_m2))
        while not 0 <= stamp_ns - self._differences[0].stamp_ns <= _SPAN_NS:
            self._differences.popleft()

    def difference(self, now_ns: int) -> GnssDifference | None:
        """Return what the last seconds say, None where there is too little."""
        lately = [d for d in self._differences if 0 <= now_ns - d.stamp_ns <= _SPAN_NS]
        if len(lately) < _MIN_DIFFERENCES:
            return None
        weights = np.linalg.inv(np.array([d.fix_m2 for d in lately]))  # (n, 2, 2)
        differences_m = np.array([d.en_m for d in lately])
        of_mean_m2 = np.linalg.inv(weights.sum(axis=0))
        mean_m = of_mean_m2 @ np.einsum('nij,nj->i', weights, differences_m)
        lasting_m2 = np.mean([d.gnss_m2 for d in lately], axis=0) + _MAP_SIGMA_M**2 * np.eye(2)
        sigmas = _mahalanobis(mean_m, of_mean_m2 + lasting_m2)
        seconds = np.array([(d.stamp_ns - lately[-1].stamp_ns) / 1e9 for d in lately])
        seconds -= seconds.mean()
        moment = float(seconds @ seconds)
        rate = seconds @ differences_m / moment if moment > 0 else np.zeros(2)
        # White noise as large as both: GNSS does not wander as fast as that.
        each_m2 = np.mean([d.fix_m2 + d.gnss_m2 for d in lately], axis=0)
        rate_sigmas = _mahalanobis(rate, each_m2 / moment) if moment > 0 else 0.0
        return GnssDifference(mean_m, sigmas, rate, rate_sigmas)


def _mahalanobis(vector: np.ndarray, covariance: np.ndarray) -> float:
    return float(np.sqrt(vector @ np.linalg.solve(covariance, vector)))
