"""The map as the search sees it: its gradient field in a local frame, at several GSDs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.pixel_grid import PixelGrid


@dataclass(frozen=True)
class MapField:
    """A north-up map's gradient field, and where its pixels lie in a local frame."""

    field: GradientField
    grid: PixelGrid

    @classmethod
    def of(cls, field: GradientField, west_m: float = 0.0, north_m: float = 0.0) -> MapField:
        """Return a field whose north-west corner lies at a place."""
        rows, columns = field.valid.shape
        return cls(field, PixelGrid(west_m, north_m, rows, columns, field.gsd_m_per_px))

    @property
    def gsd_m_per_px(self) -> float:
        """Metres per pixel of the field."""
        return self.grid.gsd_m_per_px

    def halved(self) -> MapField:
        """Return the map at twice the GSD."""
        return MapField(self.field.halved(), self.grid.halved())


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
