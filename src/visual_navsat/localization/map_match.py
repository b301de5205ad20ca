"""Find a photo on the map: around the tiles that retrieval ranked, or anywhere within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.coarse_search import Background
from visual_navsat.localization.gradient_field import (
    FieldOptions,
    GradientField,
    make_gradient_field,
)
from visual_navsat.localization.hypotheses import Unknowns
from visual_navsat.localization.map_area import MapArea
from visual_navsat.localization.map_field import Region
from visual_navsat.localization.search import Match, count_scores, search

_SIGMAS = 2.0  # headings and scales are searched this far either way of what is known
_UNKNOWN_SCALE = 0.3  # either way, where only the map's tiles say how large a footprint is
_MIN_HEADING_TOLERANCE_DEG = 1.0
_MIN_SCALE_TOLERANCE = 0.02


@dataclass(frozen=True)
class PlacedMatch:
    """A place that the photo agrees with, and the area that it lies in."""

    area: MapArea
    match: Match

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
    found_by: str  # 'retrieval' if the best place lies in a ranked tile, else 'search', or ''
    reason: str = ''  # why there is no place
    gsd_m_per_px: float = float('nan')  # that the photo was believed to have

    @property
    def peak_ratio(self) -> float:
        """Best strength over the next place's; infinite without a rival."""
        strengths = [place.match.strength for place in self.places[:2]]
        return strengths[0] / strengths[1] if len(strengths) == 2 else float('inf')


def match_on_map(
    photo: NadirImage,
    areas: Sequence[MapArea],
    ranked_tiles: Sequence[TileMetadata],
    usual_footprint_m: float,
    max_scores: float,
) -> MapMatches:
    """
    Return where on the map the photo agrees.

    :param ranked_tiles: what retrieval ranked; searched alone where the whole map is too much.
    :param usual_footprint_m: longer side of the ground that a photo is believed to show where
        its GSD is not known.
    :param max_scores: places times headings times scales that may be tried.
    """
    view = photo.view
    gsd = view.gsd_m_per_px or usual_footprint_m / max(photo.image.shape[:2])
    unknowns = _unknowns(photo)
    regions = [_regions(area, ranked_tiles) for area in areas]
    device = areas[0].pyramid.levels[0].field.vectors.device
    query = _query_field(photo, gsd, areas[0].pyramid.levels[0].gsd_m_per_px, device)
    whole = sum(count_scores(query, area.pyramid, unknowns) for area in areas) <= max_scores
    places, reasons = [], []
    backgrounds = {}
    for area, around_tiles in zip(areas, regions, strict=True):
        if not whole and not around_tiles:
            continue
        result = search(query, area.pyramid, unknowns, None if whole else around_tiles)
        places += [PlacedMatch(area, match) for match in result.matches]
        backgrounds[id(area)] = result.background
        reasons.append(result.reason)
    if not places:
        return MapMatches((), None, '', next(filter(None, reasons), 'off_map'), gsd)
    places.sort(key=lambda place: -place.match.strength)
    best = places[0]
    in_ranked_tile = any(tile.contains(*best.geodetic) for tile in ranked_tiles)
    found_by = 'retrieval' if in_ranked_tile or not whole else 'search'
    return MapMatches(tuple(places), backgrounds[id(best.area)], found_by, '', gsd)


def _unknowns(photo: NadirImage) -> Unknowns:
    view = photo.view
    scale = _UNKNOWN_SCALE
    if view.gsd_m_per_px is not None:
        scale = max(_SIGMAS * view.scale_sigma, _MIN_SCALE_TOLERANCE)
    heading = max(_SIGMAS * view.heading_sigma_deg, _MIN_HEADING_TOLERANCE_DEG)
    return Unknowns(view.heading_deg, min(heading, 180.0), min(scale, 0.9))


def _regions(area: MapArea, tiles: Sequence[TileMetadata]) -> list[Region]:
    """Return the boxes of the tiles that lie in an area."""
    bounds = area.bounds
    boxes = [area.tile_region(tile) for tile in tiles]
    return [
        box
        for box in boxes
        if box.west_m < bounds.east_m
        and box.east_m > bounds.west_m
        and box.south_m < bounds.north_m
        and box.north_m > bounds.south_m
    ]


def _query_field(
    photo: NadirImage, gsd: float, field_gsd: float, device: torch.device
) -> GradientField:
    options = FieldOptions(gsd_m_per_px=field_gsd)
    return make_gradient_field(np.ascontiguousarray(photo.image), gsd, options, photo.mask, device)
