# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A photo as some ground would show it, which is what is looked for there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math

from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleGrid, HeadingScaleRange
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.geometry.region import Region


@dataclass(frozen=True)
class Look:
    """A photo as some ground would show it, and what is known of it there."""

    fields: tuple[GradientField, ...]  # of the photo at the GSDs of map levels, finest first
    span: HeadingScaleRange
    regions: Sequence[Region] | None = None  # where its centre may be; they may overlap; None: all
    gsd_m_per_px: float = math.nan  # of the photo at scale 1
    weight: float = 1.0  # of its strengths, which makes them comparable with those of other looks

    @property
    def extent_m(self) -> tuple[float, float]:
        """Width and height of the ground that the photo shows at scale 1."""
        return self.fields[0].extent_m

    def with_levels(self, levels: Sequence[MapLevel]) -> Look:
        """Return the look with fields for all levels that are not finer than its finest."""
        fields = [self.fields[0]]
        for level in levels:
            if level.gsd_m_per_px > fields[-1].gsd_m_per_px:
                fields.append(fields[-1].halved())
        return replace(self, fields=tuple(fields))

    def at(self, gsd_m_per_px: float) -> GradientField:
        """Return the photo's field at the GSD of a level."""
        return next(one for one in self.fields if one.gsd_m_per_px == gsd_m_per_px)

    def step(self, gsd_m_per_px: float, step_px: float) -> float:
        """
        Return radians of heading, and a fraction of scale, between neighbouring variants.

        :param step_px: by which they move the footprint's RMS radius at a GSD.
        """
        rms_radius_m = math.hypot(*self.extent_m) / math.sqrt(12)
        return step_px * gsd_m_per_px / rms_radius_m

    def variants(self, gsd_m_per_px: float, step_px: float) -> HeadingScaleGrid:
        """Return the headings and scales to try at a GSD."""
        return HeadingScaleGrid.covering(self.span, self.step(gsd_m_per_px, step_px))

    def boxes(self, level: MapLevel) -> list[PixelBox]:
        """Return the pixels of a level where the photo's centre may be."""
        if self.regions is None:
            return [level.grid.box]
        boxes = [level.grid.touched_by(region) for region in self.regions]
        return [box for box in boxes if not box.is_empty]
