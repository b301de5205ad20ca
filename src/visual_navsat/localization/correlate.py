# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Correlate a photo with the map: in a prior, around what retrieval ranked, or anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from visual_navsat.correlation.map_area import MapArea
from visual_navsat.geometry.areas import tiles_bounds_m
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.region import intersections, Region
from visual_navsat.geometry.relief_photo import ReliefPhoto
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.map_match import COARSE, MapMatch, PART, WHOLE
from visual_navsat.localization.photo_search import PhotoSearch, Regions
from visual_navsat.localization.prior import Prior
from visual_navsat.localization.relief_search import ReliefSearch

Search = PhotoSearch | ReliefSearch
# A photo over known ground, and where on it its centre may be, in the frame of the terrain.
OverRelief = tuple[ReliefPhoto, Region]

_LONG_SCORES = 16e6  # of a search that a quicker one is tried before: half a second of one core
_QUICK = 8  # times fewer scores that the quicker search computes at least


@dataclass(frozen=True)
class MapMatches:
    """The places that agree with a photo, strongest first; the later ones are rivals."""

    matches: tuple[MapMatch, ...] = ()
    # For the track alone: those that were found where it expects the vehicle are among them.
    for_track: tuple[MapMatch, ...] = ()
    scope: str = PART  # of the search, see MatchEvidence
    # 'prior' if only that was searched; 'retrieval' if the best place lies in a ranked tile, else
    # 'search'; '' without a place
    found_by: str = ''
    reason: str = ''  # why there is no place
    looked_near_track: bool = False  # and found a place there

    @property
    def is_whole_map(self) -> bool:
        """Whether every place of the map was tried."""
        return self.scope != PART


def correlate(
    photo: NadirImage,
    areas: Sequence[MapArea],
    ranked_tiles: Sequence[TileMetadata],
    usual_footprint_m: float,
    max_scores: float,
    prior: Prior | None = None,
    track_prior: Prior | None = None,
    relief: OverRelief | None = None,
    is_enough: Callable[[Sequence[MapMatch]], bool] | None = None,
) -> MapMatches:
    """
    Return where on the map the photo agrees.

    :param ranked_tiles: by retrieval; searched alone if the whole map is beyond the budget, even
        from a coarser level than usual.
    :param usual_footprint_m: longer side of the ground that the photo shows if its GSD is unknown.
    :param max_scores: the budget, in places times headings times scales.
    :param prior: where the photo's centre is known to be: nothing else is searched, and if that is
        beyond the budget even from a coarser level, only the ranked tiles in it.
    :param track_prior: where a track expects the photo's centre. If the whole map is beyond the
        budget, it is searched as well, for the track; ``matches`` do not depend on it.
    :param relief: the same photo over hills; at each place the ground there then shows it.
    :param is_enough: whether these matches, strongest first, are an answer. Where the search of
        the whole map is long, it is asked after a search from a coarser level, which takes a
        fraction of the time and finds what stands out.
    """
    search: Search
    if relief is None:
        search = PhotoSearch.of(photo, areas, usual_footprint_m)
    else:
        search = ReliefSearch.of(photo, *relief, areas)
    plan = _plan_search(search, ranked_tiles, max_scores, prior)
    quick = _quick_plan(search, plan) if is_enough is not None else None
    if quick is not None and is_enough is not None:
        found = search.run(quick.regions, quick.max_scores)
        matches = search.matches(found, quick.scope)
        if search.widened_around(found) is None and is_enough(matches):
            return MapMatches(matches, matches, quick.scope, _found_by(matches, ranked_tiles))
    found = search.run(plan.regions, plan.max_scores, plan.searched_m2)
    wider: Search | None = search.widened_around(found)
    if wider is not None:
        wider_plan = _plan_search(wider, ranked_tiles, max_scores, prior)
        # What it costs is within the budget, from the same level.
        if (wider_plan.scope, wider_plan.max_scores) == (plan.scope, plan.max_scores):
            search, plan = wider, wider_plan
            found = search.run(plan.regions, plan.max_scores, plan.searched_m2)
    matches = for_track = search.matches(found, plan.evidence_scope)
    looked_near_track = False
    if track_prior is not None and prior is None and plan.scope == PART:
        near_track = _plan_prior(search, track_prior)
        if search.count(near_track.regions, max_scores) <= max_scores:
            expected = search.run(near_track.regions, max_scores, near_track.searched_m2)
            looked_near_track = bool(expected.places)
            for_track = search.matches(found.with_expected(expected), plan.evidence_scope)
    found_by = 'prior' if prior is not None and matches else _found_by(matches, ranked_tiles)
    return MapMatches(matches, for_track, plan.scope, found_by, found.reason, looked_near_track)


