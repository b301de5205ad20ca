# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A photo's search over the areas of a map: its field, headings and scales, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

import numpy as np
from visual_navsat.correlation.coarse_search import StrengthSpread
from visual_navsat.correlation.first_level import first_level
from visual_navsat.correlation.gradient_field import (
    FieldOptions,
    GradientField,
    make_gradient_field,
)
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange, SEARCHED_SIGMAS
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.search import Match, search, SearchResult
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.view import View
from visual_navsat.localization.map_match import (
    COARSE,
    log_margins,
    MapMatch,
    MatchEvidence,
    squared_width,
    WHOLE,
)

_UNKNOWN_SCALE = 0.3  # either side, where only the map's tiles tell how large a footprint is
_MIN_HEADING_TOLERANCE_DEG = 1.0
_MIN_SCALE_TOLERANCE = 0.02
_MAX_SCALE_TOLERANCE = 0.9
# Of a footprint's longer side on the finest level that it is compared on. Of 192 of worlds' photos
# from 160 to 400 m as many are found as with 2048, in two thirds of the time.
_MAX_SIDE_PX = 640

# For each area the boxes to search, None for all of it.
Regions = Sequence[list[Region] | None]


@dataclass(frozen=True)
class FoundPlace:
    """A match in the frame of its area."""

    area: MapArea
    match: Match
    searched_m2: float | None  # ground of which it is the best place; None: the map
    gsd_m_per_px: float  # of the photo at the scale 1 of the match

    def is_near(self, others: Sequence[FoundPlace], apart_m: float) -> bool:
        """Return whether one of the others is the same place."""
        here_m = np.array([self.match.east_m, self.match.north_m])
        there_m = [self.area.frame.enu_from_geodetic(*other.geodetic) for other in others]
        return any(np.hypot(*(here_m - place_m)) < apart_m for place_m in there_m)

    @property
    def geodetic(self) -> tuple[float, float]:
        """Latitude and longitude in degrees of the ground point under the photo's centre."""
        lat, long = self.area.frame.geodetic_from_enu([self.match.east_m, self.match.north_m])
        return float(lat), float(long)


@dataclass(frozen=True)
class FoundPlaces:
    """What a search found on all areas together, strongest first."""

    places: tuple[FoundPlace, ...] = ()
    spread: StrengthSpread | None = None  # on the area of the best place; None without a place
    # Of all places that were tried on each level, coarsest first, as a whole and piece by piece.
    level_strengths: tuple[np.ndarray, ...] = ()
    elastic_strengths: tuple[np.ndarray, ...] = ()
    reason: str = ''  # why there is no place
    is_coarse: bool = False  # whether it began on a coarser level than fits the footprint

    def with_expected(self, expected: FoundPlaces) -> FoundPlaces:
        """
        Return these places and those found where a track expects the vehicle, ranked together.

        Return these alone if the best expected place is one of them: compared with itself it
        would lose its lead.
        """
        apart_m = SearchOptions.separation_m
        new = [place for place in expected.places if not place.is_near(self.places, apart_m)]
        if not new or new[0] is not expected.places[0]:
            return self
        return FoundPlaces(
            ranked([*self.places, *new]),
            self.spread or expected.spread,
            join_levels([self.level_strengths, expected.level_strengths]),
            join_levels([self.elastic_strengths, expected.elastic_strengths]),
            is_coarse=self.is_coarse,
        )


@dataclass(frozen=True)
class PhotoSearch:
    """A photo to be searched for on the areas of a map."""

    areas: Sequence[MapArea]
    field: GradientField  # of the photo
    span: HeadingScaleRange
    gsd_m_per_px: float  # that the photo is believed to have
    footprint_m: float  # longer side of the ground that it then shows

    @classmethod
    def of(
        cls, photo: NadirImage, areas: Sequence[MapArea], usual_footprint_m: float
    ) -> PhotoSearch:
        """
        Return the search of a photo.

        :param areas: of the map, at least one.
        :param usual_footprint_m: longer side of the ground that the photo shows if its GSD is
            unknown.
        """
        longer_px = max(photo.image.shape[:2])
        gsd = photo.view.gsd_m_per_px or usual_footprint_m / longer_px
        areas = bounded_areas(areas, gsd * longer_px)
        base = areas[0].levels[0]
        image = np.ascontiguousarray(photo.image)
        options = FieldOptions(gsd_m_per_px=base.gsd_m_per_px)
        device = base.device
        field = make_gradient_field(image, gsd, options, photo.mask, device)
        return cls(areas, field, searched_range(photo.view), gsd, gsd * longer_px)

    def widened_around(self, found: FoundPlaces) -> PhotoSearch | None:
        """
        Return the search of more headings and scales, if the best place lies on the edge of these.

        The truth may lie beyond: height and compass are often farther off than their sigmas say.
        """
        if not found.places:
            return None
        best = found.places[0].match
        wider = self.span.widened_around(best.heading_deg, best.scale)
        return None if wider == self.span else replace(self, span=wider)

    def count(self, regions: Regions, max_scores: float | None = None) -> int:
        """
        Return how many scores a search computes on the level it begins on.

        :param max_scores: begin on a coarser level if that takes it to no more than these.
        """
        options = shared_options(self.areas, max_scores)
        return sum(
            first_level(self.field, area.levels, self.span, boxes, option).num_scores
            for area, boxes, option in zip(self.areas, regions, options, strict=True)
        )

    def run(
        self,
        regions: Regions,
        max_scores: float | None = None,
        searched_m2: float | None = None,
    ) -> FoundPlaces:
        """
        Return the places that agree with the photo.

        :param max_scores: as for :meth:`count`.
        :param searched_m2: noted with each place.
        """
        options = shared_options(self.areas, max_scores)
        results = [
            (area, search(self.field, area.levels, self.span, boxes, option))
            for area, boxes, option in zip(self.areas, regions, options, strict=True)
            if boxes is None or boxes
        ]
        places = [
            FoundPlace(area, match, searched_m2, self.gsd_m_per_px)
            for area, result in results
            for match in result.matches
        ]
        return found_on(results, places)

    def matches(self, found: FoundPlaces, scope: str) -> tuple[MapMatch, ...]:
        """
        Return what was found as matches that carry their evidence.

        :param scope: of the search, as the evidence has it.
        """
        return matches_of(found, scope, self.footprint_m, self.gsd_m_per_px)


