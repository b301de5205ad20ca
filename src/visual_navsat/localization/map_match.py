"""
Find a photo on the map: where a prior says, around the tiles that retrieval ranked, or anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from visual_navsat.correlation.coarse_search import Background
from visual_navsat.correlation.gradient_field import (
    FieldOptions,
    GradientField,
    make_gradient_field,
)
from visual_navsat.correlation.heading_scale_grid import Unknowns
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.search import Match, SearchOptions, count_scores, search
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.region import Region, intersections
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.prior import Prior

_SIGMAS = 2.0  # headings and scales are searched this far either way of what is known
_UNKNOWN_SCALE = 0.3  # either way, where only the map's tiles say how large a footprint is
_MIN_HEADING_TOLERANCE_DEG = 1.0
_MIN_SCALE_TOLERANCE = 0.02


@dataclass(frozen=True)
class PlacedMatch:
    """A place that the photo agrees with, and the area that it lies in."""

    area: MapArea
    match: Match
    searched_m2: float | None = None  # ground around it that was searched; None: the map

    @property
    def geodetic(self) -> tuple[float, float]:
        """Latitude and longitude in degrees of the ground point under the photo's centre."""
        lat, long = self.area.frame.geodetic_from_enu([self.match.east_m, self.match.north_m])
        return float(lat), float(long)


@dataclass(frozen=True)
class MapMatches:
    """The places that agree best, best first, on all areas together."""

    places: tuple[PlacedMatch, ...]
    background: Background | None  # of the area of the best place
    # 'prior' if only that was searched; 'retrieval' if the best place lies in a ranked tile, else
    # 'search'; or ''
    found_by: str
    reason: str = ''  # why there is no place
    gsd_m_per_px: float = float('nan')  # that the photo was believed to have
    footprint_m: float = float('nan')  # longer side of the ground that it then shows
    is_whole_map: bool = False  # whether every place of the map was tried
    is_coarse: bool = False  # whether that began on a coarser level than usual, for the budget
    # Of all places that were tried on each level, coarsest first; rivals of the best one.
    level_strengths: tuple[np.ndarray, ...] = ()
    expected: MapMatches | None = None  # found by looking where the vehicle was expected as well

    @property
    def peak_ratio(self) -> float:
        """Best strength over the next place's; infinite without a rival."""
        strengths = [place.match.strength for place in self.places[:2]]
        return strengths[0] / strengths[1] if len(strengths) == 2 else float('inf')

    def sigmas(self, place: PlacedMatch) -> float:
        """Return by how many standard deviations a place stands above the background."""
        above = place.match.level_strengths[0] - self.background.mean
        return above / max(self.background.std, 1e-6)

    def with_expected(self) -> MapMatches:
        """
        Return both kinds of places ranked together, which is for a track alone.

        Where the best of the expected places was found without looking there, it stays as it is:
        held against itself it would lose its lead.
        """
        expected = () if self.expected is None else self.expected.places
        apart_m = SearchOptions.separation_m
        new = [place for place in expected if not _is_near(place, self.places, apart_m)]
        if not new or new[0] is not expected[0]:
            return self
        return replace(
            self,
            places=_ranked([*self.places, *new]),
            background=self.background or self.expected.background,
            level_strengths=_join_levels([self.level_strengths, self.expected.level_strengths]),
            expected=None,
        )


@dataclass(frozen=True)
class _Task:
    """What a photo is searched as, on whichever areas."""

    query: GradientField
    unknowns: Unknowns

    def count(self, areas, regions, max_scores: float | None = None) -> int:
        """
        Return the work of a search.

        :param regions: for each area the boxes to be searched, None for all of it.
        :param max_scores: begin on a coarser level if that is needed for so few.
        """
        options = self._options(areas, max_scores)
        return sum(
            count_scores(self.query, area.pyramid, self.unknowns, boxes, option)
            for area, boxes, option in zip(areas, regions, options, strict=True)
        )

    def _options(self, areas: Sequence[MapArea], max_scores: float | None) -> list[SearchOptions]:
        """Return each area's options; shares of the budget, so that all begin on one level."""
        if max_scores is None:
            return [SearchOptions()] * len(areas)
        sizes = np.array([area.pyramid.levels[0].field.valid.numel() for area in areas], float)
        return [SearchOptions(max_scores=max_scores * share) for share in sizes / sizes.sum()]

    def run(self, areas, regions, searched_m2=None, max_scores: float | None = None) -> MapMatches:
        """
        Return the places of all areas.

        :param regions: for each area the boxes to be searched, None for all of it.
        :param max_scores: as for :meth:`count`.
        """
        places, reasons, backgrounds, strengths = [], [], {}, []
        options = self._options(areas, max_scores)
        for area, boxes, option in zip(areas, regions, options, strict=True):
            if boxes is not None and not boxes:
                continue
            result = search(self.query, area.pyramid, self.unknowns, boxes, option)
            places += [PlacedMatch(area, match, searched_m2) for match in result.matches]
            backgrounds[id(area)] = result.background
            strengths.append(result.level_strengths)
            reasons.append(result.reason)
        if not places:
            return MapMatches((), None, '', next(filter(None, reasons), 'off_map'))
        ranked = _ranked(places)
        background = backgrounds[id(ranked[0].area)]
        return MapMatches(ranked, background, '', level_strengths=_join_levels(strengths))


