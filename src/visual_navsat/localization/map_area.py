"""One area of the map, ready to be searched: its gradient field, kept in the index as bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from visual_navsat.geometry.areas import tile_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.gradient_field import GradientField
from visual_navsat.localization.map_field import MapField, MapPyramid, Region
from visual_navsat.retrieval.store import AreaField

_NUM_LEVELS = 5  # 16 times the GSD of the field; see SearchOptions for where a search begins


@dataclass(frozen=True)
class MapArea:
    """An area of the map in a local frame of its own."""

    frame: LocalFrame
    pyramid: MapPyramid

    @property
    def bounds(self) -> Region:
        """The box of the area in its frame, metres."""
        base = self.pyramid.levels[0]
        width_m, height_m = base.field.extent_m
        return Region(base.west_m, base.north_m - height_m, base.west_m + width_m, base.north_m)

    def tile_region(self, tile: TileMetadata) -> Region:
        """Return the box of a tile in the area's frame."""
        return Region(*tile_bounds_m(tile, self.frame))


def load_area(area: AreaField, stored: np.ndarray, device: torch.device | str) -> MapArea:
    """
    Return an area of an index, ready to be searched.

    :param stored: (3, rows, columns) int8, as area_fields.make_area_patches made it.
    """
    planes = torch.from_numpy(np.array(stored))  # a copy: the file may be replaced
    extent_m = (area.columns * area.gsd_m_per_px, area.rows * area.gsd_m_per_px)
    field = GradientField(planes[:2], planes[2].bool(), area.gsd_m_per_px, extent_m)
    pyramid = MapPyramid(MapField(field, area.west_m, area.north_m), _NUM_LEVELS)
    return MapArea(LocalFrame(area.origin_lat, area.origin_long), pyramid.to(device))
