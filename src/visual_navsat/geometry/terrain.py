# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The heights of the ground under a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region

_EXACT_M = 0.01  # to which a ray's end is found


@dataclass(frozen=True)
class HeightRange:
    """How high some ground is, metres above the sea."""

    low_m: float
    median_m: float
    high_m: float

    @property
    def relief_m(self) -> float:
        """Return by how much the highest point is above the lowest."""
        return self.high_m - self.low_m


@dataclass(frozen=True, eq=False)
class Terrain:
    """
    Ground heights above the sea, which is what an elevation model's geoid stands for.

    Places are metres east and north in ``frame``; heights between the middles of pixels are
    interpolated, and NaN where they are unknown.
    """

    frame: LocalFrame
    grid: PixelGrid  # in that frame
    heights_m: np.ndarray  # (rows, columns) above the geoid of ``datum``; NaN if unknown
    sigma_m: float  # standard deviation of a height
    datum: str  # of the elevation model's heights, such as 'egm2008'
    undulation_m: np.ndarray | None = None  # (rows, columns) of the geoid above the ellipsoid

    def __post_init__(self) -> None:
        for values in (self.heights_m, self.undulation_m):
            if values is not None and values.shape != self.grid.shape:
                raise ShapeError(f'{values.shape} heights do not fit a grid of {self.grid.shape}')

    def height_at(self, east_m: npt.ArrayLike, north_m: npt.ArrayLike) -> np.ndarray:
        """Return metres above the sea at places, of their shape; NaN where unknown."""
        return _interpolated(self.grid, self.heights_m, east_m, north_m)

    def height_of(self, lat: float, long: float) -> float:
        """Return metres above the sea at a place in degrees; NaN where unknown."""
        east_m, north_m = self.frame.enu_from_geodetic(lat, long)
        return float(self.height_at(east_m, north_m))

    def undulation_of(self, lat: float, long: float) -> float:
        """Return metres of the sea above the ellipsoid at a place in degrees; NaN if unknown."""
        if self.undulation_m is None:
            return float('nan')
        east_m, north_m = self.frame.enu_from_geodetic(lat, long)
        return float(_interpolated(self.grid, self.undulation_m, east_m, north_m))

    def slope_at(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Return by how much the ground rises towards east and north, metres per metre."""
        step = self.grid.gsd_m_per_px / 2
        east, north = np.array([step, -step, 0, 0]), np.array([0, 0, step, -step])
        heights = self.height_at(east_m + east, north_m + north)
        return tuple(np.array([heights[0] - heights[1], heights[2] - heights[3]]) / (2 * step))

    def range_in(self, region: Region) -> HeightRange | None:
        """Return how high the ground in a box is; None where no height is known."""
        rows, columns = self.grid.touched_by(region).slices
        heights = self.heights_m[rows, columns]
        known = heights[np.isfinite(heights)]
        if not len(known):
            return None
        return HeightRange(float(known.min()), float(np.median(known)), float(known.max()))

    def meet(self, origin_m: npt.ArrayLike, direction: npt.ArrayLike) -> np.ndarray | None:
        """
        Return where a ray meets the ground first.

        :param origin_m: (3,) east, north and metres above the sea.
        :param direction: (3,) east, north and up, of any length.
        :return: (3,), or None if it starts below the ground, leaves the known ground or points
            at the sky.
        """
        origin, ray = np.asarray(origin_m, float), np.asarray(direction, float)
        ray = ray / np.linalg.norm(ray)
        lowest = np.nanmin(self.heights_m) if np.isfinite(self.heights_m).any() else np.nan
        if not ray[2] < -1e-3 or not lowest <= origin[2]:
            return None
        length_m = (origin[2] - lowest) / -ray[2]
        step_m = self.grid.gsd_m_per_px / 4
        along_m = np.linspace(0.0, length_m, max(2, int(np.ceil(length_m / step_m)) + 1))
        above_m = self._above(origin, ray, along_m)
        # The lowest point may be met exactly.
        below = np.flatnonzero(above_m <= 0)
        first = below[0] if len(below) else len(along_m) - 1
        if first == 0 or not np.isfinite(above_m[: first + 1]).all():
            return None
        low_m, high_m = along_m[first - 1], along_m[first]
        while high_m - low_m > _EXACT_M:
            middle_m = (low_m + high_m) / 2
            if self._above(origin, ray, np.array([middle_m]))[0] > 0:
                low_m = middle_m
            else:
                high_m = middle_m
        met: np.ndarray = origin + high_m * ray
        return met

    def _above(self, origin: np.ndarray, ray: np.ndarray, along_m: np.ndarray) -> np.ndarray:
        """Return (N,) by how much points of a ray are above the ground."""
        points = origin + along_m[:, None] * ray
        above: np.ndarray = points[:, 2] - self.height_at(points[:, 0], points[:, 1])
        return above


def _interpolated(
    grid: PixelGrid, values: np.ndarray, east_m: npt.ArrayLike, north_m: npt.ArrayLike
) -> np.ndarray:
    """Return bilinear values at places; NaN where one of the four around is, or off the grid."""
    row, col = grid.row_col(np.asarray(east_m, float), np.asarray(north_m, float))
    is_on = (row >= -0.5) & (row <= grid.rows - 0.5) & (col >= -0.5) & (col <= grid.columns - 0.5)
    # In the outer half pixel the heights go on as at its middle.
    places = np.stack([np.where(is_on, row, 0.0), np.where(is_on, col, 0.0)]).reshape(2, -1)
    found = ndimage.map_coordinates(values, places, np.float64, order=1, mode='nearest')
    return np.where(is_on, found.reshape(is_on.shape), np.nan)
