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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
import math

import numpy as np
from visual_navsat.correlation.coarse_search import pooled, search_coarse, StrengthSpread
from visual_navsat.correlation.elastic import elastic_scores
from visual_navsat.correlation.first_level import first_level, fitting_level
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.look import Look
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.peak_set import join_peaks, PeakSet, strength_factor
from visual_navsat.correlation.refine import refine
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.geometry.region import Region

# Scores at a time, by whether the device is CUDA: a CPU's stay in its caches, CUDA's fill it.
_BATCH_PX = {False: 130_000, True: 64_000_000}
# Of the best place's standing: others with less are not tried further, but for a few.
_FAR_BEHIND = 0.75
_TRIED_ANYWAY = 3
_ELASTIC_LEVELS = 2  # the finest, on which places are compared piece by piece


# Before each finer level: the places found so far, each with a look of its own, for the level.
Refit = Callable[[Sequence[Look], PeakSet, MapLevel], tuple[list[Look], PeakSet]]


@dataclass(frozen=True)
class Match:
    """A place on the map that the query agrees with."""

    east_m: float  # of the query image's centre, in the map's frame
    north_m: float
    heading_deg: float  # clockwise from north, of the image's up direction, 0 to 360
    scale: float  # true GSD over the GSD that was given
    score: float  # -1 to 1, on the finest map
    strength: float  # by which places are ranked, see PeakSet.standing
    level_strengths: tuple[float, ...]  # on all levels that were tried, coarsest first
    elastic_strengths: tuple[float, ...]  # piece by piece, on the finest levels, coarsest first
    curvature_per_m2: np.ndarray = field(repr=False)  # (2, 2) Hessian of the score, east, north


@dataclass(frozen=True)
class SearchResult:
    """The places that agree best, strongest first; ``matches[1:]`` are the first one's rivals."""

    matches: tuple[Match, ...]
    spread: StrengthSpread | None = None  # of the strength on the coarsest level
    reason: str = ''  # why there is no match: 'textureless' or 'off_map'
    # Of all places that were tried on each level, coarsest first, the matches included.
    level_strengths: tuple[np.ndarray, ...] = ()
    elastic_strengths: tuple[np.ndarray, ...] = ()  # of the same, piece by piece, finest levels
    start_gsd_m_per_px: float = math.nan  # of the map that the search began on
    coarser: int = 0  # levels by which that is coarser than fits the footprint
    looks: tuple[Look, ...] = ()  # that each match was found with at last


