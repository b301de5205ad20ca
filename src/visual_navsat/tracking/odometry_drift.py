# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How odometry goes wrong along a way: in scale and direction, both of which last for a while."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.rotation import about_up

# Over this length what scale and direction are off falls to 1/e.
DRIFT_LENGTH_M = 1000.0
_WHITE = 0.1  # of the variance per leg, what does not stay


@dataclass(frozen=True)
class DriftStep:
    """What one leg adds to the error of a position by odometry."""

    # (2, 2) metres per standard deviation of the two errors that last: along the leg, across it.
    lasting_m: np.ndarray
    white_sigma_m: float  # of what differs from leg to leg, along each axis


def drift_step(leg_m: np.ndarray, drift: float, turned_rad: float = 0.0) -> DriftStep:
    """
    Return what a leg adds.

    :param leg_m: (2,) as odometry measured it.
    :param drift: standard deviation, metres per metre.
    :param turned_rad: by how much more its axes may be turned, standard deviation.
    """
    way_m = float(np.hypot(*leg_m))
    across_m = about_up(np.pi / 2)[:2, :2] @ leg_m
    lasting = drift * np.sqrt(1 - _WHITE)
    return DriftStep(
        np.column_stack([lasting * leg_m, np.hypot(lasting, turned_rad) * across_m]),
        drift * np.sqrt(_WHITE) * way_m,
    )
