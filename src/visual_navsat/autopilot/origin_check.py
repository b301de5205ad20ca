# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The point from which an EKF counts, by the two ways in which it tells where it is."""

from __future__ import annotations

from collections import deque

import numpy as np
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.vehicle import Vehicle

_APART_NS = 250_000_000  # of the two messages
_SPAN_NS = 3_000_000_000
_MIN_SPAN_NS = 1_500_000_000
_MIN_PAIRS = 5


class OriginCheck:
    """
    The origin on which the EKF's local and global position agree, over three seconds.

    A fix that is fused between the two messages moves one of them and not the other, so that a
    single pair says little. The median says it: most pairs have no fix between them.
    """

    def __init__(self) -> None:
        self._pairs: deque[tuple[int, Origin]] = deque()
        self._taken_ns = 0

    def take(self, vehicle: Vehicle, now_ns: int) -> None:
        """Look at what the autopilot told last, unless that is known."""
        local, position = vehicle.local_ned, vehicle.position
        if local is None or position is None or position.heard_ns == self._taken_ns:
            return
        local_ns, ned_m = local
        if abs(local_ns - position.heard_ns) > _APART_NS:
            return
        # Of two times: the way in between is added to the local position.
        leg = vehicle.motion.leg(*sorted((local_ns, position.heard_ns)))
        if leg is None:
            return
        self._taken_ns = position.heard_ns
        sign = 1.0 if position.heard_ns >= local_ns else -1.0
        east_m, north_m = sign * leg.way_en_m + [ned_m[1], ned_m[0]]
        at = Origin(position.latitude, position.longitude)
        self._pairs.append((now_ns, Origin(*at.geodetic_from_ned(-north_m, -east_m))))
        while not 0 <= now_ns - self._pairs[0][0] <= _SPAN_NS:
            self._pairs.popleft()

    def origin(self, now_ns: int) -> Origin | None:
        """Return where it counts from, None before that is sure or when nothing is told."""
        pairs = [pair for pair in self._pairs if 0 <= now_ns - pair[0] <= _SPAN_NS]
        if len(pairs) < _MIN_PAIRS or pairs[-1][0] - pairs[0][0] < _MIN_SPAN_NS:
            return None
        degrees = np.array([(origin.latitude, origin.longitude) for _, origin in pairs])
        latitude, longitude = np.median(degrees, axis=0)
        return Origin(float(latitude), float(longitude))
