# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
How distinctive a piece of the map is: its texture, and the strongest other place that looks alike.

The piece of the field is searched for on the map that it is from. It finds itself; what the
search finds next is where a photo of the piece could be mistaken for.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.correlation.coarse_search import search_coarse
from visual_navsat.correlation.first_level import first_level
from visual_navsat.correlation.gradient_field import as_float, GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.look import Look
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.localization.photo_search import too_fine
from visual_navsat.preflight.map_cells import Cell, cut_field, MapCells

# Places times headings of one search. 200 km^2 with the heading known begin on the usual level,
# 2 m per pixel; a larger map begins on a coarser one, as the localizer does.
_MAX_SCORES = 5e7
_BATCH_PX = 130_000  # scores at a time that stay in a CPU's caches, as in localization.search
_STRONG = 0.5  # weight of an edge that outweighs its whole neighbourhood and the noise
_PEAKS = 8  # per block: the piece itself, its skirts and a few more


@dataclass(frozen=True)
class Distinction:
    """What distinguishes a cell."""

    strong_share: float  # of its pixels that are strong edges
    texture: float  # mean squared weight, as GradientField.texture
    rival: float  # strength of the best other place, of the cell itself 1
    rival_m: float  # how far that is; infinite in another area, NaN if there is none


def measure_distinction(cells: MapCells, cell: Cell, span: HeadingScaleRange) -> Distinction:
    """
    Return the texture of a cell and its best rival on the map.

    :param span: of the photo: with an open heading, rivals turned any way count.
    """
    area = cells.areas[cell.area]
    fine = cut_field(area.levels[0], cell, cells.side_m)
    weights = as_float(fine.vectors).square().sum(dim=0).sqrt()[fine.valid]
    strong = float((weights > _STRONG).float().mean()) if len(weights) else 0.0
    own, rival, rival_m = 0.0, 0.0, math.nan
    separation_m = SearchOptions.separation_m
    for number, other in enumerate(cells.areas):
        # Each area in its own pixels: the piece is cut at the GSD that the search begins with.
        start = search_level(cells, number, span)
        level = other.levels[start]
        query = cut_field(area.levels[start], cell, cells.side_m)
        found = search_piece(query, level, span).best(_PEAKS, separation_m)
        apart = np.full(len(found), math.inf)
        if number == cell.area:
            apart = np.hypot(found.east_m - cell.east_m, found.north_m - cell.north_m)
            at_home = apart < separation_m
            own = max(own, float(found.strength[at_home].max(initial=0.0)))
        for place in np.flatnonzero(apart >= separation_m):
            if found.strength[place] > rival:
                rival, rival_m = float(found.strength[place]), float(apart[place])
    # A piece without edges resembles everything.
    relative = min(rival / own, 1.0) if own > 0 else 1.0
    return Distinction(strong, fine.texture, relative, rival_m)


def search_level(cells: MapCells, area: int, span: HeadingScaleRange) -> int:
    """Return the level of an area on which a cell is searched for."""
    query = GradientField.without_pixels((cells.side_m, cells.side_m))
    sizes = [math.prod(one.levels[0].grid.shape) for one in cells.areas]
    options = SearchOptions(max_scores=_MAX_SCORES * sizes[area] / sum(sizes))
    levels = cells.areas[area].levels
    first = too_fine(levels, cells.side_m)
    return first + first_level(query, levels[slice(first, None)], span, None, options).level


def search_piece(query: GradientField, level: MapLevel, span: HeadingScaleRange):
    """
    Return the places of a level that agree with a piece of a map, as the search's first step.

    :return: PeakSet, unordered.
    """
    variants = Look((query,), span).variants(level.gsd_m_per_px, SearchOptions.step_px)
    return search_coarse(query, level, variants, [level.grid.box], _PEAKS, _BATCH_PX)[0]
