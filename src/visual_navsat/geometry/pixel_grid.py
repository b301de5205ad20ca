# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Square pixels in a plane: where they lie, and which of them a box covers."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from typing import NamedTuple, TypeVar

import numpy as np
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.region import Region

Numbers = TypeVar('Numbers', float, np.ndarray)


class PixelBox(NamedTuple):
    """Rows and columns of a grid, ends excluded; it may reach beyond the grid."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def is_empty(self) -> bool:
        """Whether the box has no pixel."""
        return self.top >= self.bottom or self.left >= self.right

    @property
    def slices(self) -> tuple[slice, slice]:
        """Return the index of the box in an array of the grid's shape."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def moved(self, down: int, right: int) -> PixelBox:
        """Return the box moved by whole pixels."""
        return PixelBox(self.top + down, self.left + right, self.bottom + down, self.right + right)

    def intersection(self, other: PixelBox) -> PixelBox:
        """Return the pixels in both; it :attr:`is_empty` where there are none."""
        return PixelBox(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )


@dataclass(frozen=True)
class PixelGrid:
    """
    A north-up grid of square pixels in a plane of metres east and north.

    Rows run south from ``north_m`` and columns east from ``west_m``, the outer corner of the first
    pixel. Places in pixels count the middle of the first pixel as 0.
    """

    west_m: float
    north_m: float
    rows: int
    columns: int
    gsd_m_per_px: float

    @classmethod
    def covering(cls, region: Region, gsd_m_per_px: float) -> PixelGrid:
        """Return the grid of at least one pixel that begins at a box's north-west corner."""
        columns, rows = (max(1, math.ceil(side / gsd_m_per_px)) for side in region.size_m)
        return cls(region.west_m, region.north_m, rows, columns, gsd_m_per_px)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def box(self) -> PixelBox:
        """Return all pixels."""
        return PixelBox(0, 0, *self.shape)

    @property
    def region(self) -> Region:
        """Return the box that the pixels cover, edge to edge."""
        south_m = self.north_m - self.rows * self.gsd_m_per_px
        east_m = self.west_m + self.columns * self.gsd_m_per_px
        return Region(self.west_m, south_m, east_m, self.north_m)

    def halved(self) -> PixelGrid:
        """Return the grid of pixels twice as large, with the odd last row or column."""
        rows, columns = -(-self.rows // 2), -(-self.columns // 2)
        return replace(self, rows=rows, columns=columns, gsd_m_per_px=2 * self.gsd_m_per_px)

    def east_north(self, row: Numbers, col: Numbers) -> tuple[Numbers, Numbers]:
        """Return east and north in metres of places in pixels; arrays or numbers."""
        east_m = self.west_m + (col + 0.5) * self.gsd_m_per_px
        return east_m, self.north_m - (row + 0.5) * self.gsd_m_per_px

    def row_col(self, east_m: Numbers, north_m: Numbers) -> tuple[Numbers, Numbers]:
        """Return row and column in pixels of places in metres; arrays or numbers."""
        row = (self.north_m - north_m) / self.gsd_m_per_px - 0.5
        return row, (east_m - self.west_m) / self.gsd_m_per_px - 0.5

    def touched_by(self, region: Region) -> PixelBox:
        """Return the pixels that a box touches; it is empty where the box lies off the grid."""
        top, left = self.row_col(region.west_m, region.north_m)
        bottom, right = self.row_col(region.east_m, region.south_m)
        return PixelBox(
            max(0, math.floor(top + 0.5)),
            max(0, math.floor(left + 0.5)),
            min(self.rows, math.ceil(bottom + 0.5)),
            min(self.columns, math.ceil(right + 0.5)),
        )

    def snapped(self, region: Region) -> Region:
        """Return a box whose north-west corner is moved out to the next corner of a pixel."""
        gsd = self.gsd_m_per_px
        west_m = self.west_m + math.floor((region.west_m - self.west_m) / gsd) * gsd
        north_m = self.north_m + math.ceil((region.north_m - self.north_m) / gsd) * gsd
        return replace(region, west_m=west_m, north_m=north_m)

    def part(self, box: PixelBox) -> PixelGrid:
        """Return the grid of some of the pixels; they may lie beyond this grid."""
        west_m = self.west_m + box.left * self.gsd_m_per_px
        north_m = self.north_m - box.top * self.gsd_m_per_px
        return PixelGrid(west_m, north_m, *box.shape, self.gsd_m_per_px)

    def place_of(self, other: PixelGrid) -> PixelBox:
        """
        Return where another grid lies, in pixels of this one.

        :raises ShapeError: if the pixels differ in size.
        """
        gsd = self.gsd_m_per_px
        if other.gsd_m_per_px != gsd:
            raise ShapeError(f'grids must have equal pixels, got {gsd} and {other.gsd_m_per_px}')
        top = round((self.north_m - other.north_m) / gsd)
        left = round((other.west_m - self.west_m) / gsd)
        return PixelBox(top, left, top + other.rows, left + other.columns)

    def union(self, other: PixelGrid, multiple: int = 1) -> PixelGrid:
        """
        Return the grid that holds both, on the pixels of this one.

        :param multiple: of pixels by which it may begin further north or west than this one.
        """
        top, left, bottom, right = self.place_of(other)
        top, left = (min(start, 0) // multiple * multiple for start in (top, left))
        return self.part(PixelBox(top, left, max(bottom, self.rows), max(right, self.columns)))

    def covered_by(self, boxes_m: np.ndarray) -> np.ndarray:
        """
        Return (N, 4) top, left, bottom, right of the pixels whose middles boxes cover.

        :param boxes_m: (N, 4) west, south, east, north.
        """
        west, south, east, north = np.asarray(boxes_m, float).reshape(-1, 4).T
        gsd = self.gsd_m_per_px
        rows = np.column_stack([self.north_m - north, self.north_m - south]) / gsd
        columns = np.column_stack([west - self.west_m, east - self.west_m]) / gsd
        rows = np.ceil(rows - 0.5).clip(0, self.rows)
        columns = np.ceil(columns - 0.5).clip(0, self.columns)
        return np.column_stack([rows[:, 0], columns[:, 0], rows[:, 1], columns[:, 1]]).astype(int)
