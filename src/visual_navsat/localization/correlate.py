"""Correlate a photo with the map: in a prior, around what retrieval ranked, or anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from visual_navsat.correlation.map_area import MapArea
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.map_match import PART, MapMatch
from visual_navsat.localization.photo_search import PhotoSearch
from visual_navsat.localization.prior import Prior
from visual_navsat.localization.search_plan import plan_prior, plan_search


@dataclass(frozen=True)
class MapMatches:
    """The places that agree with a photo, strongest first; the later ones are rivals."""

    matches: tuple[MapMatch, ...] = ()
    # With those that were found by looking where a track expects the vehicle: for it alone.
    for_track: tuple[MapMatch, ...] = ()
    scope: str = PART  # of the search, as the evidence has it
    # 'prior' if only that was searched; 'retrieval' if the best place lies in a ranked tile, else
    # 'search'; '' where there is no place
    found_by: str = ''
    reason: str = ''  # why there is no place
    looked_near_track: bool = False  # and found something there

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
) -> MapMatches:
    """
    Return where on the map the photo agrees.

    :param ranked_tiles: what retrieval ranked; searched alone where the whole map is too much.
    :param usual_footprint_m: longer side of the ground that a photo is believed to show where
        its GSD is not known.
    :param max_scores: places times headings times scales that may be tried.
    :param prior: where the photo's centre is known to be: nothing else is searched.
    :param track_prior: where a track expects the photo's centre. Where the whole map is too much,
        it is searched as well, for the track; ``matches`` do not depend on it.
    """
    search = PhotoSearch.of(photo, areas, usual_footprint_m)
    plan = plan_search(search, ranked_tiles, max_scores, prior)
    found = search.run(plan.regions, plan.max_scores, plan.searched_m2)
    matches = for_track = search.matches(found, plan.scope)
    looked_near_track = False
    if track_prior is not None and prior is None and plan.scope == PART:
        near_track = plan_prior(search, track_prior)
        if search.count(near_track.regions) <= max_scores:
            expected = search.run(near_track.regions, searched_m2=near_track.searched_m2)
            looked_near_track = bool(expected.places)
            for_track = search.matches(found.with_expected(expected), plan.scope)
    found_by = ''
    if matches:
        in_ranked_tile = any(tile.contains(*matches[0].place) for tile in ranked_tiles)
        found_by = 'retrieval' if in_ranked_tile or plan.scope == PART else 'search'
        found_by = found_by if prior is None else 'prior'
    return MapMatches(matches, for_track, plan.scope, found_by, found.reason, looked_near_track)
