# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Circles, and polygons from outside, on the ground."""

from __future__ import annotations

from collections.abc import Sequence
import math

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.preflight.way import Point


def circle(center: Point, radius_m: float, count: int) -> list[Point]:
    """Return points of a circle in metres around a point, the first once more at the end."""
    turns = np.arange(count + 1) / count * math.tau
    return _points(LocalFrame(*center), radius_m * np.stack([np.sin(turns), np.cos(turns)], 1))


def around(polygon: Sequence[Point], distance_m: float) -> list[Point]:
    """
    Return the corners of a polygon that runs outside another at a distance, closed.

    :param polygon: at least three corners, either way round.
    """
    frame = LocalFrame(*polygon[0])
    corners = np.array([frame.enu_from_geodetic(*corner)[:2] for corner in polygon])
    sides = np.roll(corners, -1, 0) - corners
    keeps = np.hypot(*sides.T) > 0.01  # repeated corners, as of a closed ring, have no side
    corners, sides = corners[keeps], sides[keeps]
    if len(corners) < 3:
        return [*polygon, polygon[0]]
    following = np.roll(corners, -1, 0)
    area = float(np.sum(corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]))
    sides = sides / np.hypot(*sides.T)[:, np.newaxis]
    outward = np.stack([sides[:, 1], -sides[:, 0]], 1) * math.copysign(1.0, area)
    before = np.roll(outward, 1, 0)
    # Both sides of a corner move outward; a sharp one is cut off at twice the distance.
    lean = np.maximum(1 + np.sum(before * outward, 1), 0.5)[:, np.newaxis]
    moved = corners + (before + outward) / lean * distance_m
    return _points(frame, np.concatenate([moved, moved[:1]]))


def _points(frame: LocalFrame, places_m: np.ndarray) -> list[Point]:
    lats, longs = frame.geodetic_from_enu(places_m)
    return list(zip(lats.tolist(), longs.tolist(), strict=True))
