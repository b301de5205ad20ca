# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a map needs on this machine: disk, memory, and the measured time of a search."""

from __future__ import annotations

from dataclasses import dataclass
import time

from visual_navsat.config import Config
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.map_area import field_bytes
from visual_navsat.index.index_folder import IndexFolder
from visual_navsat.preflight.map_cells import Cell, cut_field, MapCells
from visual_navsat.preflight.rivals import search_level, search_piece

_SCALE_TOLERANCE = 0.1  # of a height above ground
_KNOWN = HeadingScaleRange(0.0, 10.0, _SCALE_TOLERANCE)  # by a compass in a disturbed field
_OPEN = HeadingScaleRange(None, scale_tolerance=_SCALE_TOLERANCE)


@dataclass(frozen=True)
class Cost:
    """What to expect of a map on the machine that it was measured on."""

    disk_mb: float  # the index folder
    fields_mb: float  # the gradient fields in memory, at most
    descriptors_mb: float
    known_heading_ms: float  # the whole map at its first level, once
    open_heading_ms: float
    start_gsd_m_per_px: float  # of that level, known heading


def measure_cost(index: IndexFolder, cells: MapCells, cell: Cell) -> Cost:
    """Return the cost of a map; the searches are run, with a cell of it as the photo."""
    grids = [level.grid for area in cells.areas for level in area.levels]
    fields_mb = min(field_bytes(grids) / 1e6, Config().correlation.field_memory_mb)
    start = search_level(cells, cell.area, _KNOWN)
    return Cost(
        disk_mb=index.size_bytes / 1e6,
        fields_mb=fields_mb,
        descriptors_mb=index.manifest.count * index.code.tile.bytes_in_memory / 1e6,
        known_heading_ms=_search_ms(cells, cell, _KNOWN),
        open_heading_ms=_search_ms(cells, cell, _OPEN),
        start_gsd_m_per_px=cells.areas[cell.area].levels[start].gsd_m_per_px,
    )


def _search_ms(cells: MapCells, cell: Cell, span: HeadingScaleRange) -> float:
    total_ms = 0.0
    for number, area in enumerate(cells.areas):
        start = search_level(cells, number, span)
        level = area.levels[start]
        query = cut_field(cells.areas[cell.area].levels[start], cell, cells.side_m)
        search_piece(query, level, _KNOWN)  # warms up, and reads the level, which stays in memory
        began = time.perf_counter()
        search_piece(query, level, span)
        total_ms += (time.perf_counter() - began) * 1e3
    return total_ms
