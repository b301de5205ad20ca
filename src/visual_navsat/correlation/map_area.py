# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One area of the map, ready to be searched: its gradient field at several GSDs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from visual_navsat.correlation.map_field import make_levels, MapField
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region

NUM_LEVELS = 5  # 16 times the GSD of the field; see SearchOptions for where a search begins


@dataclass(frozen=True)
class MapArea:
    """An area of the map in a local frame of its own."""

    frame: LocalFrame
    levels: tuple[MapField, ...]  # finest first

    @property
    def bounds(self) -> Region:
        """Return the box of the area in its frame."""
        return self.levels[0].grid.region

    @property
    def ground_m2(self) -> float:
        """Square metres of ground that the area's imagery shows."""
        finest = self.levels[0]
        return float(finest.field.valid.sum()) * finest.gsd_m_per_px**2


def load_area(
    frame: LocalFrame, grid: PixelGrid, stored: np.ndarray, device: torch.device | str
) -> MapArea:
    """
    Return an area of an index, ready to be searched.

    :param frame: that the grid lies in.
    :param stored: (3, rows, columns) int8: the field's vectors, then 1 where they are valid.
    """
    planes = torch.from_numpy(np.array(stored))  # a copy: the file may be replaced
    levels = make_levels(MapField.of(grid, planes[:2], planes[2].bool()), NUM_LEVELS)
    return MapArea(frame, tuple(level.to(device) for level in levels))
