"""A rectangle of ground and its pixels, and how things with height are projected on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FIXED_BITS = 4  # OpenCV draws at 1/16 pixel


@dataclass(frozen=True)
class Window:
    """
    A north-up raster of ground.

    When only a part of it will be looked at, what does not touch that part may be left out.
    """

    west_m: float
    north_m: float
    width: int
    height: int
    gsd_m: float
    shown: tuple[int, int, int, int] | None = None  # left, top, right, bottom, pixels; None: all

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

    @property
    def shown_slices(self) -> tuple[slice, slice]:
        """Rows and columns of the part that will be looked at."""
        left, top, right, bottom = self.shown or (0, 0, self.width, self.height)
        return slice(top, bottom), slice(left, right)

    @property
    def shown_bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the part that will be looked at, and a pixel around it."""
        rows, columns = self.shown_slices
        return (
            self.west_m + (columns.start - 1) * self.gsd_m,
            self.north_m - (rows.stop + 1) * self.gsd_m,
            self.west_m + (columns.stop + 1) * self.gsd_m,
            self.north_m - (rows.start - 1) * self.gsd_m,
        )

    def part(self, left: int, top: int, right: int, bottom: int) -> Window:
        """Return the window of some of the pixels; the part shown stays what it was."""
        rows, columns = self.shown_slices
        shown = (
            min(max(columns.start, left), right) - left,
            min(max(rows.start, top), bottom) - top,
            max(min(columns.stop, right), left) - left,
            max(min(rows.stop, bottom), top) - top,
        )
        west_m, north_m = self.west_m + left * self.gsd_m, self.north_m - top * self.gsd_m
        return Window(west_m, north_m, right - left, bottom - top, self.gsd_m, shown)

    def overlaps(self, bounds: np.ndarray) -> np.ndarray:
        """Return which of (N, 4) west, south, east, north boxes touch the part shown."""
        west, south, east, north = self.shown_bounds
        return (
            (bounds[:, 0] < east)
            & (bounds[:, 2] > west)
            & (bounds[:, 1] < north)
            & (bounds[:, 3] > south)
        )

    def near(self, points: np.ndarray, reach_m) -> np.ndarray:
        """Return which of (N, 2) points are within a reach (number or (N,)) of the part shown."""
        west, south, east, north = self.shown_bounds
        return (
            (points[:, 0] > west - reach_m)
            & (points[:, 0] < east + reach_m)
            & (points[:, 1] > south - reach_m)
            & (points[:, 1] < north + reach_m)
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
