# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where the markers of an answer lie on the Earth, which they say in metres of the map alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sensor_msgs.msg import NavSatFix
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.messages.fix import position_from_fix
from visual_navsat.messages.sensors import stamp_ns
from visual_navsat.session.records import footprint_record, Record
from visualization_msgs.msg import Marker, MarkerArray

_TILES_SHOWN = 3


class MarkerPlaces:
    """
    Learn from the ellipse of a fix, whose centre is also known in degrees, where the map lies.

    Once one fix was seen the markers of later answers, also of refused ones, have a place.
    """

    def __init__(self) -> None:
        self._newest: tuple[int, dict[str, NavSatFix]] | None = None
        self._anchor: tuple[LocalFrame, np.ndarray] | None = None  # and its centre in the map

    def learn(self, stamp: int, fix: NavSatFix, tracked: NavSatFix) -> None:
        """Take the fixes of the newest answer."""
        self._newest = stamp, {'fix': fix, 'fix_tracked': tracked}

    def record(self, time_s: float, markers: MarkerArray) -> Record | None:
        """Return the footprint and the best tiles; None where there is none, or no place yet."""
        by_name: dict[str, Marker] = {
            marker.ns: marker for marker in markers.markers if marker.action == Marker.ADD
        }
        for name in ('fix', 'fix_tracked'):
            if name in by_name:
                self._find_anchor(name, by_name[name])
        footprint = by_name.get('footprint')
        if footprint is None or self._anchor is None:
            return None
        stamp_s = stamp_ns(footprint) / 1e9
        # A closed line: the last point is the first.
        corners = self._geodetic(_points(footprint)[:-1])
        record = footprint_record(time_s, stamp_s, corners)
        return {**record, 'tiles': [self._geodetic(box) for box in _boxes(by_name.get('tiles'))]}

    def _find_anchor(self, name: str, ellipse: Marker) -> None:
        if self._newest is None or self._newest[0] != stamp_ns(ellipse):
            return
        position = position_from_fix(self._newest[1][name])
        if isinstance(position, PositionEstimate):
            centre_m = _points(ellipse)[:-1].mean(axis=0)
            self._anchor = LocalFrame(position.latitude, position.longitude), centre_m

    def _geodetic(self, points_m: np.ndarray) -> Sequence[list[float]]:
        assert self._anchor is not None
        frame, centre_m = self._anchor
        lats, longs = frame.geodetic_from_enu(points_m - centre_m)
        return [[float(lat), float(long)] for lat, long in zip(lats, longs, strict=True)]


def _points(marker: Marker) -> np.ndarray:
    """Return (N, 2) metres."""
    return np.array([[point.x, point.y] for point in marker.points]).reshape(-1, 2)


def _boxes(tiles: Marker | None) -> list[np.ndarray]:
    """Return (4, 2) corners of each of the best tiles, whose edges are lines of two points."""
    if tiles is None:
        return []
    starts = _points(tiles)[::2]
    return list(starts.reshape(-1, 4, 2)[:_TILES_SHOWN])
