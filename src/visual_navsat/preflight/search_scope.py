# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether photos will be searched for on the whole map, or only where retrieval says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
import math
from typing import Any

from visual_navsat.correlation.first_level import first_level, FirstLevel
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.map_area import level_grids
from visual_navsat.correlation.map_field import MapField
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.view import View
from visual_navsat.localization.map_match import COARSE, PART, WHOLE
from visual_navsat.localization.photo_search import searched_range, too_fine

_SHAPE = 3 / 4  # height over width of a usual photo
_MEANING = {
    WHOLE: 'every place is tried, from {gsd:g} m per pixel',
    COARSE: 'every place is tried, from no finer than {gsd:g} m per pixel',
    PART: 'only around the best tiles: there retrieval decides',
}


@dataclass(frozen=True)
class SearchScope:
    """What is searched of a map for a photo of which some things are known."""

    known: str
    scope: str  # WHOLE, COARSE or PART, as matches have it
    start_gsd_m_per_px: float  # of the finest map that the search begins on
    million_scores: float  # places times headings times scales, if nothing bounded them

    @property
    def line(self) -> str:
        """Return what is searched, in words."""
        what = _MEANING[self.scope].format(gsd=self.start_gsd_m_per_px)
        return f'{self.known}: {what} ({self.million_scores:,.3g} million scores)'

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def search_scopes(
    grids: Sequence[PixelGrid],
    footprint_m: float,
    max_million_scores: float,
    heading_sigma_deg: float = View.heading_sigma_deg,
    scale_sigma: float = View.scale_sigma,
) -> list[SearchScope]:
    """
    Return what is searched if heading and scale are known, one of them, or neither.

    :param grids: of the areas' fields, at least one.
    :param footprint_m: width of the ground that a photo shows.
    :param max_million_scores: the budget, ``correlation.max_million_scores``.
    """
    areas = [_Area.of(grid, footprint_m) for grid in grids]
    both = View(
        heading_deg=0.0,
        gsd_m_per_px=1.0,  # any: that it is known is what counts
        heading_sigma_deg=heading_sigma_deg,
        scale_sigma=scale_sigma,
    )
    views = {
        'heading and scale known': both,
        'heading alone known': replace(both, gsd_m_per_px=None),
        'scale alone known': replace(both, heading_deg=None),
        'neither known': replace(both, heading_deg=None, gsd_m_per_px=None),
    }
    return [
        _scope(areas, footprint_m, known, searched_range(view), 1e6 * max_million_scores)
        for known, view in views.items()
    ]


def scope_lines(scopes: Sequence[SearchScope], footprint_m: float) -> list[str]:
    """Return for people what is searched."""
    return [
        f'a photo of {footprint_m:.0f} m across, within correlation.max_million_scores; with',
        *(f'  {one.line}' for one in scopes),
    ]


@dataclass(frozen=True)
class _Area:
    """An area without its pixels, as a footprint is compared with it: only their number counts."""

    levels: tuple[MapField, ...]
    pixels: int

    @classmethod
    def of(cls, grid: PixelGrid, footprint_m: float) -> _Area:
        nothing = GradientField.without_pixels()
        levels = tuple(MapField(nothing, one) for one in level_grids(grid))
        first = too_fine(levels, footprint_m)
        return cls(levels[slice(first, None)], math.prod(levels[first].grid.shape))


def _scope(
    areas: Sequence[_Area], footprint_m: float, known: str, span: HeadingScaleRange, budget: float
) -> SearchScope:
    usual = _first_levels(areas, footprint_m, span, None)
    scores = sum(one.num_scores for one in usual)
    scope, begun = WHOLE, usual
    if scores > budget:
        begun = _first_levels(areas, footprint_m, span, budget)
        scope = COARSE if sum(one.num_scores for one in begun) <= budget else PART
    # Around single tiles the search begins where it usually does.
    shown = usual if scope == PART else begun
    gsd = min(area.levels[one.level].gsd_m_per_px for area, one in zip(areas, shown, strict=True))
    return SearchScope(known, scope, gsd, scores / 1e6)


def _first_levels(
    areas: Sequence[_Area], footprint_m: float, span: HeadingScaleRange, budget: float | None
) -> list[FirstLevel]:
    """Return where the search of each area begins, a budget shared by their sizes."""
    all_pixels = sum(area.pixels for area in areas)
    extent_m = (_SHAPE * footprint_m, footprint_m)
    found = []
    for area in areas:
        options = SearchOptions()
        if budget is not None:
            options = replace(options, max_scores=budget * area.pixels / all_pixels)
        query = GradientField.without_pixels(extent_m)
        found.append(first_level(query, area.levels, span, None, options))
    return found
