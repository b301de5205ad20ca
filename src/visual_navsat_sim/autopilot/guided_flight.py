# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The truth of a multirotor that is told which way to push: it lags, and the wind carries it."""

from __future__ import annotations

import math

import numpy as np

_GUST_S = 3.0  # after which a gust is another
_ACTUATOR_S = 0.25  # until the frame has leaned over
_DRAG_HZ = 0.15  # of the velocity through the air that a second of drag takes
_MAX_PUSH = 4.0  # m/s^2: it leans by 22 degrees
_MAX_TURN_RAD_S = math.radians(60.0)
_MAX_CLIMB_M_S = 6.0
_CLIMB_S = 0.8


class GuidedFlight:
    """Push, lean, drift: everything that an autopilot can only influence."""

    def __init__(
        self,
        seed: int,
        wind_en: tuple[float, float] = (2.0, -2.0),
        gust_m_s: float = 0.8,
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._wind, self._gust_m_s, self._gust = np.array(wind_en), gust_m_s, np.zeros(2)
        self._pushed = np.zeros(2)  # m/s^2, after the lag
        self.push_en = np.zeros(2)  # what is asked for
        self.climb_m_s = 0.0  # what is asked for
        self.nose_rad: float | None = None  # where the nose shall point, from north, clockwise
        self.is_flying = False
        self.heading_rad = 0.0
        self.height_m = 0.0  # above the start
        self.vertical_m_s = 0.0
        self.position_en_m = np.zeros(2)
        self.velocity_en = np.zeros(2)
        self.acceleration_en = np.zeros(2)

    def advance(self, seconds: float) -> None:
        """Fly on; on the ground nothing moves."""
        if not self.is_flying:
            self.acceleration_en = np.zeros(2)
            return
        self._turn(seconds)
        wanted_m_s = float(np.clip(self.climb_m_s, -_MAX_CLIMB_M_S, _MAX_CLIMB_M_S))
        self.vertical_m_s += (wanted_m_s - self.vertical_m_s) * min(seconds / _CLIMB_S, 1.0)
        self.height_m = max(self.height_m + seconds * self.vertical_m_s, 0.0)
        asked = self.push_en
        strength = float(np.linalg.norm(asked))
        if strength > _MAX_PUSH:
            asked = asked * (_MAX_PUSH / strength)
        self._pushed = self._pushed + (asked - self._pushed) * min(seconds / _ACTUATOR_S, 1.0)
        self._blow(seconds)
        through_air = self.velocity_en - self._wind - self._gust
        self.acceleration_en = self._pushed - _DRAG_HZ * through_air
        moved = seconds * self.velocity_en + seconds**2 / 2 * self.acceleration_en
        self.position_en_m = self.position_en_m + moved
        self.velocity_en = self.velocity_en + seconds * self.acceleration_en

    def _blow(self, seconds: float) -> None:
        decay = math.exp(-seconds / _GUST_S)
        fresh = self._gust_m_s * math.sqrt(1.0 - decay**2) * self._random.standard_normal(2)
        self._gust = decay * self._gust + fresh

    def _turn(self, seconds: float) -> None:
        if self.nose_rad is None:
            return
        off = math.remainder(self.nose_rad - self.heading_rad, 2 * math.pi)
        most = _MAX_TURN_RAD_S * seconds
        self.heading_rad += min(max(off, -most), most)
