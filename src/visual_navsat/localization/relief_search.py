# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A photo's search over hills: at each place as the ground there would show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from visual_navsat.correlation.first_level import first_level_of
from visual_navsat.correlation.gradient_field import (
    FieldOptions,
    GradientField,
    make_gradient_field,
)
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange, SEARCHED_SIGMAS
from visual_navsat.correlation.look import Look
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.peak_set import PeakSet
from visual_navsat.correlation.search import search_looks
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.region import intersections, Region
from visual_navsat.geometry.relief_photo import ReliefPhoto
from visual_navsat.localization.ground_groups import GroundGroup, group_ground
from visual_navsat.localization.map_match import MapMatch
from visual_navsat.localization.photo_search import (
    bounded_areas,
    found_on,
    FoundPlace,
    FoundPlaces,
    matches_of,
    Regions,
    searched_range,
    shared_options,
)

# Levels than usual by which the search begins coarser: the next one if there are many groups, as
# over hills under a tilted camera. Each costs the same whatever little ground it holds.
_COARSER = (1, 2)
_MANY_GROUPS = 24
_ALIKE_PX = 2.0  # on the level that the search begins on, over the ground of one group
# Of a heading, beyond which it does not say which way the slopes of the ground run in the photo.
_UNKNOWN_HEADING_DEG = 30.0


