# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Compare GNSS with where the images say that the vehicle is: spoofing shows as a difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.tracking.time_buffer import interpolate_linear, TimeBuffer

# Two honest sensors are this far apart once in 270,000 images (two dimensions, Gaussian).
_MAX_SIGMA = 5.0
# What an open sky gives a receiver that does not state its covariance.
_UNSTATED_SIGMA_M = 10.0


@dataclass(frozen=True)
class GnssVerdict:
    """How far GNSS is from the images' position."""

    distance_m: float
    sigmas: float  # Mahalanobis distance under both covariances

    @property
    def is_consistent(self) -> bool:
        """Whether chance explains the difference."""
        return self.sigmas <= _MAX_SIGMA

    def __str__(self) -> str:
        word = 'consistent' if self.is_consistent else 'inconsistent'
        return f'{word} ({self.distance_m:.0f} m, {self.sigmas:.1f} sigma)'


class GnssCheck:
    """Keep GNSS positions by their stamps and judge them; they never enter a fix."""

    def __init__(self, frame: LocalFrame, max_age_s: float, max_speed_m_per_s: float) -> None:
        """:param max_speed_m_per_s: how fast the vehicle leaves a position that is not new."""
        self._frame = frame
        self._max_speed_m_per_s = max_speed_m_per_s
        # Rows: position, and the two rows of its covariance.
        self._buffer: TimeBuffer[np.ndarray] = TimeBuffer(max_age_s, interpolate_linear)

    def clear(self) -> None:
        """Forget all positions."""
        self._buffer.clear()

    def add(
        self, stamp_ns: int, lat: float, long: float, covariance_enu_m2: np.ndarray | None
    ) -> None:
        """
        Take a position of the receiver.

        :param covariance_enu_m2: (2, 2) of east and north, None where it is not stated.
        """
        if covariance_enu_m2 is None:
            covariance_enu_m2 = np.eye(2) * _UNSTATED_SIGMA_M**2
        position_m = self._frame.enu_from_geodetic(lat, long)
        self._buffer.add(stamp_ns, np.vstack([position_m, covariance_enu_m2]))

    def compare(self, stamp_ns: int, estimate: PositionEstimate) -> GnssVerdict | None:
        """Return how GNSS fits an estimate of a time, or None if there is no GNSS of that time."""
        matched = self._buffer.at(stamp_ns)
        if matched is None:
            return None
        estimated_m = self._frame.enu_from_geodetic(estimate.latitude, estimate.longitude)
        difference_m = matched.value[0] - estimated_m
        # Two sigma is full speed all the way, as in the track.
        moved_m = self._max_speed_m_per_s * matched.age_s / 2
        total = matched.value[1:] + estimate.covariance_enu_m2[:2, :2] + np.eye(2) * moved_m**2
        sigmas = float(np.sqrt(difference_m @ np.linalg.solve(total, difference_m)))
        return GnssVerdict(float(np.hypot(*difference_m)), sigmas)

    def compare_answer(self, answer: Answer) -> GnssVerdict | None:
        """Return how GNSS fits where an image puts the vehicle: on the track, or else alone."""
        for position in (answer.tracked, answer.position):
            if isinstance(position, PositionEstimate) and answer.stamp_ns is not None:
                return self.compare(answer.stamp_ns, position)
        return None
