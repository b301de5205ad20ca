"""A rectangle of ground and its pixels, and how things with height are projected on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FIXED_BITS = 4  # OpenCV draws at 1/16 pixel


@dataclass(frozen=True)
class Window:
    """A north-up raster of ground."""

    west_m: float
    north_m: float
    width: int
    height: int
    gsd_m: float

    @property
    def east_m(self) -> float:
        return self.west_m + self.width * self.gsd_m

    @property
    def south_m(self) -> float:
        return self.north_m - self.height * self.gsd_m

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Return (..., 2) points in OpenCV's fixed-point pixels, int32."""
        scale = 2**FIXED_BITS / self.gsd_m
        half = 2 ** (FIXED_BITS - 1)  # OpenCV's whole numbers are pixel centres
        fixed = np.empty(points.shape, np.float64)
        np.subtract(points[..., 0], self.west_m, out=fixed[..., 0])
        np.subtract(self.north_m, points[..., 1], out=fixed[..., 1])
        fixed *= scale
        fixed -= half
        return np.rint(fixed).astype(np.int32)

    def overlaps(self, bounds: np.ndarray) -> np.ndarray:
        """Return which of (N, 4) west, south, east, north boxes touch the window."""
        return (
            (bounds[:, 0] < self.east_m)
            & (bounds[:, 2] > self.west_m)
            & (bounds[:, 1] < self.north_m)
            & (bounds[:, 3] > self.south_m)
        )

    def near(self, points: np.ndarray, reach_m) -> np.ndarray:
        """Return which of (N, 2) points are within a reach (number or (N,)) of the window."""
        east, north = points[:, 0], points[:, 1]
        return (
            (east > self.west_m - reach_m)
            & (east < self.east_m + reach_m)
            & (north > self.south_m - reach_m)
            & (north < self.north_m + reach_m)
        )


@dataclass(frozen=True)
class LeanView:
    """A view from far away: what has height is displaced the same way everywhere."""

    lean_east: float = 0.0
    lean_north: float = 0.0

    def project(self, points: np.ndarray, height) -> np.ndarray:
        """Return where (..., 2) points at some height (...) appear on the ground."""
        shift = np.asarray(height)[..., None] * (self.lean_east, self.lean_north)
        return points + shift


@dataclass(frozen=True)
class CameraView:
    """A view from a point: what has height is displaced away from the point below the camera."""

    east_m: float
    north_m: float
    height_agl_m: float

    def project(self, points: np.ndarray, height) -> np.ndarray:
        """Return where (..., 2) points at some height (...) appear on the ground."""
        below = np.array([self.east_m, self.north_m])
        # Things as high as the camera would reach infinity.
        height = np.minimum(np.asarray(height), 0.9 * self.height_agl_m)
        stretch = self.height_agl_m / (self.height_agl_m - height)
        return below + stretch[..., None] * (points - below)
