# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Heading and scale of the next image, by the last one that was found on the map."""

from __future__ import annotations

from dataclasses import dataclass
import math

from visual_navsat.localization.answer import Answer
from visual_navsat.localization.expected_view import ExpectedView
from visual_navsat.localization.lever import FOUND_HEADING_SIGMA_RAD, FOUND_SCALE_SIGMA

# What a vehicle turns and climbs while nothing tells it, standard deviations by second: straight
# legs with a turn now and then, 3 m/s at 100 m.
_TURN_DEG_PER_S = 10.0
_CLIMB_PER_S = 0.03
# By an odometry that turns with the vehicle: its drift, and what it gets wrong of a turn.
_DRIFT_DEG_PER_S = 0.2
_TURN_SHARE = 0.05
# Wider, it saves little: a sixth of the circle either way are a third of all headings.
_MAX_SIGMA_DEG, _MAX_SCALE_SIGMA = 30.0, 0.12
_FAR_SIGMAS = 4.0  # of what was expected: the odometry does not turn with the vehicle


@dataclass(frozen=True)
class _Seen:
    stamp_ns: int
    heading_deg: float
    gsd_m_per_px: float
    odometry_yaw_rad: float | None


class ViewForecast:
    """Expect of an image the heading and the scale of the last fix, less sure by the second."""

    def __init__(self) -> None:
        self._trusts_odometry = True
        self.clear()

    def clear(self) -> None:
        """Expect nothing."""
        self._seen: _Seen | None = None

    def at(self, stamp_ns: int, odometry_yaw_rad: float | None) -> ExpectedView:
        """
        Return what to expect of an image; of what is too unsure, nothing.

        :param odometry_yaw_rad: of the vehicle at its time, in the frame of the odometry; None
            where there is none, or the camera turns by itself.
        """
        seen = self._seen
        if seen is None or stamp_ns < seen.stamp_ns:
            return ExpectedView()
        seconds = (stamp_ns - seen.stamp_ns) / 1e9
        turned_deg, turn_sigma_deg = 0.0, _TURN_DEG_PER_S * seconds
        before_rad = seen.odometry_yaw_rad if self._trusts_odometry else None
        if before_rad is not None and odometry_yaw_rad is not None:
            turned_deg = _turned_deg(before_rad, odometry_yaw_rad)
            turn_sigma_deg = math.hypot(_DRIFT_DEG_PER_S * seconds, _TURN_SHARE * turned_deg)
        sigma_deg = math.hypot(math.degrees(FOUND_HEADING_SIGMA_RAD), turn_sigma_deg)
        scale_sigma = math.hypot(FOUND_SCALE_SIGMA, _CLIMB_PER_S * seconds)
        return ExpectedView(
            (seen.heading_deg + turned_deg) % 360.0 if sigma_deg <= _MAX_SIGMA_DEG else None,
            sigma_deg,
            seen.gsd_m_per_px if scale_sigma <= _MAX_SCALE_SIGMA else None,
            scale_sigma,
        )

    def see(self, answer: Answer, stamp_ns: int, odometry_yaw_rad: float | None) -> None:
        """Take the answer to an image; one that is no fix by correlation tells nothing."""
        best = answer.best_match
        if not answer.is_fix or best is None or best.heading_deg is None:
            return
        if best.gsd_m_per_px is None:
            return
        expected = self.at(stamp_ns, odometry_yaw_rad)
        if expected.heading_deg is not None and odometry_yaw_rad is not None:
            off_deg = math.remainder(best.heading_deg - expected.heading_deg, 360.0)
            # Some odometry has positions alone, and an orientation that never changes.
            if abs(off_deg) > _FAR_SIGMAS * expected.heading_sigma_deg:
                self._trusts_odometry = False
        self._seen = _Seen(stamp_ns, best.heading_deg, best.gsd_m_per_px, odometry_yaw_rad)


def _turned_deg(before_rad: float, after_rad: float) -> float:
    """Return how far a heading turned, clockwise; yaws count counter-clockwise."""
    return -math.degrees(math.remainder(after_rad - before_rad, 2 * math.pi))
