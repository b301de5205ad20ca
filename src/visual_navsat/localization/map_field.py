"""The map as the search sees it: its gradient field in a local frame, at several GSDs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from visual_navsat.errors import ShapeError
from visual_navsat.localization.gradient_field import GradientField


@dataclass(frozen=True)
class Region:
    """A box in the map's frame, metres, in which the query's centre may lie."""

    west_m: float
    south_m: float
    east_m: float
    north_m: float


@dataclass(frozen=True)
class MapField:
    """A north-up map's gradient field in a local east-north frame."""

    field: GradientField
    west_m: float = 0.0  # east of the left edge of the first pixel
    north_m: float = 0.0  # north of its top edge

    @property
    def gsd_m_per_px(self) -> float:
        """Metres per pixel of the field."""
        return self.field.gsd_m_per_px

    def halved(self) -> MapField:
        """Return the map at twice the GSD."""
        return replace(self, field=self.field.halved())

    def east_north(self, row, col):
        """Return east and north in metres of places in pixels; the first pixel's centre is 0."""
        east = self.west_m + (col + 0.5) * self.gsd_m_per_px
        return east, self.north_m - (row + 0.5) * self.gsd_m_per_px

    def row_col(self, east, north):
        """Return row and column in pixels of places in metres."""
        row = (self.north_m - north) / self.gsd_m_per_px - 0.5
        return row, (east - self.west_m) / self.gsd_m_per_px - 0.5

    def pixel_box(self, region: Region) -> tuple[int, int, int, int] | None:
        """Return top, left, bottom, right (ends excluded) of a region; None if off the map."""
        rows, cols = self.field.valid.shape
        bottom, right = self.row_col(region.east_m, region.south_m)
        top, left = self.row_col(region.west_m, region.north_m)
        top, left = max(0, math.floor(top + 0.5)), max(0, math.floor(left + 0.5))
        bottom, right = min(rows, math.ceil(bottom + 0.5)), min(cols, math.ceil(right + 0.5))
        return (top, left, bottom, right) if top < bottom and left < right else None


class MapPyramid:
    """
    The map's field at its own GSD and at doublings of it, made once and searched often.

    :param base: the finest level.
    :param num_levels: how many, the finest included; the search begins on the coarsest.
    """

    def __init__(self, base: MapField, num_levels: int = 2) -> None:
        if num_levels < 1:
            raise ShapeError(
                f'a map of {num_levels} levels cannot be searched: it takes 1 or more'
            )
        self.levels = [base]
        while len(self.levels) < num_levels:
            self.levels.append(self.levels[-1].halved())

    def to(self, device: torch.device | str) -> MapPyramid:
        """Return the map on another device."""
        moved = MapPyramid.__new__(MapPyramid)
        moved.levels = [replace(level, field=level.field.to(device)) for level in self.levels]
        return moved
