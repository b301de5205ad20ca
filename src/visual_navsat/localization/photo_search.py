"""A photo's search over the areas of a map: its field, what is open, and the places found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from visual_navsat.correlation.coarse_search import StrengthSpread
from visual_navsat.correlation.gradient_field import (
    FieldOptions,
    GradientField,
    make_gradient_field,
)
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.search import Match, SearchOptions, count_scores, search
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.view import View
from visual_navsat.localization.map_match import (
    MapMatch,
    MatchEvidence,
    log_margins,
    squared_width,
)

_SIGMAS = 2.0  # headings and scales are searched this far either way of what is known
_UNKNOWN_SCALE = 0.3  # either way, where only the map's tiles say how large a footprint is
_MIN_HEADING_TOLERANCE_DEG = 1.0
_MIN_SCALE_TOLERANCE = 0.02

# For each area the boxes to be searched, None for all of it.
Regions = Sequence['list[Region] | None']


@dataclass(frozen=True)
class FoundPlace:
    """A match in the frame of its area."""

    area: MapArea
    match: Match
    searched_m2: float | None  # ground that it is the best of; None: the map

    def is_near(self, others: Sequence[FoundPlace], apart_m: float) -> bool:
        """Return whether one of the others is the same place."""
        here = np.array([self.match.east_m, self.match.north_m])
        for other in others:
            there = self.area.frame.enu_from_geodetic(*other.geodetic)
            if np.hypot(*(here - there)) < apart_m:
                return True
        return False

    @property
    def geodetic(self) -> tuple[float, float]:
        """Latitude and longitude in degrees of the ground point under the photo's centre."""
        lat, long = self.area.frame.geodetic_from_enu([self.match.east_m, self.match.north_m])
        return float(lat), float(long)


@dataclass(frozen=True)
class FoundPlaces:
    """What a search found on all areas together, strongest first."""

    places: tuple[FoundPlace, ...]
    spread: StrengthSpread | None  # of the area of the best place
    # Of all places that were tried on each level, coarsest first; rivals of the best one.
    level_strengths: tuple[np.ndarray, ...] = ()
    reason: str = ''  # why there is no place

    def with_expected(self, expected: FoundPlaces) -> FoundPlaces:
        """
        Return both kinds of places ranked together.

        Where the best of the expected places was found without looking there, all stays as it is:
        held against itself it would lose its lead.
        """
        apart_m = SearchOptions.separation_m
        new = [place for place in expected.places if not place.is_near(self.places, apart_m)]
        if not new or new[0] is not expected.places[0]:
            return self
        return FoundPlaces(
            _ranked([*self.places, *new]),
            self.spread or expected.spread,
            _join_levels([self.level_strengths, expected.level_strengths]),
        )


@dataclass(frozen=True)
class PhotoSearch:
    """What a photo is searched as, on whichever areas."""

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
        :param usual_footprint_m: longer side of the ground that a photo is believed to show where
            its GSD is not known.
        """
        longer_px = max(photo.image.shape[:2])
        gsd = photo.view.gsd_m_per_px or usual_footprint_m / longer_px
        base = areas[0].pyramid.levels[0]
        image = np.ascontiguousarray(photo.image)
        options = FieldOptions(gsd_m_per_px=base.gsd_m_per_px)
        device = base.field.vectors.device
        field = make_gradient_field(image, gsd, options, photo.mask, device)
        return cls(areas, field, _span(photo.view), gsd, gsd * longer_px)

    def count(self, regions: Regions, max_scores: float | None = None) -> int:
        """
        Return the work of a search.

        :param max_scores: begin on a coarser level if that is needed for so few.
        """
        options = self._options(max_scores)
        return sum(
            count_scores(self.field, area.pyramid, self.span, boxes, option)
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
        places, reasons, spreads, strengths = [], [], {}, []
        options = self._options(max_scores)
        for area, boxes, option in zip(self.areas, regions, options, strict=True):
            if boxes is not None and not boxes:
                continue
            result = search(self.field, area.pyramid, self.span, boxes, option)
            places += [FoundPlace(area, match, searched_m2) for match in result.matches]
            spreads[id(area)] = result.spread
            strengths.append(result.level_strengths)
            reasons.append(result.reason)
        if not places:
            return FoundPlaces((), None, reason=next(filter(None, reasons), 'off_map'))
        ranked = _ranked(places)
        return FoundPlaces(ranked, spreads[id(ranked[0].area)], _join_levels(strengths))

    def matches(self, found: FoundPlaces, scope: str) -> tuple[MapMatch, ...]:
        """
        Return what was found as matches that carry their evidence.

        :param scope: of the search, as the evidence has it.
        """
        return tuple(self._match(place, found, scope) for place in found.places)

    def _match(self, place: FoundPlace, found: FoundPlaces, scope: str) -> MapMatch:
        match, spread = place.match, found.spread
        std = max(spread.std, 1e-6)
        evidence = MatchEvidence(
            scope=scope,
            margins=log_margins(match, found.level_strengths),
            sigmas=(match.level_strengths[0] - spread.mean) / std,
            lag_sigmas=(match.strength - found.places[0].match.strength) / std,
            squared_width_m2=squared_width(match),
            footprint_m=self.footprint_m,
        )
        return MapMatch(
            *place.geodetic,
            heading_deg=match.heading_deg,
            gsd_m_per_px=self.gsd_m_per_px * match.scale,
            strength=match.strength,
            evidence=evidence,
            searched_m2=place.searched_m2,
        )

    def _options(self, max_scores: float | None) -> list[SearchOptions]:
        """Return each area's options; shares of the budget, so that all begin on one level."""
        usual = SearchOptions()
        if max_scores is None:
            return [usual] * len(self.areas)
        bases = [area.pyramid.levels[0].field for area in self.areas]
        sizes = np.array([base.valid.numel() for base in bases], float)
        return [replace(usual, max_scores=max_scores * share) for share in sizes / sizes.sum()]


def _ranked(places: Sequence[FoundPlace]) -> tuple[FoundPlace, ...]:
    return tuple(sorted(places, key=lambda place: -place.match.strength))


def _join_levels(parts: Sequence[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """Return what several searches tried on each level; one may have found nothing to try."""
    # Counted from the finest: of two searches, one may have begun on a coarser level.
    levels = zip(*(reversed(part) for part in parts if part), strict=False)
    return tuple(np.concatenate(level) for level in levels)[::-1]


def _span(view: View) -> HeadingScaleRange:
    """Return the headings and scales that what is known of a photo leaves open."""
    scale = _UNKNOWN_SCALE
    if view.gsd_m_per_px is not None:
        scale = max(_SIGMAS * view.scale_sigma, _MIN_SCALE_TOLERANCE)
    heading = max(_SIGMAS * view.heading_sigma_deg, _MIN_HEADING_TOLERANCE_DEG)
    return HeadingScaleRange(view.heading_deg, min(heading, 180.0), min(scale, 0.9))
