# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Matches of a flight, drawn with errors as large as they claim and a known calibration."""

from __future__ import annotations

import math

import numpy as np
from visual_navsat.geometry.rotation import about_up
from visual_navsat.localization.corrections import Corrections
from visual_navsat.localization.deviation import Deviation

HEIGHT_M = 150.0
LEG_M = 80.0
HEADING_SIGMA_DEG, SCALE_SIGMA, POSITION_SIGMA_M, TILT_SIGMA_DEG = 2.0, 0.05, 1.5, 0.5
TRUTH_SIGMA_M, COMMON_SIGMA_M, DRIFT = 1.5, 5.0, 0.03
# As in the issue: compass 8 degrees, height 12 %, mount 2 degrees.
OFF = np.array([8.0, math.log(1 / 1.12), 1.2, -1.6])


class DrawnFlight:
    """Matches of a vehicle that turns now and then, with errors as large as they claim."""

    def __init__(self, seed: int, off: np.ndarray, turns=(0, 0, 0, 90, -90, 30)) -> None:
        self.rng = np.random.default_rng([61, seed])
        self.off = off
        self._turns = turns  # degrees, one of them after each leg
        self.course_deg = self.rng.uniform(0, 360)
        self.place_m = self.reckoned_m = np.array([3e4, -2e4])
        self._lasting = self.rng.normal(0, 1, 2)

    def match(self, applied: Corrections | None = None, common_m=0.0) -> Deviation:
        """Return what an image says for which some of it has been corrected."""
        left = self.off - (applied or Corrections()).vector
        to_enu = about_up(-math.radians(self.course_deg))[:2, :2]
        tilt_deg = left[2:] + self.rng.normal(0, TILT_SIGMA_DEG, 2)
        found_m = self.place_m + common_m + HEIGHT_M * to_enu @ np.radians(tilt_deg)
        tilt_m = HEIGHT_M * math.radians(TILT_SIGMA_DEG)
        return Deviation(
            left[0] + self.rng.normal(0, HEADING_SIGMA_DEG),
            HEADING_SIGMA_DEG,
            left[1] + self.rng.normal(0, SCALE_SIGMA),
            SCALE_SIGMA,
            found_m + self.rng.normal(0, POSITION_SIGMA_M, 2),
            np.eye(2) * (POSITION_SIGMA_M**2 + tilt_m**2),
            HEIGHT_M * np.vstack([to_enu, np.zeros((2, 2))]),
            is_tilt_measured=True,
        )

    def go_on(self) -> np.ndarray:
        """Fly a leg, turn, and return what odometry says of the leg; it drifts by 1 km."""
        course = math.radians(self.course_deg)
        leg_m = LEG_M * np.array([math.sin(course), math.cos(course)])
        along = np.column_stack([leg_m, [-leg_m[1], leg_m[0]]])
        white = DRIFT * math.sqrt(0.1) * LEG_M * self.rng.normal(0, 1, 2)
        true_m = leg_m - DRIFT * math.sqrt(0.9) * along @ self._lasting + white
        self.place_m = self.place_m + true_m
        self.reckoned_m = self.reckoned_m + leg_m
        kept = math.exp(-LEG_M / 1000)
        new = self.rng.normal(0, math.sqrt(1 - kept**2), 2)
        self._lasting = kept * self._lasting + new
        self.course_deg += self.rng.choice(self._turns)
        return leg_m
