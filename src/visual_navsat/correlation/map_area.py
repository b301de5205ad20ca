"""One area of the map, ready to be searched: its gradient field, kept in the index as bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.map_field import MapField, MapPyramid
from visual_navsat.geometry.areas import tile_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.tile import TileMetadata

_NUM_LEVELS = 5  # 16 times the GSD of the field; see SearchOptions for where a search begins


@dataclass(frozen=True)
class MapArea:
    """An area of the map in a local frame of its own."""

    frame: LocalFrame
    pyramid: MapPyramid

    @property
    def bounds(self) -> Region:
        """The box of the area in its frame, metres."""
        return self.pyramid.levels[0].grid.region

    def tile_region(self, tile: TileMetadata) -> Region:
        """Return the box of a tile in the area's frame."""
        return Region(*tile_bounds_m(tile, self.frame))


def load_area(
    frame: LocalFrame, grid: PixelGrid, stored: np.ndarray, device: torch.device | str
) -> MapArea:
    """
    Return an area of an index, ready to be searched.

    :param frame: that the grid lies in.
    :param stored: (3, rows, columns) int8: the field's vectors, and 1 where they are valid.
    """
    planes = torch.from_numpy(np.array(stored))  # a copy: the file may be replaced
    width_m, height_m = grid.columns * grid.gsd_m_per_px, grid.rows * grid.gsd_m_per_px
    field = GradientField(planes[:2], planes[2].bool(), grid.gsd_m_per_px, (width_m, height_m))
    return MapArea(frame, MapPyramid(MapField(field, grid), _NUM_LEVELS).to(device))
