# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Find where a query lies on the map and which way up, coarse to fine.

The search runs over the tiles that retrieval ranked, to verify them, or over a prior's area or the
whole map, to find the place without them. It tries every place with every possible heading and
scale on a coarse map, and the best few again on finer ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import math

import numpy as np
from visual_navsat.correlation.coarse_search import search_coarse, StrengthSpread
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleGrid, HeadingScaleRange
from visual_navsat.correlation.map_field import MapField
from visual_navsat.correlation.peak_set import PeakSet, strength_factor
from visual_navsat.correlation.refine import refine
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.geometry.region import Region

# Scores at a time, by whether the device is CUDA: a CPU's stay in its caches, CUDA's fill it.
_BATCH_PX = {False: 130_000, True: 64_000_000}
_MIN_SIDE_PX = 24  # of a footprint's shorter side, on a first level coarser than usual


@dataclass(frozen=True)
class SearchOptions:
    """How much work the search does."""

    start_level: int = 2  # halvings of the map's resolution at which the search begins
    # Places times headings times scales to try on the first level. If there are more, the search
    # begins on a coarser level, as far as map and footprint allow; None: no limit.
    max_scores: float | None = None
    step_px: float = 2.0  # by which neighbouring variants move the footprint's RMS radius
    candidates: int = 8  # places of the coarse search that are tried on the next finer map
    finalists: int = 3  # places that are tried on the maps finer than that
    separation_m: float = 10.0  # peaks closer than this are one place
    min_texture: float = 0.005  # mean squared weight below which a query shows nothing
    batch_px: int | None = None  # scores at a time, which bounds the memory; None: by device


@dataclass(frozen=True)
class Match:
    """A place on the map that the query agrees with."""

    east_m: float  # of the query image's centre, in the map's frame
    north_m: float
    heading_deg: float  # clockwise from north, of the image's up direction, 0 to 360
    scale: float  # true GSD over the GSD that was given
    score: float  # -1 to 1, on the finest map
    strength: float  # the score made comparable over scales, by which places are ranked
    level_strengths: tuple[float, ...]  # on all levels that were tried, coarsest first
    curvature_per_m2: np.ndarray = field(repr=False)  # (2, 2) Hessian of the score, east, north


@dataclass(frozen=True)
class SearchResult:
    """The places that agree best, strongest first; ``matches[1:]`` are the first one's rivals."""

    matches: tuple[Match, ...]
    spread: StrengthSpread | None = None  # of the strength on the coarsest level
    reason: str = ''  # why there is no match: 'textureless' or 'off_map'
    # Of all places that were tried on each level, coarsest first, the matches included.
    level_strengths: tuple[np.ndarray, ...] = ()
    start_gsd_m_per_px: float = math.nan  # of the map that the search began on


@dataclass(frozen=True)
class FirstLevel:
    """Where a search begins."""

    level: int  # counted from the finest
    num_scores: int  # to compute there, the search's work


def search(
    query: GradientField,
    levels: Sequence[MapField],
    span: HeadingScaleRange,
    regions: Sequence[Region] | None = None,
    options: SearchOptions | None = None,
) -> SearchResult:
    """
    Return the places of the map that agree with the query, best first.

    :param query: of the photo, on the map's device, made with the options of the map's field and
        the GSD that the photo is believed to have.
    :param levels: the map at its own GSD and at doublings of it, finest first.
    :param regions: where its centre may lie, such as the boxes of the best tiles or a prior's
        box; they may overlap. None: anywhere on the map.
    """
    options = options or SearchOptions()
    if query.texture < options.min_texture:
        return SearchResult((), reason='textureless')
    start = first_level(query, levels, span, regions, options).level
    coarsest = levels[start]
    boxes = _pixel_boxes(coarsest, regions)
    if not boxes:
        return SearchResult((), reason='off_map')
    queries = [query]
    while len(queries) <= start:
        queries.append(queries[-1].halved())

    batch_px = options.batch_px or _BATCH_PX[query.vectors.device.type == 'cuda']
    # On a coarser map the noise is higher: the true place stands further down the list.
    num_candidates = options.candidates * 4 ** max(0, start - options.start_level)
    found, spread = search_coarse(
        queries[-1],
        coarsest,
        HeadingScaleGrid.covering(span, _step(query, coarsest.gsd_m_per_px, options)),
        boxes,
        peaks_per_block=2 * num_candidates,
        batch_px=batch_px,
    )
    found = found.best(num_candidates, options.separation_m)
    level_strengths = [found.strength]
    for depth in range(start - 1, -1, -1):
        step = _step(query, levels[depth].gsd_m_per_px, options)
        found = refine(queries[depth], levels[depth], found, step, batch_px)
        found = found.best(options.candidates, options.separation_m)
        level_strengths.append(found.strength)
        if depth < options.start_level:
            found = found.best(options.finalists, options.separation_m)
    return SearchResult(
        _as_matches(found), spread, '', tuple(level_strengths), coarsest.gsd_m_per_px
    )


def first_level(
    query: GradientField,
    levels: Sequence[MapField],
    span: HeadingScaleRange,
    regions: Sequence[Region] | None = None,
    options: SearchOptions | None = None,
) -> FirstLevel:
    """
    Return the level on which :func:`search` begins.

    It is the usual one, or the finest above it that stays within ``max_scores``. A footprint of
    few pixels agrees with too many places: no level is taken on which its shorter side may have
    fewer than 24, even if the scores then exceed ``max_scores``.
    """
    options = options or SearchOptions()
    shorter_m = min(query.extent_m) * (1.0 - span.scale_tolerance)
    for number in range(min(options.start_level, len(levels) - 1), len(levels)):
        level, coarser = levels[number], levels[number:][1:2]
        variants = HeadingScaleGrid.covering(span, _step(query, level.gsd_m_per_px, options))
        places = sum(math.prod(box.shape) for box in _pixel_boxes(level, regions))
        num_scores = places * len(variants)
        is_cheap = options.max_scores is None or num_scores <= options.max_scores
        if is_cheap or not coarser or shorter_m < _MIN_SIDE_PX * coarser[0].gsd_m_per_px:
            break
    return FirstLevel(number, num_scores)


def _step(query: GradientField, gsd_m_per_px: float, options: SearchOptions) -> float:
    """Return the step of heading in radians, and of scale as a fraction, for a GSD."""
    rms_radius_m = math.hypot(*query.extent_m) / math.sqrt(12)
    return options.step_px * gsd_m_per_px / rms_radius_m


def _pixel_boxes(level: MapField, regions: Sequence[Region] | None) -> list[PixelBox]:
    if regions is None:
        return [PixelBox(0, 0, *level.grid.shape)]
    boxes = [level.grid.touched_by(region) for region in regions]
    return [box for box in boxes if not box.is_empty]


def _as_matches(found: PeakSet) -> tuple[Match, ...]:
    score = found.strength / strength_factor(found.scale)
    return tuple(
        Match(
            float(found.east_m[i]),
            float(found.north_m[i]),
            float(found.heading_deg[i]) % 360.0,
            float(found.scale[i]),
            float(score[i]),
            float(found.strength[i]),
            tuple(float(strength) for strength in found.level_strengths[i]),
            found.curvature_per_m2[i],
        )
        for i in range(len(found))
        if found.strength[i] > 0
    )
