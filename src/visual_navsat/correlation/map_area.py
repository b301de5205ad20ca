# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One area of the map, ready to be searched: its gradient field at several GSDs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
import math

import numpy as np
import torch
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.stored_level import BYTES_PER_PX, PieceCache, StoredLevel
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region

NUM_LEVELS = 5  # 16 times the GSD of the field; see SearchOptions for where a search begins
# Of the memory for fields, what levels may take that are kept whole; the rest is for pieces of
# finer ones, where candidates are.
_KEPT_SHARE = 0.75


@dataclass(frozen=True)
class MapArea:
    """An area of the map in a local frame of its own."""

    frame: LocalFrame
    levels: tuple[MapLevel, ...]  # finest first

    @property
    def bounds(self) -> Region:
        """Return the box of the area in its frame."""
        return self.levels[0].grid.region


def level_grids(finest: PixelGrid) -> list[PixelGrid]:
    """Return the grids of all levels of an area, the finest first."""
    grids = [finest]
    while len(grids) < NUM_LEVELS:
        grids.append(grids[-1].halved())
    return grids


def field_bytes(grids: Sequence[PixelGrid]) -> int:
    """Return what fields on some grids take in memory."""
    return BYTES_PER_PX * sum(math.prod(grid.shape) for grid in grids)


def stored_areas(
    places: Sequence[tuple[LocalFrame, PixelGrid]],
    read: Callable[[int, int, PixelBox], np.ndarray],
    max_bytes: float,
    device: torch.device,
) -> tuple[MapArea, ...]:
    """
    Return the areas of an index, whose fields are read where and when a search comes by.

    A search of the whole map runs over one level: that of SearchOptions.start_level or a coarser
    one, on a small map the next finer one for a small footprint. So the coarse levels, as many as
    fit, are kept once they were read; of the finer ones pieces are needed, mostly those around
    candidates, and those used last are kept.

    :param places: of each area its frame and grid.
    :param read: returns (3, rows, columns) int8, the field's vectors and 1 where they are valid,
        of an area, a level and a box of its pixels.
    :param max_bytes: that fields may take in memory.
    """
    grids = [level_grids(grid) for _, grid in places]
    # What all levels from each one on take together; nothing beyond the last.
    from_level = [
        sum(field_bytes(own[number:]) for own in grids) for number in range(NUM_LEVELS + 1)
    ]
    kept_from = sum(num_bytes > _KEPT_SHARE * max_bytes for num_bytes in from_level)
    kept_bytes = from_level[kept_from]
    kept, passing = PieceCache(math.inf), PieceCache(max_bytes - kept_bytes)
    return tuple(
        MapArea(
            frame,
            tuple(
                StoredLevel(
                    grid,
                    number,
                    partial(read, area, number),
                    passing if number < kept_from else kept,
                    device,
                )
                for number, grid in enumerate(own)
            ),
        )
        for area, ((frame, _), own) in enumerate(zip(places, grids, strict=True))
    )
