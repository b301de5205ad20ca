# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The estimator of the fake autopilot: horizontal position and velocity, by Kalman."""

from __future__ import annotations

from collections import deque

import numpy as np

_HISTORY_S = 0.25  # how far back the real ones can look
_ALLOWED = 5.0  # times the bias, that the filter allows its accelerometer to be wrong
_BIAS_S = 30.0
_BIAS_SIGMA = 0.03


class SmallEkf:
    """Integrate a drifting accelerometer; fuse positions that pass a gate."""

    def __init__(self, seed: int, bias_sigma: float = _BIAS_SIGMA) -> None:
        """:param bias_sigma: of its accelerometer, m/s^2; it wanders within half a minute."""
        self._random = np.random.default_rng(seed)
        self._bias_sigma = bias_sigma
        self._bias = bias_sigma * self._random.standard_normal(2)
        self.state = np.zeros(4)  # east, north, their velocities
        self.covariance = np.diag([25.0, 25.0, 1.0, 1.0])
        self.ratio = 0.0  # of the last innovation to the gate; above 1 it was rejected
        self._past: deque[tuple[float, np.ndarray]] = deque()  # seconds, (2,) position
        self._seconds = 0.0

    @property
    def is_poisoned(self) -> bool:
        """Whether a NaN has got in."""
        return not np.isfinite(self.state).all()

    def predict(self, acceleration_en: np.ndarray, seconds: float) -> None:
        """Go on by what the accelerometer says of a true acceleration."""
        share = seconds / _BIAS_S
        fresh = self._bias_sigma * np.sqrt(2 * share) * self._random.standard_normal(2)
        self._bias += -share * self._bias + fresh
        noise = 0.05 * self._random.standard_normal(2) / np.sqrt(seconds / 0.02)
        measured = acceleration_en + self._bias + noise
        step = np.eye(4)
        step[0, 2] = step[1, 3] = seconds
        self.state = step @ self.state
        self.state[:2] += measured * seconds**2 / 2
        self.state[2:] += measured * seconds
        added = np.zeros((4, 4))
        allowed = _ALLOWED * self._bias_sigma  # m/s^2, of bias and noise together
        added[2:, 2:] = allowed**2 * seconds * 0.2 * np.eye(2)
        self.covariance = step @ self.covariance @ step.T + added
        self._seconds += seconds
        self._past.append((self._seconds, self.state[:2].copy()))
        while self._seconds - self._past[0][0] > _HISTORY_S:
            self._past.popleft()

    def fuse(self, position_en_m: np.ndarray, sigma_m: float, delay_s: float, gate: float) -> bool:
        """Take a position of a moment ago, clipped to the history; return whether it passed."""
        then = self._seconds - min(delay_s, _HISTORY_S)
        past_m = min(self._past, key=lambda entry: abs(entry[0] - then))[1]
        innovation = position_en_m - past_m
        expected = self.covariance[:2, :2] + sigma_m**2 * np.eye(2)
        distance = float(innovation @ np.linalg.solve(expected, innovation))
        self.ratio = distance / gate**2
        if self.ratio > 1.0:
            return False
        gain = self.covariance[:, :2] @ np.linalg.inv(expected)
        self._shift(gain @ innovation)
        self.covariance = self.covariance - gain @ self.covariance[:2, :]
        return True

    def reset(self, position_en_m: np.ndarray, sigma_m: float) -> None:
        """Take a position for the truth."""
        velocity = np.nan_to_num(self.state[2:])
        shift = np.concatenate([position_en_m, velocity]) - np.nan_to_num(self.state)
        self.state = np.nan_to_num(self.state)
        self._shift(shift)
        self.covariance[:2] = self.covariance[:, :2] = 0.0
        self.covariance[0, 0] = self.covariance[1, 1] = sigma_m**2
        self.ratio = 0.0

    def _shift(self, correction: np.ndarray) -> None:
        self.state = self.state + correction
        self._past = deque((at, np.nan_to_num(past) + correction[:2]) for at, past in self._past)
