# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The vehicle's own motion by time: how far it went between two moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.tracking.time_buffer import TimeBuffer


@dataclass(frozen=True)
class Leg:
    """The way between two moments."""

    way_en_m: np.ndarray  # (2,) east and north
    seconds: float


@dataclass(frozen=True)
class _Passed:
    """Where a vehicle would be that started at zero, and how fast it moves."""

    way_en_m: np.ndarray  # (2,)
    velocity_en: np.ndarray  # (2,) metres a second


def _interpolate(earlier: _Passed, later: _Passed, share: float) -> _Passed:
    return _Passed(
        earlier.way_en_m + share * (later.way_en_m - earlier.way_en_m),
        earlier.velocity_en + share * (later.velocity_en - earlier.velocity_en),
    )


class MotionBuffer:
    """
    Keep the motion of the last ten seconds.

    An autopilot's velocity is integrated; its position is not used, because that steps towards
    our own fixes as they are fused, and no such step is motion. A gap begins anew: nobody knows
    what happened in it.
    """

    def __init__(self, max_gap_s: float = 0.5) -> None:
        """:param max_gap_s: without a measurement for longer, the motion is unknown."""
        self._max_gap_ns = round(max_gap_s * 1e9)
        self._passed: TimeBuffer[_Passed] = TimeBuffer(max_gap_s, _interpolate)
        self._newest: tuple[int, _Passed] | None = None

    @property
    def newest_ns(self) -> int | None:
        """Return the time of the newest measurement, None before the first."""
        return self._newest[0] if self._newest else None

    def add_velocity(self, stamp_ns: int, velocity_en: np.ndarray) -> None:
        """
        Take a velocity.

        :param velocity_en: (2,) metres a second east and north; ignored if it is not finite.
        """
        velocity_en = np.asarray(velocity_en, float)
        if not np.isfinite(velocity_en).all():
            return
        way_m = np.zeros(2)
        before = self._continued(stamp_ns)
        if before is not None:
            seconds = (stamp_ns - before[0]) / 1e9
            mean = (before[1].velocity_en + velocity_en) / 2
            way_m = before[1].way_en_m + seconds * mean
        self._add(stamp_ns, _Passed(way_m, velocity_en))

    def add_position(self, stamp_ns: int, position_en_m: np.ndarray) -> None:
        """
        Take a position of odometry, which never steps.

        :param position_en_m: (2,) metres along east and north from anywhere.
        """
        position_en_m = np.asarray(position_en_m, float)
        if not np.isfinite(position_en_m).all():
            return
        velocity_en = np.zeros(2)
        before = self._continued(stamp_ns)
        if before is not None:
            step_m = position_en_m - before[1].way_en_m
            velocity_en = step_m / ((stamp_ns - before[0]) / 1e9)
        self._add(stamp_ns, _Passed(position_en_m, velocity_en))

    def leg(self, start_ns: int, end_ns: int) -> Leg | None:
        """Return the way from one time to a later one, None if either is not covered."""
        start, end = self._at(start_ns), self._at(end_ns)
        if start is None or end is None or end_ns < start_ns:
            return None
        return Leg(end - start, (end_ns - start_ns) / 1e9)

    def velocity_en(self, stamp_ns: int) -> np.ndarray:
        """Return (2,) metres a second at a time; NaN if it is not covered."""
        matched = self._passed.at(stamp_ns)
        return np.full(2, np.nan) if matched is None else matched.value.velocity_en

    def clear(self) -> None:
        """Forget all motion."""
        self._passed.clear()
        self._newest = None

    def _continued(self, stamp_ns: int) -> tuple[int, _Passed] | None:
        """Return the measurement before this one if the motion goes on from it."""
        newest = self._newest
        if newest and 0 < stamp_ns - newest[0] <= self._max_gap_ns:
            return newest
        return None

    def _add(self, stamp_ns: int, passed: _Passed) -> None:
        if self._newest and stamp_ns == self._newest[0]:
            return
        if self._continued(stamp_ns) is None:
            self.clear()
        self._newest = (stamp_ns, passed)
        self._passed.add(stamp_ns, passed)

    def _at(self, stamp_ns: int) -> np.ndarray | None:
        matched = self._passed.at(stamp_ns)
        if matched is None or self._newest is None:
            return None
        # Past the newest measurement the vehicle is taken to go on as it did.
        ahead_s = matched.age_s if stamp_ns > self._newest[0] else -matched.age_s
        return matched.value.way_en_m + ahead_s * matched.value.velocity_en
