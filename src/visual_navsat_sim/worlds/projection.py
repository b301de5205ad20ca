"""Where things with height appear on the ground, seen from far away or from a camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LeanProjection:
    """Seen from far away: what has height is displaced the same way everywhere."""

    lean_east: float = 0.0
    lean_north: float = 0.0

    def project(self, points: np.ndarray, height) -> np.ndarray:
        """Return where (..., 2) points at some height (...) appear on the ground."""
        shift = np.asarray(height)[..., None] * (self.lean_east, self.lean_north)
        return points + shift


@dataclass(frozen=True)
class CameraProjection:
    """Seen from a point: what has height is displaced away from the point below the camera."""

    east_m: float
    north_m: float
    height_agl_m: float
    # Metres by which the ground at some east and north is higher than that below the camera.
    rise_m: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None

    def project(self, points: np.ndarray, height) -> np.ndarray:
        """Return where (..., 2) points at some height (...) appear on the ground around them."""
        below = np.array([self.east_m, self.north_m])
        drop = self.height_agl_m
        if self.rise_m:
            drop = drop - self.rise_m(points[..., 0], points[..., 1])
        # Things as high as the camera would reach infinity.
        height = np.minimum(np.asarray(height), 0.9 * drop)
        stretch = drop / (drop - height)
        return below + stretch[..., None] * (points - below)


Projection = LeanProjection | CameraProjection