def match_on_map(
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

    :param ranked_tiles: what retrieval ranked; searched alone where the whole map is too much,
        even if that begins on a coarser level than usual.
    :param usual_footprint_m: longer side of the ground that a photo is believed to show where
        its GSD is not known.
    :param max_scores: places times headings times scales that may be tried.
    :param prior: where the photo's centre is known to be: nothing else is searched, and where
        that is too much, only the ranked tiles in it.
    :param track_prior: where a track expects the photo's centre. Where the whole map is too much,
        it is searched for itself and gives what is ``expected``; the rest does not depend on it.
    """
    gsd = photo.view.gsd_m_per_px or usual_footprint_m / max(photo.image.shape[:2])
    base = areas[0].pyramid.levels[0]
    query = _query_field(photo, gsd, base.gsd_m_per_px, base.field.vectors.device)
    task = _Task(query, _unknowns(photo))
    in_tiles = [_on_area(area, ranked_tiles) for area in areas]
    searched_m2 = None
    if prior is not None:
        whole = is_coarse = False
        regions = _regions_of(prior, areas)
        if task.count(areas, regions) > max_scores:
            regions = [intersections(a, b) for a, b in zip(in_tiles, regions, strict=True)]
        searched_m2 = _ground_m2(regions)
    else:
        everywhere = [None] * len(areas)
        is_coarse = task.count(areas, everywhere) > max_scores
        whole = not is_coarse or task.count(areas, everywhere, max_scores) <= max_scores
        regions = everywhere if whole else in_tiles
    is_coarse = is_coarse and whole
    matches = replace(
        task.run(areas, regions, searched_m2, max_scores if is_coarse else None),
        gsd_m_per_px=gsd,
        footprint_m=gsd * max(photo.image.shape[:2]),
        is_whole_map=whole,
        is_coarse=is_coarse,
    )
    if matches.places:
        best = matches.places[0].geodetic
        in_ranked_tile = any(tile.contains(*best) for tile in ranked_tiles)
        by = 'retrieval' if in_ranked_tile or not whole else 'search'
        matches = replace(matches, found_by=by if prior is None else 'prior')
    if track_prior is None or prior is not None or whole:
        return matches
    regions = _regions_of(track_prior, areas)
    if task.count(areas, regions) > max_scores:
        return matches
    return replace(matches, expected=task.run(areas, regions, _ground_m2(regions)))


def _ranked(places: Sequence[PlacedMatch]) -> tuple[PlacedMatch, ...]:
    return tuple(sorted(places, key=lambda place: -place.match.strength))


def _join_levels(parts: Sequence[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """Return what several searches tried on each level; one may have found nothing to try."""
    # Counted from the finest: of two searches, one may have begun on a coarser level.
    levels = zip(*(reversed(part) for part in parts if part), strict=False)
    return tuple(np.concatenate(level) for level in levels)[::-1]


def _is_near(place: PlacedMatch, others: Sequence[PlacedMatch], apart_m: float) -> bool:
    """Return whether one of the others is the same place."""
    here = np.array([place.match.east_m, place.match.north_m])
    for other in others:
        there = place.area.frame.enu_from_geodetic(*other.geodetic)
        if np.hypot(*(here - there)) < apart_m:
            return True
    return False


def _unknowns(photo: NadirImage) -> Unknowns:
    view = photo.view
    scale = _UNKNOWN_SCALE
    if view.gsd_m_per_px is not None:
        scale = max(_SIGMAS * view.scale_sigma, _MIN_SCALE_TOLERANCE)
    heading = max(_SIGMAS * view.heading_sigma_deg, _MIN_HEADING_TOLERANCE_DEG)
    return Unknowns(view.heading_deg, min(heading, 180.0), min(scale, 0.9))


def _regions_of(prior: Prior, areas: Sequence[MapArea]) -> list[list[Region]]:
    """Return the ground of each area that a prior covers."""
    return [intersections(prior.regions_in(area.frame), [area.bounds]) for area in areas]


def _on_area(area: MapArea, tiles: Sequence[TileMetadata]) -> list[Region]:
    """Return the boxes of the tiles that lie in an area."""
    boxes = [area.tile_region(tile) for tile in tiles]
    return [box for box in boxes if intersections([box], [area.bounds])]


def _ground_m2(regions: Sequence[Sequence[Region]]) -> float:
    """Return how much ground boxes cover; where they overlap it counts as often."""
    return sum(box.area_m2 for boxes in regions for box in boxes)


def _query_field(
    photo: NadirImage, gsd: float, field_gsd: float, device: torch.device
) -> GradientField:
    options = FieldOptions(gsd_m_per_px=field_gsd)
    return make_gradient_field(np.ascontiguousarray(photo.image), gsd, options, photo.mask, device)
