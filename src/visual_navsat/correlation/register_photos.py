# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Lay one photo over another that shows some of the same ground, or say that it cannot be done.

The older photo is a small map on which the newer one is searched for, as photos are on the map:
no odometry is needed. What is found counts only if no other place agrees nearly as well.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
import torch
import torch.nn.functional as F
from visual_navsat.correlation.gradient_field import (
    FieldOptions,
    GradientField,
    make_gradient_field,
)
from visual_navsat.correlation.heading_scale_grid import HeadingScaleRange, SEARCHED_SIGMAS
from visual_navsat.correlation.map_field import make_levels, MapField
from visual_navsat.correlation.masked_correlation import cut_blocks
from visual_navsat.correlation.search import Match, search
from visual_navsat.correlation.search_options import SearchOptions
from visual_navsat.correlation.template import canvas_size, make_templates
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.view import View

# On the procedural worlds on which these were chosen, together they accept 56 of 64 pairs that
# overlap (one of them 2.3 m off, the others within 1 m) and none of 127 pairs of other ground. No
# one of them does: of other ground some lead by far, at the same pixels or without a rival.
MIN_LEAD = 2.0
MIN_AGREEMENT = 0.2
MIN_OVERLAP = 0.2  # of the smaller photo
# What two photos have in common at the same pixels may be the camera's: dust, its landing gear.
MAX_OVERLAP = 0.85

_SIDE_PX = 200  # of the photos' longer side where they are compared
_LEVELS = 3
_MIN_HEADING_TOLERANCE_DEG = 3.0
# Heights of two photos that follow each other err alike.
_SCALE_TOLERANCE = (0.05, 0.15)  # least and most
_UNKNOWN_SIDE_M = 100.0  # what stands for the longer side of a photo whose GSD is unknown


@dataclass(frozen=True)
class Registration:
    """How a newer photo lies on an older one."""

    older_from_newer: np.ndarray  # (3, 3) similarity of columns and rows
    overlap: float  # ground that both show, as a share of the smaller photo
    agreement: float  # correlation over that ground, -1 to 1
    lead: float  # of its strength over that of the next best place; infinite without one

    @property
    def is_verified(self) -> bool:
        """Whether the photos certainly show the same ground, and each shows some of its own."""
        return (
            self.lead >= MIN_LEAD
            and self.agreement >= MIN_AGREEMENT
            and MIN_OVERLAP <= self.overlap <= MAX_OVERLAP
        )

    @property
    def is_same_view(self) -> bool:
        """Whether the newer photo shows next to nothing that the older one does not."""
        return self.overlap > MAX_OVERLAP and self.lead >= MIN_LEAD


def register(newer: NadirImage, older: NadirImage) -> Registration | None:
    """
    Return how a photo lies best on another, verified or not; None if either shows nothing.

    Headings and GSDs may be unknown; two photos of unknown GSD count as taken from one height.
    """
    gsd_newer, gsd_older = _gsds(newer, older)
    longer_m = max(gsd_newer * max(newer.image.shape[:2]), gsd_older * max(older.image.shape[:2]))
    options = FieldOptions(gsd_m_per_px=max(gsd_newer, gsd_older, longer_m / _SIDE_PX))
    query = make_gradient_field(newer.image, gsd_newer, options, newer.mask)
    ground = make_gradient_field(older.image, gsd_older, options, older.mask)
    if not bool(query.valid.any()) or not bool(ground.valid.any()):
        return None
    levels = make_levels(_with_margin(ground, max(query.extent_m) / 2), _LEVELS)
    # Photos that overlap differ by a part of their side: peaks closer than that are one place.
    found = search(
        query,
        levels,
        _span(newer.view, older.view),
        options=SearchOptions(candidates=4, finalists=2, separation_m=longer_m / 10),
    )
    if not found.matches:
        return None
    best = found.matches[0]
    matrix = _older_from_newer(best, newer, older, gsd_newer, gsd_older)
    rivals = found.matches[1:2]
    lead = best.strength / rivals[0].strength if rivals else math.inf
    return Registration(matrix, *_agreement(query, levels[0], best), lead)


def _gsds(newer: NadirImage, older: NadirImage) -> tuple[float, float]:
    known = newer.view.gsd_m_per_px, older.view.gsd_m_per_px
    if known[0] is None or known[1] is None:
        gsd = _UNKNOWN_SIDE_M / max(older.image.shape[:2])
        return gsd, gsd
    return known[0], known[1]


def _span(newer: View, older: View) -> HeadingScaleRange:
    """Return the headings and scales to try, of the newer photo in the older one's frame."""
    scale = SEARCHED_SIGMAS * math.hypot(newer.scale_sigma, older.scale_sigma)
    scale = min(max(scale, _SCALE_TOLERANCE[0]), _SCALE_TOLERANCE[1])
    if newer.heading_deg is None or older.heading_deg is None:
        return HeadingScaleRange(None, scale_tolerance=scale)
    heading = SEARCHED_SIGMAS * math.hypot(newer.heading_sigma_deg, older.heading_sigma_deg)
    heading = min(max(heading, _MIN_HEADING_TOLERANCE_DEG), 180.0)
    return HeadingScaleRange(newer.heading_deg - older.heading_deg, heading, scale)


def _with_margin(field: GradientField, margin_m: float) -> MapField:
    """Return a photo's field as a map, its middle at 0, 0, with nothing known around it."""
    gsd = field.gsd_m_per_px
    margin = math.ceil(margin_m / gsd)
    pad = [margin] * 4
    vectors, valid = F.pad(field.vectors, pad), F.pad(field.valid, pad)
    width_m, height_m = field.extent_m
    west_m, north_m = -width_m / 2 - margin * gsd, height_m / 2 + margin * gsd
    return MapField.of(
        PixelGrid(west_m, north_m, valid.shape[0], valid.shape[1], gsd), vectors, valid
    )


def _agreement(query: GradientField, level: MapField, match: Match) -> tuple[float, float]:
    """Return the overlap as a share of the smaller photo, and the correlation over it."""
    heading, scale = torch.tensor([match.heading_deg]), torch.tensor([match.scale])
    size = canvas_size(query, heading, scale, level.gsd_m_per_px)
    template = make_templates(query, heading, scale, level.gsd_m_per_px, size)
    row, col = level.grid.row_col(match.east_m, match.north_m)
    corner = round(row) - size[0] // 2, round(col) - size[1] // 2
    ground = cut_blocks(level.field.vectors, [corner], size)[0]
    valid = cut_blocks(level.field.valid.float().expand(2, -1, -1), [corner], size)[0, 0]
    both = (template.mask[0] > 0) & (valid > 0)
    smaller = min(float(template.mask.sum()), float(level.field.valid.sum()))
    ours, theirs = template.vectors[0][:, both], ground[:, both]
    energy = math.sqrt(float(ours.square().sum()) * float(theirs.square().sum()))
    return float(both.sum()) / max(smaller, 1.0), float((ours * theirs).sum()) / max(energy, 1e-9)


def _older_from_newer(
    match: Match, newer: NadirImage, older: NadirImage, gsd_newer: float, gsd_older: float
) -> np.ndarray:
    """Return (3, 3) from column and row of the newer photo to those of the older one."""
    angle = math.radians(match.heading_deg)
    size = gsd_newer * match.scale / gsd_older
    cos, sin = size * math.cos(angle), size * math.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    middles = ((np.array(photo.image.shape[1::-1]) - 1) / 2 for photo in (newer, older))
    newer_middle, older_middle = middles
    place = older_middle + np.array([match.east_m, -match.north_m]) / gsd_older
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = turn, place - turn @ newer_middle
    return matrix
