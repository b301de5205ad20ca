# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where the rays of a camera meet uneven ground, and where it sees what stands on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_MAX_STEPS = 60
_EXACT_M = 1e-6
_LOWEST_SHARE = 0.05  # of the camera's height: hills do not reach it


class LineOfSight:
    """
    A camera above ground whose height is a function of east and north.

    Level ground is the horizontal plane through the ground below the camera.
    """

    def __init__(
        self,
        east_m: float,
        north_m: float,
        height_agl_m: float,
        height_m: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ) -> None:
        """:param height_m: of the ground above any level, at arrays of east and north."""
        self._below = np.array([east_m, north_m])
        self._height_agl_m = height_agl_m
        self._height_m = height_m
        self._level_m = float(height_m(np.asarray(east_m), np.asarray(north_m)))

    def rise_m(self, east: np.ndarray, north: np.ndarray) -> np.ndarray:
        """Return by how much the ground is higher than below the camera, metres."""
        return self._height_m(east, north) - self._level_m

    def project(self, points: np.ndarray, height: np.ndarray) -> np.ndarray:
        """
        Return where (..., 2) points at some height (...) appear on the ground around them.

        What has height is displaced away from the point below the camera.
        """
        drop = self._height_agl_m - self.rise_m(points[..., 0], points[..., 1])
        # Things as high as the camera would reach infinity.
        height = np.minimum(height, 0.9 * drop)
        stretch = drop / (drop - height)
        return self._below + stretch[..., None] * (points - self._below)

    def ground_from_level(self, level: np.ndarray, exact_m: float = _EXACT_M) -> np.ndarray:
        """
        Return the (..., 2) ground that is seen in the direction of points of level ground.

        A ray has gone a share of the way to the level plane where it has gone down by that share
        of the camera's height; on the ground that share is 1 - rise / height. Ground that hides
        behind a hill is not looked for: slopes are gentle and rays steep.

        :param level: (..., 2) east and north.
        :param exact_m: the iteration ends when a step is shorter than this.
        """
        ray = level - self._below
        ground = level
        for _ in range(_MAX_STEPS):
            share = 1 - self.rise_m(ground[..., 0], ground[..., 1]) / self._height_agl_m
            found = self._below + np.maximum(share, _LOWEST_SHARE)[..., None] * ray
            step = float(np.abs(found - ground).max(initial=0.0))
            ground = found
            if step < exact_m:
                break
        return ground