@dataclass(frozen=True)
class ReliefSearch:
    """
    A photo to be searched for on the areas of a map whose ground is known.

    It is laid on the ground of each of some groups and looked for on that ground; the places that
    are tried on finer levels are each looked for as the ground at that very place shows the photo.
    """

    areas: Sequence[MapArea]
    photo: ReliefPhoto
    longer_px: int  # of the photo from straight above
    span: HeadingScaleRange  # its headings
    groups: tuple[GroundGroup, ...]
    looks: tuple[Look, ...]  # one per group
    coarser: int  # levels than usual on which it begins, as far as the footprint allows

    @classmethod
    def of(
        cls, photo: NadirImage, relief: ReliefPhoto, where: Region, areas: Sequence[MapArea]
    ) -> ReliefSearch:
        """
        Return the search of a photo.

        :param photo: as over level ground.
        :param where: the photo's centre may be, in the terrain's frame.
        :param areas: of the map, at least one.
        """
        longer_px = max(photo.image.shape[:2])
        span = searched_range(photo.view)
        finest_m = areas[0].levels[0].gsd_m_per_px
        for coarser in _COARSER:
            alike_m = _ALIKE_PX * finest_m * 2 ** (SearchOptions.start_level + coarser)
            groups = group_ground(relief, where, alike_m)
            if len(groups) <= _MANY_GROUPS:
                break
        # Ground far below may show much more of itself: what most of it shows counts.
        usual_m = float(np.median([group.height_m for group in groups]))
        areas = bounded_areas(areas, relief.gsd_per_height * usual_m * longer_px)
        search = cls(areas, relief, longer_px, span, groups, (), coarser)
        levels = areas[0].levels
        is_level = span.heading_deg is None or span.heading_tolerance_deg > _UNKNOWN_HEADING_DEG
        gsd = levels[: 1 + coarser][-1].gsd_m_per_px
        looks = []
        for group in groups:
            field = search._field(relief, group.center_m, gsd, is_level)
            look = search._look(field, group.height_m, group.scale_tolerance)
            looks.append(look.with_levels(levels))
        return replace(search, looks=tuple(looks))

    def widened_around(self, found: FoundPlaces) -> ReliefSearch | None:
        """Return the search of more headings and scales, as that of a photo over level ground."""
        if not found.places:
            return None
        best = found.places[0]
        height_m = best.gsd_m_per_px / self.photo.gsd_per_height
        span = replace(self.span, scale_tolerance=self._tolerance(height_m))
        wider = span.widened_around(best.match.heading_deg, best.match.scale)
        if wider == span:
            return None
        # Of each look the limit is another; it is widened where the best place was on its own.
        is_edge = wider.scale_tolerance > span.scale_tolerance
        looks = tuple(
            replace(
                look,
                span=look.span.widened_around(
                    best.match.heading_deg, 1.0 + is_edge * look.span.scale_tolerance
                ),
            )
            for look in self.looks
        )
        return replace(self, span=wider, looks=looks)

    def count(self, regions: Regions, max_scores: float | None = None) -> int:
        """Return how many scores all looks compute on the level that they begin on."""
        return sum(
            first_level_of(looks, area.levels, options).num_scores
            for area, looks, options in self._asked(regions, max_scores)
        )

    def run(
        self,
        regions: Regions,
        max_scores: float | None = None,
        searched_m2: float | None = None,
    ) -> FoundPlaces:
        """Return the places that agree with the photo as their ground shows it."""
        results, places = [], []
        for area, looks, options in self._asked(regions, max_scores):
            start = first_level_of(looks, area.levels, options).level
            result = search_looks(looks, area.levels, start, options, partial(self._refit, area))
            results.append((area, result))
            places += [
                FoundPlace(area, match, searched_m2, look.gsd_m_per_px)
                for match, look in zip(result.matches, result.looks, strict=True)
            ]
        return found_on(results, places)

    def matches(self, found: FoundPlaces, scope: str) -> tuple[MapMatch, ...]:
        """Return what was found as matches that carry their evidence."""
        usual_m = self.photo.gsd_per_height * self.longer_px
        return matches_of(found, scope, usual_m, self.photo.gsd_per_height, is_over_relief=True)

    def _asked(
        self, regions: Regions, max_scores: float | None
    ) -> list[tuple[MapArea, list[Look], SearchOptions]]:
        """Return the areas with ground to search, and how each look is searched for there."""
        asked = []
        options = shared_options(self.areas, max_scores)
        for area, some, option in zip(self.areas, regions, options, strict=True):
            looks = []
            for group, look in zip(self.groups, self.looks, strict=True):
                boxes = [box.reframed(self._frame, area.frame) for box in group.regions]
                boxes = intersections(boxes, [area.bounds])
                if some is not None:
                    boxes = intersections(some, boxes)
                if boxes:
                    looks.append(replace(look, regions=boxes))
            if looks:
                # Many looks at little ground each: on the usual level they would take minutes.
                coarser = self.coarser if len(self.looks) > 1 else 0
                asked.append((area, looks, replace(option, coarser=coarser)))
        return asked

    def _refit(
        self, area: MapArea, looks: Sequence[Look], found: PeakSet, level: MapLevel
    ) -> tuple[list[Look], PeakSet]:
        """Return a look of its own for each place, as the ground there shows the photo."""
        gsd = max(level.gsd_m_per_px / 2, area.levels[0].gsd_m_per_px)
        own, scales = [], []
        for number in range(len(found)):
            place_m = np.array([found.east_m[number], found.north_m[number]])
            if area.frame != self._frame:
                place_m = self._frame.enu_from_geodetic(*area.frame.geodetic_from_enu(place_m))
            photo = self.photo.turned_to(float(found.heading_deg[number]))
            height_m = float(photo.height_over(place_m[None])[0])
            look = self._look(
                self._field(photo, place_m, gsd), height_m, self._tolerance(height_m)
            )
            own.append(look.with_levels([level]))
            before = looks[found.look[number]].gsd_m_per_px
            scales.append(found.scale[number] * before / look.gsd_m_per_px)
        return own, replace(found, scale=np.array(scales), look=np.arange(len(found)))

    def _field(
        self, photo: ReliefPhoto, center_m: np.ndarray, gsd: float, is_level: bool = False
    ) -> GradientField:
        image, mask = photo.at(center_m, gsd, is_level)
        device = self.areas[0].levels[0].device
        return make_gradient_field(image, gsd, FieldOptions(gsd_m_per_px=gsd), mask, device)

    def _look(self, field: GradientField, height_m: float, scale_tolerance: float) -> Look:
        """Return the look at ground that the photo is at a height over."""
        usual_m = float(np.median([group.height_m for group in self.groups]))
        span = replace(self.span, scale_tolerance=scale_tolerance)
        # Over heights that differ by times, the best of the wrong places agree as the inverse of
        # the footprint's side.
        weight = height_m / usual_m
        return Look((field,), span, None, self.photo.gsd_per_height * height_m, weight)

    def _tolerance(self, height_m: float) -> float:
        return min(SEARCHED_SIGMAS * self.photo.height_sigma_m / height_m, 0.9)

    @property
    def _frame(self) -> LocalFrame:
        return self.photo.terrain.frame
