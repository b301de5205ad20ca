# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Grade cells: good, doubtful, poor.

A cell's rival is measured with the map itself, which agrees with itself fully. A photo of another
day agrees far less with its true place. The limits are therefore strengths of real matches between
days. The grade is relative: it ranks places of a map and warns of those where even a good photo
has a rival. It promises no fix: the index does not know light, season and new buildings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.preflight.lookalikes import Lookalikes
from visual_navsat.preflight.map_cells import Cell, MapCells
from visual_navsat.preflight.rivals import Distinction, measure_distinction

GRADES = ('good', 'doubtful', 'poor')

# Strengths, on the level that a search begins on, of 96 photos of other days at their true places
# on 12 procedural worlds, as bench/match_strength.py draws them: three in four reach the first,
# half the second.
# A rival's real likeness to the place shrinks with the photo's own agreement, its chance likeness
# does not. Comparing the whole rival with these limits is the worse case.
WEAK_MATCH = 0.18
TYPICAL_MATCH = 0.24


@dataclass(frozen=True)
class GradedCell:
    """A cell, what distinguishes it, and how well a photo of it can be told from others."""

    cell: Cell
    distinction: Distinction
    similar_tile: float  # similarity of the best tile that shows none of its tile's ground
    grade: str  # of GRADES
    why: str  # for people; '' for a good one


def grade_of(distinction: Distinction, is_alike: bool) -> tuple[str, str]:
    """
    Return the grade and why.

    :param is_alike: whether retrieval may take another tile for the cell's.
    """
    if distinction.texture < SearchOptions.min_texture:
        return 'poor', 'no texture'
    if distinction.rival >= TYPICAL_MATCH:
        return 'poor', 'another place looks as similar as the place itself on another day'
    if distinction.rival >= WEAK_MATCH:
        return 'doubtful', 'a photo that matches weakly has a rival'
    if is_alike:
        return 'doubtful', 'a distant tile has a similar descriptor'
    return 'good', ''


def grade_cells(
    cells: MapCells,
    chosen: Sequence[Cell],
    span: HeadingScaleRange,
    tile_at: Callable[[Cell], int | None],
    lookalikes: Lookalikes,
) -> list[GradedCell]:
    """
    Return the grades of some cells.

    :param tile_at: returns the number of the tile that a cell's middle lies in.
    """
    graded = []
    for cell in chosen:
        distinction = measure_distinction(cells, cell, span)
        tile = tile_at(cell)
        similar = float('nan') if tile is None else float(lookalikes.similarity[tile])
        is_alike = tile is not None and lookalikes.is_alike(tile)
        graded.append(GradedCell(cell, distinction, similar, *grade_of(distinction, is_alike)))
    return graded