@dataclass(frozen=True)
class _SearchPlan:
    """Which ground is searched: all of the map, the ranked tiles, or a prior."""

    scope: str  # see MatchEvidence; of a prior PART, as it is not the whole map
    regions: Regions  # of each area
    max_scores: float | None = None  # begin on a level as coarse as this asks for; None: the usual
    searched_m2: float | None = None  # None: the map
    is_known_to_hold_it: bool = False  # all of a prior is searched: the truth is in there

    @property
    def evidence_scope(self) -> str:
        """How the evidence counts: a prior is a small map."""
        return WHOLE if self.is_known_to_hold_it else self.scope


def _plan_search(
    search: Search,
    ranked_tiles: Sequence[TileMetadata],
    max_scores: float,
    prior: Prior | None,
) -> _SearchPlan:
    in_tiles = [_boxes_on(area, ranked_tiles) for area in search.areas]
    if prior is not None:
        plan = replace(_plan_prior(search, prior), is_known_to_hold_it=True)
        if search.count(plan.regions) <= max_scores:
            return plan
        if search.count(plan.regions, max_scores) <= max_scores:
            return replace(plan, max_scores=max_scores)
        pairs = zip(in_tiles, plan.regions, strict=True)
        return _part([intersections(tiles, boxes or ()) for tiles, boxes in pairs])
    everywhere: Regions = [None] * len(search.areas)
    if search.count(everywhere) <= max_scores:
        return _SearchPlan(WHOLE, everywhere)
    if search.count(everywhere, max_scores) <= max_scores:
        return _SearchPlan(COARSE, everywhere, max_scores)
    return _SearchPlan(PART, in_tiles)


def _quick_plan(search: Search, plan: _SearchPlan) -> _SearchPlan | None:
    """Return the search that is tried before a long one of the whole map."""
    if plan.scope != WHOLE:
        return None
    num_scores = search.count(plan.regions)
    quick = replace(plan, scope=COARSE, max_scores=num_scores / _QUICK)
    is_worth_it = (
        num_scores >= _LONG_SCORES
        and search.count(quick.regions, quick.max_scores) <= num_scores / _QUICK
    )
    return quick if is_worth_it else None


def _found_by(matches: Sequence[MapMatch], ranked_tiles: Sequence[TileMetadata]) -> str:
    """Return whether retrieval alone would have found the best place."""
    if not matches:
        return ''
    is_ranked = any(tile.contains(*matches[0].place) for tile in ranked_tiles)
    return 'retrieval' if is_ranked else 'search'


def _plan_prior(search: Search, prior: Prior) -> _SearchPlan:
    """Return the search of what a prior covers on each area."""
    return _part(
        [intersections(prior.regions_in(area.frame), [area.bounds]) for area in search.areas]
    )


def _part(regions: list[list[Region]]) -> _SearchPlan:
    searched_m2 = sum(box.area_m2 for boxes in regions for box in boxes)
    return _SearchPlan(PART, regions, searched_m2=searched_m2)


def _boxes_on(area: MapArea, tiles: Sequence[TileMetadata]) -> list[Region]:
    """Return the boxes of the tiles that share ground with an area."""
    boxes = [Region(*bounds) for bounds in tiles_bounds_m(tiles, area.frame).tolist()]
    return [box for box in boxes if intersections([box], [area.bounds])]
