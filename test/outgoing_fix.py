# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A fix as it leaves the bridge."""

from __future__ import annotations

import numpy as np
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.sender import Outgoing
from visual_navsat.localization.position import PositionEstimate

ORIGIN = Origin(47.4, 8.5, 400.0)
STAMP = 1_800_000_000_250_000_000  # 15 January 2027, 08:00:00.25 UTC


def outgoing(sigma=3.0, factor=1.0, north_m=100.0, east_m=-50.0):
    lat, long = ORIGIN.geodetic_from_ned(north_m, east_m)
    position = PositionEstimate.from_horizontal(lat, long, sigma**2 * np.eye(2), 10.0)
    return Outgoing(position, factor, STAMP, STAMP - 10**9, STAMP, 3, True, True)
