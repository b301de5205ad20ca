# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where a flight learns its calibration, and uses it: around the question about each image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from visual_navsat.config import Config
from visual_navsat.geometry.rotation import quaternion_from_matrix
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.corrections import Corrections
from visual_navsat.tracking.calibration_filter import CalibrationFilter
from visual_navsat.tracking.calibration_state import CalibrationState, is_significant
from visual_navsat.tracking.vehicle_sensors import MatchedInputs

_SPACING_NS = 1_000_000_000  # images nearer in time have the same errors
# After so many images without a fix every other one is looked for as if nothing had been learned:
# it may be what was learned that is wrong.
_DOUBT_AFTER = 10


class Calibrator:
    """
    Learn from the published fixes of a flight what is off, and correct it once it is significant.

    For each image in the order of time: :meth:`move`, :meth:`correct`, ask, :meth:`learn`. Only
    one thread may call these; :attr:`state` may be read from any.
    """

    def __init__(self, config: Config) -> None:
        """Begin with what is configured."""
        self._config = config.calibration
        self._track = config.track
        self._configured = Corrections.of(config.calibration)
        self.clear()

    def clear(self) -> None:
        """Forget what was learned."""
        self._filter = CalibrationFilter(self._config)
        self._is_used = np.zeros(4, bool)
        self._applied = Corrections()
        self._reckoned_m = np.zeros(2)  # where odometry has taken the vehicle
        self._last_ns: int | None = None  # of the last match that was learned from
        self._without_fix = 0  # images in a row
        self._note_state()

    def move(self, leg_m: np.ndarray | None) -> None:
        """Take (2,) metres moved by odometry since the last image; None where there is none."""
        self._filter.move(leg_m, self._track.odometry_drift, self._track.map_sigma_m)
        if leg_m is not None:
            self._reckoned_m = self._reckoned_m + leg_m

    def correct(self, known: MatchedInputs) -> MatchedInputs:
        """
        Return what is known of an image, corrected.

        The view by what was learned alone: what is configured is corrected where it is looked for.
        """
        learned = self.state.learned
        if self._without_fix >= _DOUBT_AFTER and self._without_fix % 2:
            learned = Corrections()
        self._applied = learned
        turn = self._configured.plus(learned).turn
        attitude = known.attitude
        if attitude is not None:
            turned = quaternion_from_matrix(turn @ attitude.enu_from_body)
            attitude = replace(attitude, quaternion=turned)
        return replace(known, view=learned.corrected(known.view), attitude=attitude)

    def learn(self, answer: Answer, stamp_ns: int) -> None:
        """Take the answer to the image that was corrected last."""
        if answer.was_looked_for:
            self._without_fix = 0 if answer.is_fix else self._without_fix + 1
        deviation, last_ns = answer.deviation, self._last_ns
        is_new = last_ns is None or not 0 <= stamp_ns - last_ns < _SPACING_NS
        if not self._config.learn or deviation is None or not is_new:
            return
        self._last_ns = stamp_ns
        # Without a measured attitude a tilt of the camera and one of the vehicle are the same; the
        # track follows their sum.
        reference_m = self._reckoned_m if deviation.is_tilt_measured else None
        self._filter.see(deviation, self._applied, reference_m)
        self._note_state()

    def _note_state(self) -> None:
        estimate = self._filter.estimate
        self._is_used = is_significant(estimate, self._is_used)
        self.state = CalibrationState(self._configured, estimate, self._is_used)
