# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Ground to be drawn: a grid of pixels, and the part of it that will be looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region

FIXED_BITS = 4  # OpenCV draws at 1/16 pixel


@dataclass(frozen=True)
class Sheet:
    """What does not touch the part that is shown may be left out of a drawing."""

    grid: PixelGrid
    shown: PixelBox

    @classmethod
    def all_shown(cls, grid: PixelGrid) -> Sheet:
        """Return a sheet of which every pixel will be looked at."""
        return cls(grid, PixelBox(0, 0, *grid.shape))

    @property
    def gsd_m(self) -> float:
        """Metres per pixel."""
        return self.grid.gsd_m_per_px

    @property
    def shown_region(self) -> Region:
        """Return the ground of the part shown, and a pixel around it."""
        top, left, bottom, right = self.shown
        return self.grid.part(PixelBox(top - 1, left - 1, bottom + 1, right + 1)).region

    def part(self, box: PixelBox) -> Sheet:
        """Return the sheet of some of the pixels; the part shown stays what it was."""
        shown = self.shown.intersection(box).moved(-box.top, -box.left)
        return Sheet(self.grid.part(box), shown)

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Return (..., 2) points in OpenCV's fixed-point pixels, int32."""
        scale = 2**FIXED_BITS / self.gsd_m
        half = 2 ** (FIXED_BITS - 1)  # OpenCV's whole numbers are pixel centres
        fixed = np.empty(points.shape, np.float64)
        np.subtract(points[..., 0], self.grid.west_m, out=fixed[..., 0])
        np.subtract(self.grid.north_m, points[..., 1], out=fixed[..., 1])
        fixed *= scale
        fixed -= half
        return np.rint(fixed).astype(np.int32)

    def overlaps(self, bounds: np.ndarray) -> np.ndarray:
        """Return which of (..., 4) west, south, east, north boxes touch the part shown."""
        west, south, east, north = self.shown_region.bounds
        is_beside = (bounds[..., 0] < east) & (bounds[..., 2] > west)
        return is_beside & (bounds[..., 1] < north) & (bounds[..., 3] > south)

    def near(self, points: np.ndarray, reach_m) -> np.ndarray:
        """Return which of (N, 2) points are within a reach (number or (N,)) of the part shown."""
        west, south, east, north = self.shown_region.bounds
        x, y = points.T
        is_beside = (x > west - reach_m) & (x < east + reach_m)
        return is_beside & (y > south - reach_m) & (y < north + reach_m)