def search(
    query: GradientField,
    levels: Sequence[MapLevel],
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
    start = first_level(query, levels, span, regions, options).level
    look = Look((query,), span, regions).with_levels(levels[: start + 1])
    return search_looks([look], levels, start, options)


def search_looks(
    looks: Sequence[Look],
    levels: Sequence[MapLevel],
    start: int,
    options: SearchOptions,
    refit: Refit | None = None,
) -> SearchResult:
    """
    Return the places of the map that agree best with any of some looks at the ground.

    :param looks: at least one; with fields for the level that the search starts on, and for the
        finer ones unless they are fitted anew.
    :param start: the level, see :func:`~visual_navsat.correlation.first_level.first_level_of`.
    """
    if max(look.fields[0].texture for look in looks) < options.min_texture:
        return SearchResult((), reason='textureless')
    coarsest = levels[start]
    batch_px = options.batch_px or _BATCH_PX[coarsest.device.type == 'cuda']
    # On a coarser map the noise is higher: the true place stands further down the list.
    coarser = max(0, start - options.start_level)
    num_candidates = max(options.candidates, options.finalists * 4**coarser)
    everywhere = _search_first(looks, coarsest, options, 2 * num_candidates, batch_px)
    if everywhere is None:
        return SearchResult((), reason='off_map')
    found, spread = everywhere
    found = found.best(num_candidates, options.separation_m)
    level_strengths, elastic = [], []
    for depth in range(start, -1, -1):
        level, count = levels[depth], num_candidates
        if depth < start:
            if refit is not None:
                looks, found = refit(looks, found, level)
            # The finest level costs most, and the ones before know headings and scales well: it
            # ranks the finalists by them, and turns and scales the best one only. The level that
            # the search began on knows them by its steps alone.
            is_turned = depth > 0 or start == 1
            found = _refine(looks, level, found, options, batch_px, is_turned=is_turned)
            count = options.candidates
        if depth < _ELASTIC_LEVELS:
            found = _with_elastic(looks, level, found)
        found = found.best(count, options.separation_m)
        level_strengths.append(found.strength)
        if depth < _ELASTIC_LEVELS:
            elastic.append(found.elastic_strengths[:, -1])
        found = _worth_trying(found, options, depth)
    if start > 0:
        best = _refine(looks, levels[0], found.take([0]), options, batch_px, is_turned=True)
        best = replace(best, level_strengths=found.level_strengths[:1])
        found = join_peaks([best, found.take(range(1, len(found)))])
    found = found.take(np.flatnonzero(found.strength > 0).tolist())
    return SearchResult(
        _as_matches(found, looks),
        spread,
        '',
        tuple(level_strengths),
        tuple(elastic),
        coarsest.gsd_m_per_px,
        start - fitting_level(looks, levels, options),
        tuple(looks[number] for number in found.look),
    )


def _search_first(
    looks: Sequence[Look], level: MapLevel, options: SearchOptions, peaks: int, batch_px: int
) -> tuple[PeakSet, StrengthSpread] | None:
    """
    Return what stands out of all places where the looks may be; None if the map shows none.

    :param peaks: of each block of the map.
    """
    parts, spreads, weights = [], [], []
    for number, look in enumerate(looks):
        boxes = look.boxes(level)
        if not boxes:
            continue
        found, spread = search_coarse(
            look.at(level.gsd_m_per_px),
            level,
            look.variants(level.gsd_m_per_px, options.step_px),
            boxes,
            peaks_per_block=peaks,
            batch_px=batch_px,
        )
        parts.append(found.weighted(look.weight, number))
        spreads.append(spread)
        weights.append(look.weight)
    return (join_peaks(parts), pooled(spreads, weights)) if parts else None


def _worth_trying(found: PeakSet, options: SearchOptions, depth: int) -> PeakSet:
    """Return the places that are tried on the next level: few, and none that is far behind."""
    if 0 < depth < options.start_level:
        found = found.best(options.finalists, options.separation_m)
    is_behind = found.standing < _FAR_BEHIND * found.standing[0]
    is_behind[:_TRIED_ANYWAY] = False
    return found.take(np.flatnonzero(~is_behind).tolist())


def _with_elastic(looks: Sequence[Look], level: MapLevel, found: PeakSet) -> PeakSet:
    """Return the places with what the level says of them piece by piece, each by its look."""
    strengths = np.zeros(len(found))
    for _, look, which in _by_look(looks, found):
        own = found.take(which)
        scores = elastic_scores(look.at(level.gsd_m_per_px), level, own).cpu().numpy()
        strengths[which] = look.weight * strength_factor(own.scale) * scores
    return found.with_elastic(strengths)


def _refine(
    looks: Sequence[Look],
    level: MapLevel,
    found: PeakSet,
    options: SearchOptions,
    batch_px: int,
    *,
    is_turned: bool,
) -> PeakSet:
    """Return the places as the level shows them, each by its look, turned and scaled or not."""
    parts = []
    for number, look, which in _by_look(looks, found):
        step = look.step(level.gsd_m_per_px, options.step_px) if is_turned else None
        own = refine(look.at(level.gsd_m_per_px), level, found.take(which), step, batch_px)
        parts.append(own.weighted(look.weight, number))
    return join_peaks(parts)


def _by_look(looks: Sequence[Look], found: PeakSet) -> Iterator[tuple[int, Look, list[int]]]:
    """Yield the looks that found some of the places, each with its number and which they are."""
    for number in np.unique(found.look).tolist():
        yield number, looks[number], np.flatnonzero(found.look == number).tolist()


def _as_matches(found: PeakSet, looks: Sequence[Look]) -> tuple[Match, ...]:
    weights = np.array([looks[number].weight for number in found.look])
    score = found.strength / strength_factor(found.scale) / weights
    return tuple(
        Match(
            float(found.east_m[i]),
            float(found.north_m[i]),
            float(found.heading_deg[i]) % 360.0,
            float(found.scale[i]),
            float(score[i]),
            float(found.standing[i]),
            tuple(float(strength) for strength in found.level_strengths[i]),
            tuple(float(strength) for strength in found.elastic_strengths[i]),
            found.curvature_per_m2[i],
        )
        for i in range(len(found))
    )
