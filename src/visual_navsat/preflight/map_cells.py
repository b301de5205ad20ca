# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Cut the areas of a map into cells of about a footprint, or an even sample of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
import torch
from visual_navsat.config import Config
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.map_area import MapArea, stored_areas
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.errors import IndexFolderError
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.index.index_folder import IndexFolder

_MIN_GROUND = 0.5  # share of a cell that the map must show


@dataclass(frozen=True)
class Cell:
    """A square of the map, north-up."""

    area: int  # index of the area
    east_m: float  # of its middle, in the area's frame
    north_m: float


@dataclass(frozen=True)
class MapCells:
    """The areas of an index, ready to be searched, and the side of a cell."""

    areas: tuple[MapArea, ...]
    side_m: float  # of a cell

    @classmethod
    def of_index(cls, index: IndexFolder, side_m: float) -> MapCells:
        """
        Return an index's areas; their fields are read as they are needed.

        :raises IndexFolderError: if it was built without gradient fields.
        """
        if not index.manifest.areas:
            raise IndexFolderError(
                f'index {index.path} has no gradient fields to judge the map by: build it again '
                'with visual-navsat build-map --correlate'
            )
        places = [(area.frame, area.grid) for area in index.manifest.areas]
        max_bytes = 1e6 * Config().correlation.field_memory_mb
        return cls(stored_areas(places, index.field, max_bytes, torch.device('cpu')), side_m)

    def grid(self, max_cells: int) -> tuple[list[Cell], float]:
        """
        Return the cells that show ground, about ``max_cells`` at most, and their spacing.

        The spacing in metres is half a cell's side, so that they overlap, or a multiple of that
        where there would be too many.
        """
        coarsest = [area.levels[-1] for area in self.areas]
        ground_m2 = sum(
            float(level.part(level.grid.box).valid.sum()) * level.gsd_m_per_px**2
            for level in coarsest
        )
        half_m = self.side_m / 2
        spacing_m = half_m * max(1, math.ceil(math.sqrt(ground_m2 / max_cells) / half_m))
        cells = []
        for number, area in enumerate(self.areas):
            box = area.bounds
            easts = _middles(box.west_m, box.east_m, spacing_m)
            norths = _middles(box.south_m, box.north_m, spacing_m)
            cells += [Cell(number, east, north) for north in norths[::-1] for east in easts]
        return [cell for cell in cells if self.ground_share(cell) >= _MIN_GROUND], spacing_m

    def at(self, lat: float, long: float) -> Cell | None:
        """Return the cell around a place in degrees, None where the map shows too little of it."""
        for number, area in enumerate(self.areas):
            east, north = area.frame.enu_from_geodetic(lat, long).tolist()
            cell = Cell(number, east, north)
            if math.isfinite(east + north) and self.ground_share(cell) >= _MIN_GROUND:
                return cell
        return None

    def distance_m(self, lat: float, long: float) -> float:
        """Return how far a place in degrees is from the box of the nearest area; 0 inside."""
        distances = []
        for area in self.areas:
            east, north = area.frame.enu_from_geodetic(lat, long).tolist()
            box = area.bounds
            beside = max(box.west_m - east, east - box.east_m, 0.0)
            above = max(box.south_m - north, north - box.north_m, 0.0)
            distances.append(math.hypot(beside, above))
        return min(distances)

    def ground_share(self, cell: Cell) -> float:
        """Return the share of a cell that the map shows."""
        level = self.areas[cell.area].levels[2]
        return float(cut_field(level, cell, self.side_m).valid.float().mean())

    def corners(self, cell: Cell, side_m: float) -> list[tuple[float, float]]:
        """Return latitude and longitude in degrees of a square's corners, clockwise from NW."""
        half = side_m / 2
        signs = np.array([(-1, 1), (1, 1), (1, -1), (-1, -1)])
        frame = self.areas[cell.area].frame
        lats, longs = frame.geodetic_from_enu(signs * half + (cell.east_m, cell.north_m))
        return list(zip(lats.tolist(), longs.tolist(), strict=True))

    def geodetic(self, cell: Cell) -> tuple[float, float]:
        """Return latitude and longitude in degrees of a cell's middle."""
        frame = self.areas[cell.area].frame
        lat, long = frame.geodetic_from_enu([cell.east_m, cell.north_m])
        return float(lat), float(long)


def cut_field(level: MapLevel, cell: Cell, side_m: float) -> GradientField:
    """
    Return the field of a square, empty beyond the edge of the map.

    It is an odd number of pixels wide: its middle is that of a pixel.
    """
    half = max(1, round(side_m / level.gsd_m_per_px / 2))
    row, col = (round(float(x)) for x in level.grid.row_col(cell.east_m, cell.north_m))
    return level.part(PixelBox(row - half, col - half, row + half + 1, col + half + 1))


def _middles(low: float, high: float, spacing: float) -> Sequence[float]:
    count = max(1, int((high - low) / spacing))
    # Both edges share the rest of the division.
    return [(low + high) / 2 + (k - (count - 1) / 2) * spacing for k in range(count)]
