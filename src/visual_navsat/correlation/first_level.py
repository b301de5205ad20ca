# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Choose the map level that a search begins on.

The finer it is, the more a footprint of few pixels can be told from others, and the more places,
headings and scales there are to try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.look import Look
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.geometry.region import Region

_MIN_SIDE_PX = 24  # of a footprint's shorter side, on a first level coarser than usual
# Of the same, on the usual first level; a smaller footprint is looked for on a finer one.
_USUAL_SIDE_PX = 54
_FINEST_START = 1  # that it may be: the places are compared on the next finer one at least


@dataclass(frozen=True)
class FirstLevel:
    """Where a search begins."""

    level: int  # counted from the finest
    num_scores: int  # to compute there, the search's work


def first_level(
    query: GradientField,
    levels: Sequence[MapLevel],
    span: HeadingScaleRange,
    regions: Sequence[Region] | None = None,
    options: SearchOptions | None = None,
) -> FirstLevel:
    """
    Return the level on which the search of a photo begins.

    It is the usual level, or the next finer one if the footprint's shorter side may have fewer
    than 54 pixels on the usual one: a footprint of few pixels agrees with too many places. Beyond
    ``max_scores`` it is a coarser one, but none above the usual on which that side may have fewer
    than 24, even if the scores then exceed them.
    """
    return first_level_of([Look((query,), span, regions)], levels, options or SearchOptions())


def first_level_of(
    looks: Sequence[Look], levels: Sequence[MapLevel], options: SearchOptions
) -> FirstLevel:
    """Return the level on which the search of some looks begins, as :func:`first_level` does."""
    last = len(levels) - 1
    shorter_m = np.median(
        [min(look.extent_m) * (1.0 - look.span.scale_tolerance) for look in looks]
    )
    usual = min(options.start_level, last)
    fitting = fitting_level(looks, levels, options)
    wanted = min(usual + options.coarser, last) if options.coarser else fitting
    for number in range(min(wanted, usual), len(levels)):
        level, coarser = levels[number], levels[number:][1:2]
        num_scores = sum(
            sum(math.prod(box.shape) for box in look.boxes(level))
            * len(look.variants(level.gsd_m_per_px, options.step_px))
            for look in looks
        )
        is_cheap = options.max_scores is None or num_scores <= options.max_scores
        is_last = not coarser or shorter_m < _MIN_SIDE_PX * coarser[0].gsd_m_per_px
        if (is_cheap and number >= wanted) or (is_last and number >= usual):
            break
    return FirstLevel(number, num_scores)


def fitting_level(
    looks: Sequence[Look], levels: Sequence[MapLevel], options: SearchOptions
) -> int:
    """Return the usual level to begin on, or a finer one that suits a small footprint."""
    shorter_m = float(np.median([min(look.extent_m) for look in looks]))
    level = min(options.start_level, len(levels) - 1)
    while level > _FINEST_START and shorter_m < _USUAL_SIDE_PX * levels[level].gsd_m_per_px:
        level -= 1
    return level
