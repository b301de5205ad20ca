"""Which ground a photo is searched on: all of the map, what retrieval ranked, or a prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from visual_navsat.correlation.map_area import MapArea
from visual_navsat.geometry.region import Region, intersections
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.map_match import COARSE, PART, WHOLE
from visual_navsat.localization.photo_search import PhotoSearch, Regions
from visual_navsat.localization.prior import Prior


@dataclass(frozen=True)
class SearchPlan:
    """Where a photo's centre may lie, and what that makes of a match."""

    scope: str  # as MatchEvidence has it
    regions: Regions  # of each area
    max_scores: float | None = None  # begin on a coarser level, as far as that takes
    searched_m2: float | None = None  # None: the map


def plan_search(
    search: PhotoSearch,
    ranked_tiles: Sequence[TileMetadata],
    max_scores: float,
    prior: Prior | None = None,
) -> SearchPlan:
    """
    Return what is searched.

    :param ranked_tiles: by retrieval; searched alone where the whole map is too much, even if
        that begins on a coarser level than usual.
    :param max_scores: places times headings times scales that may be tried.
    :param prior: where the photo's centre is known to be: nothing else is searched, and where
        that is too much, only the ranked tiles in it.
    """
    in_tiles = [_boxes_on(area, ranked_tiles) for area in search.areas]
    if prior is not None:
        plan = plan_prior(search, prior)
        if search.count(plan.regions) <= max_scores:
            return plan
        pairs = zip(in_tiles, plan.regions, strict=True)
        return _part([intersections(tiles, boxes or ()) for tiles, boxes in pairs])
    everywhere: Regions = [None] * len(search.areas)
    if search.count(everywhere) <= max_scores:
        return SearchPlan(WHOLE, everywhere)
    if search.count(everywhere, max_scores) <= max_scores:
        return SearchPlan(COARSE, everywhere, max_scores)
    return SearchPlan(PART, in_tiles)


def plan_prior(search: PhotoSearch, prior: Prior) -> SearchPlan:
    """Return the search of what a prior covers of each area."""
    return _part(
        [intersections(prior.regions_in(area.frame), [area.bounds]) for area in search.areas]
    )


def _part(regions: list[list[Region]]) -> SearchPlan:
    # Where boxes overlap, their ground counts as often.
    searched_m2 = sum(box.area_m2 for boxes in regions for box in boxes)
    return SearchPlan(PART, regions, searched_m2=searched_m2)


def _boxes_on(area: MapArea, tiles: Sequence[TileMetadata]) -> list[Region]:
    """Return the boxes of the tiles that lie in an area."""
    boxes = [area.tile_region(tile) for tile in tiles]
    return [box for box in boxes if intersections([box], [area.bounds])]
