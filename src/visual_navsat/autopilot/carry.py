# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A fix of the time of its image becomes one of the time at which it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from visual_navsat.autopilot.motion_buffer import Leg
from visual_navsat.autopilot.near_frame import moved
from visual_navsat.localization.position import PositionEstimate


@dataclass(frozen=True)
class MotionError:
    """How wrong the vehicle's own motion may be, one standard deviation an axis."""

    drift_share: float = 0.02  # of the way: scale and heading
    velocity_sigma_m_s: float = 0.3  # constant over the leg, as the error of an EKF nearly is

    def variance_m2(self, leg: Leg) -> float:
        """Return the variance an axis, m^2, that a leg adds."""
        way_m = float(np.linalg.norm(leg.way_en_m))
        return (self.drift_share * way_m) ** 2 + (self.velocity_sigma_m_s * leg.seconds) ** 2


def carry(position: PositionEstimate, leg: Leg, error: MotionError) -> PositionEstimate:
    """Return the position at the end of a leg that began at it, with its covariance grown."""
    lat, long = moved(position.latitude, position.longitude, leg.way_en_m)
    covariance = np.array(position.covariance_enu_m2, float)
    covariance[:2, :2] += error.variance_m2(leg) * np.eye(2)
    return replace(position, latitude=lat, longitude=long, covariance_enu_m2=covariance)
