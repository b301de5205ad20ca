"""
Find where a query lies on the map and which way up, coarse to fine.

One search serves twice: over the surroundings of the tiles that retrieval ranked, to verify them,
and over a prior's area or the whole map, to find the place without them. Every place, with every
heading and scale that is open, is tried on a coarse map; the best few are tried again on finer
ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from visual_navsat.correlation.coarse_search import StrengthSpread, search_coarse
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleGrid, HeadingScaleRange
from visual_navsat.correlation.map_field import MapField, MapPyramid
from visual_navsat.correlation.peak_set import PeakSet, strength_factor
from visual_navsat.correlation.refine import refine
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.geometry.region import Region

# Scores at a time: on a CPU few enough to stay in its caches, on CUDA enough to fill it.
_BATCH_PX = {False: 130_000, True: 64_000_000}
_MIN_SIDE_PX = 24  # of a footprint's shorter side, on a level coarser than the usual first


@dataclass(frozen=True)
class SearchOptions:
    """How much work the search does."""

    start_level: int = 2  # halvings of the map's resolution at which the search begins
    # Places times headings times scales that may be tried at first. Where there are more, the
    # search begins on a coarser level, as far as map and footprint allow; None: any number.
    max_scores: float | None = None
    step_px: float = 2.0  # what neighbouring variants move the footprint's RMS radius by
    candidates: int = 8  # places of the coarse search that are tried on the next finer map
    finalists: int = 3  # places that are tried on the maps finer than that
    separation_m: float = 10.0  # peaks closer than this are one place
    min_texture: float = 0.005  # mean squared weight of a query under which it shows nothing
    batch_px: int | None = None  # scores at a time, which bounds the memory; None: what suits


@dataclass(frozen=True)
class Match:
    """A place on the map that the query agrees with."""

    east_m: float  # of the query image's centre, in the map's frame
    north_m: float
    heading_deg: float  # clockwise from north, of the image's up direction, 0 to 360
    scale: float  # true GSD over the GSD that was given
    score: float  # -1 to 1, on the finest map
    strength: float  # the score made comparable over scales: what ranks places
    level_strengths: tuple[float, ...]  # on all levels that were tried, coarsest first
    curvature_per_m2: np.ndarray = field(repr=False)  # (2, 2) Hessian of the score, east, north


@dataclass(frozen=True)
class SearchResult:
    """The places that agree best, strongest first; ``matches[1:]`` are the first one's rivals."""

    matches: tuple[Match, ...]
    spread: StrengthSpread | None = None  # of the strength on the coarsest level
    reason: str = ''  # why there is no match: 'textureless' or 'off_map'
    # Of all places that were tried on each level, coarsest first, the matches among them.
    level_strengths: tuple[np.ndarray, ...] = ()
    start_gsd_m_per_px: float = math.nan  # of the map that the search began on

    @property
    def peak_ratio(self) -> float:
        """Best strength over the next place's; infinite without a rival, NaN without a match."""
        if not self.matches:
            return math.nan
        if len(self.matches) == 1:
            return math.inf
        return self.matches[0].strength / self.matches[1].strength


def search(
    query: GradientField,
    pyramid: MapPyramid,
    span: HeadingScaleRange,
    regions: Sequence[Region] | None = None,
    options: SearchOptions | None = None,
) -> SearchResult:
    """
    Return the places of the map that agree with the query, best first.

    :param query: of the photo, on the map's device, made with the options of the map's field and
        the GSD that the photo is believed to have.
    :param regions: where its centre may lie, such as the boxes of the best tiles or a prior's
        box; they may overlap. None: anywhere on the map.
    """
    options = options or SearchOptions()
    if query.texture < options.min_texture:
        return SearchResult((), reason='textureless')
    start = start_level(query, pyramid, span, regions, options)
    coarsest = pyramid.levels[start]
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
        level = pyramid.levels[depth]
        step = _step(query, level.gsd_m_per_px, options)
        found = refine(queries[depth], level, found, step, batch_px)
        found = found.best(options.candidates, options.separation_m)
        level_strengths.append(found.strength)
        if depth < options.start_level:
            found = found.best(options.finalists, options.separation_m)
    return SearchResult(
        _as_matches(found), spread, '', tuple(level_strengths), coarsest.gsd_m_per_px
    )


def start_level(
    query: GradientField,
    pyramid: MapPyramid,
    span: HeadingScaleRange,
    regions: Sequence[Region] | None = None,
    options: SearchOptions | None = None,
) -> int:
    """
    Return the level on which :func:`search` begins, counted from the finest.

    It is the usual one, or the finest above it that ``max_scores`` lets pass. A footprint of few
    pixels agrees with too many places: no level is taken that may leave it under 24 on its
    shorter side, even where the work is then over ``max_scores``.
    """
    options = options or SearchOptions()
    start = min(options.start_level, len(pyramid.levels) - 1)
    if options.max_scores is None:
        return start
    side_m = min(query.extent_m) * (1.0 - span.scale_tolerance)
    for coarser in range(start + 1, len(pyramid.levels)):
        level = pyramid.levels[start]
        if _count(query, level, span, regions, options) <= options.max_scores:
            break
        if side_m < _MIN_SIDE_PX * pyramid.levels[coarser].gsd_m_per_px:
            break
        start = coarser
    return start


def count_scores(
    query: GradientField,
    pyramid: MapPyramid,
    span: HeadingScaleRange,
    regions: Sequence[Region] | None = None,
    options: SearchOptions | None = None,
) -> int:
    """
    Return how many scores :func:`search` would compute on the level it begins on, its work.

    More than ``options.max_scores`` says that no level does with as few.
    """
    options = options or SearchOptions()
    level = pyramid.levels[start_level(query, pyramid, span, regions, options)]
    return _count(query, level, span, regions, options)


def _count(query, level, span, regions, options) -> int:
    variants = HeadingScaleGrid.covering(span, _step(query, level.gsd_m_per_px, options))
    boxes = _pixel_boxes(level, regions)
    places = sum((bottom - top) * (right - left) for top, left, bottom, right in boxes)
    return places * len(variants)


def _step(query: GradientField, gsd_m_per_px: float, options: SearchOptions) -> float:
    """Return the step of heading in radians, and of scale as a fraction, that suits a GSD."""
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
