# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The truth: a vehicle that flies a course in gusty wind."""

from __future__ import annotations

import math

import numpy as np

_GUST_S = 3.0  # after which a gust is another
_RESPONSE_S = 1.0  # of the vehicle to what it wants


class WindFlight:
    """Fly at a speed through the air along a course that turns; wind and gusts carry it off."""

    def __init__(
        self,
        seed: int,
        speed_m_s: float = 8.0,
        wind_en: tuple[float, float] = (2.0, -2.0),
        gust_m_s: float = 0.8,
        turn_deg_s: float = 1.5,
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._speed_m_s, self._turn_rad_s = speed_m_s, math.radians(turn_deg_s)
        self._wind, self._gust_m_s = np.array(wind_en), gust_m_s
        self._gust, self._air = np.zeros(2), np.zeros(2)
        self.heading_rad = 0.4  # from north, clockwise
        self.position_en_m = np.zeros(2)
        self.velocity_en = np.zeros(2)
        self.acceleration_en = np.zeros(2)

    def advance(self, seconds: float) -> None:
        """Fly on."""
        self.heading_rad += self._turn_rad_s * seconds
        wanted = self._speed_m_s * np.array(
            [math.sin(self.heading_rad), math.cos(self.heading_rad)]
        )
        self._air += (wanted - self._air) * min(seconds / _RESPONSE_S, 1.0)
        decay = math.exp(-seconds / _GUST_S)
        fresh = self._gust_m_s * math.sqrt(1.0 - decay**2) * self._random.standard_normal(2)
        self._gust = decay * self._gust + fresh
        velocity = self._air + self._wind + self._gust
        self.acceleration_en = (velocity - self.velocity_en) / seconds
        self.position_en_m = self.position_en_m + seconds * (velocity + self.velocity_en) / 2
        self.velocity_en = velocity