def found_on(
    results: Sequence[tuple[MapArea, SearchResult]], places: Sequence[FoundPlace]
) -> FoundPlaces:
    """Return the places that were found on some areas, and what is known of those tried."""
    if not places:
        reasons = (result.reason for _, result in results if result.reason)
        return FoundPlaces(reason=next(reasons, 'off_map'))
    places = ranked(places)
    spread = next(result.spread for area, result in results if area is places[0].area)
    return FoundPlaces(
        places,
        spread,
        join_levels([result.level_strengths for _, result in results]),
        join_levels([result.elastic_strengths for _, result in results]),
        is_coarse=any(result.coarser > 0 for _, result in results),
    )


def matches_of(
    found: FoundPlaces,
    scope: str,
    footprint_m: float,
    gsd_m_per_px: float,
    is_over_relief: bool = False,
) -> tuple[MapMatch, ...]:
    """
    Return what was found as matches that carry their evidence.

    :param scope: as the evidence has it; WHOLE is COARSE if the search began on a coarser level
        than fits the footprint.
    :param footprint_m: longer side of the ground that the photo shows at a GSD.
    :param is_over_relief: as the matches have it.
    """
    if found.spread is None:
        return ()
    if scope == WHOLE and found.is_coarse:
        scope = COARSE
    spread, std = found.spread, max(found.spread.std, 1e-6)
    matches = []
    for place in found.places:
        match = place.match
        evidence = MatchEvidence(
            scope=scope,
            margins=log_margins(match.level_strengths, found.level_strengths, 3),
            elastic_margins=log_margins(match.elastic_strengths, found.elastic_strengths, 2),
            sigmas=(match.level_strengths[0] - spread.mean) / std,
            lag_sigmas=(match.strength - found.places[0].match.strength) / std,
            squared_width_m2=squared_width(match),
            footprint_m=footprint_m * place.gsd_m_per_px / gsd_m_per_px,
        )
        matches.append(
            MapMatch(
                *place.geodetic,
                heading_deg=match.heading_deg,
                gsd_m_per_px=place.gsd_m_per_px * match.scale,
                strength=match.strength,
                evidence=evidence,
                searched_m2=place.searched_m2,
                is_over_relief=is_over_relief,
            )
        )
    return tuple(matches)


def shared_options(areas: Sequence[MapArea], max_scores: float | None) -> list[SearchOptions]:
    """Return each area's options, the budget shared by size so that all begin on one level."""
    usual = SearchOptions()
    if max_scores is None:
        return [usual] * len(areas)
    sizes = np.array([math.prod(area.levels[0].grid.shape) for area in areas], float)
    return [replace(usual, max_scores=max_scores * share) for share in sizes / sizes.sum()]


def ranked(places: Sequence[FoundPlace]) -> tuple[FoundPlace, ...]:
    """Return places, strongest first."""
    return tuple(sorted(places, key=lambda place: -place.match.strength))


def join_levels(parts: Sequence[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """Return the strengths of several searches together, level by level, coarsest first."""
    # Counted from the finest: one search may have begun on a coarser level than another, and one
    # that found nothing to try has no levels.
    levels = zip(*(reversed(part) for part in parts if part), strict=False)
    return tuple(np.concatenate(level) for level in levels)[::-1]


def bounded_areas(areas: Sequence[MapArea], footprint_m: float) -> list[MapArea]:
    """Return the areas without the levels on which a footprint has too many pixels."""
    return [
        replace(area, levels=area.levels[slice(too_fine(area.levels, footprint_m), None)])
        for area in areas
    ]


def too_fine(levels: Sequence[MapLevel], footprint_m: float) -> int:
    """Return how many of the levels are too fine for a footprint's longer side; never all."""
    fitting = (footprint_m <= _MAX_SIDE_PX * level.gsd_m_per_px for level in levels)
    return next((number for number, fits in enumerate(fitting) if fits), len(levels) - 1)


def scale_tolerance(view: View) -> float:
    """Return by which share the scale may be off, either way, if the GSD is known."""
    return min(max(SEARCHED_SIGMAS * view.scale_sigma, _MIN_SCALE_TOLERANCE), _MAX_SCALE_TOLERANCE)


def searched_range(view: View) -> HeadingScaleRange:
    """Return the headings and scales to try, by what is known of a photo."""
    scale = _UNKNOWN_SCALE if view.gsd_m_per_px is None else scale_tolerance(view)
    heading = max(SEARCHED_SIGMAS * view.heading_sigma_deg, _MIN_HEADING_TOLERANCE_DEG)
    return HeadingScaleRange(view.heading_deg, min(heading, 180.0), scale)
