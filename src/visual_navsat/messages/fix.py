# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Positions as the fields of a sensor_msgs/NavSatFix, whoever makes the message."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from visual_navsat.localization.position import PositionEstimate, Refusal

# Plain numbers: distributions differ in which constants sensor_msgs/NavSatStatus has.
STATUS_FIX, STATUS_NO_FIX, SERVICE_NONE = 0, -1, 0
COVARIANCE_UNKNOWN, COVARIANCE_APPROXIMATED = 0, 1


def status_fields(position: PositionEstimate | Refusal | None) -> dict[str, int]:
    """Return the fields of the sensor_msgs/NavSatStatus of a position."""
    is_fix = isinstance(position, PositionEstimate)
    return {'status': STATUS_FIX if is_fix else STATUS_NO_FIX, 'service': SERVICE_NONE}


def fix_fields(
    position: PositionEstimate | Refusal | None, altitude_m: float
) -> dict[str, float | int | np.ndarray]:
    """
    Return the fields of a NavSatFix beside its header and status; NaN without a position.

    :param altitude_m: above the ellipsoid, for a position without an altitude of its own.
    """
    if not isinstance(position, PositionEstimate):
        return {
            **dict.fromkeys(('latitude', 'longitude', 'altitude'), math.nan),
            'position_covariance': np.zeros(9),
            'position_covariance_type': COVARIANCE_UNKNOWN,
        }
    own_m = float(position.altitude_m)
    return {
        'latitude': float(position.latitude),
        'longitude': float(position.longitude),
        'altitude': own_m if math.isfinite(own_m) else altitude_m,
        'position_covariance': np.asarray(position.covariance_enu_m2, np.float64).ravel(),
        'position_covariance_type': COVARIANCE_APPROXIMATED,
    }


def position_from_fix(fix: Any) -> PositionEstimate | Refusal:
    """Return what a NavSatFix says; without a position a refusal whose reason is ``no_fix``."""
    if fix.status.status == STATUS_NO_FIX:
        return Refusal('no_fix')
    covariance = np.array(fix.position_covariance).reshape(3, 3)
    return PositionEstimate(fix.latitude, fix.longitude, covariance, fix.altitude)
