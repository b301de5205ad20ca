# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The map as the search sees it: its gradient field in a local frame, at several GSDs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.masked_correlation import cut_blocks
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid


@dataclass(frozen=True)
class MapField:
    """A north-up map's gradient field, and where its pixels lie in a local frame."""

    field: GradientField
    grid: PixelGrid

    @classmethod
    def of(cls, grid: PixelGrid, vectors: torch.Tensor, valid: torch.Tensor) -> MapField:
        """Return a field on a grid: vectors (2, rows, columns) and valid (rows, columns)."""
        gsd = grid.gsd_m_per_px
        extent_m = (grid.columns * gsd, grid.rows * gsd)
        return cls(GradientField(vectors, valid, gsd, extent_m), grid)

    @property
    def gsd_m_per_px(self) -> float:
        """Metres per pixel of the field."""
        return self.grid.gsd_m_per_px

    @property
    def device(self) -> torch.device:
        """Return where the field lies."""
        return self.field.vectors.device

    def cut(self, origins: list[tuple[int, int]], size: tuple[int, int]) -> torch.Tensor:
        """Return (B, 2, h, w) float32 pieces, zeros beyond the edge: :meth:`MapLevel.cut`."""
        return cut_blocks(self.field.vectors, origins, size)

    def part(self, box: PixelBox) -> GradientField:
        """Return the field of a box of its pixels: :meth:`MapLevel.part`."""
        inside = box.intersection(self.grid.box)
        vectors = self.field.vectors.new_zeros((2, *box.shape))
        valid = self.field.valid.new_zeros(box.shape)
        if not inside.is_empty:
            rows, columns = inside.moved(-box.top, -box.left).slices
            from_rows, from_columns = inside.slices
            vectors[:, rows, columns] = self.field.vectors[:, from_rows, from_columns]
            valid[rows, columns] = self.field.valid[from_rows, from_columns]
        return MapField.of(self.grid.part(box), vectors, valid).field

    def to(self, device: torch.device | str) -> MapField:
        """Return the map on another device."""
        return replace(self, field=self.field.to(device))

    def halved(self) -> MapField:
        """Return the map at twice the GSD."""
        return MapField(self.field.halved(), self.grid.halved())


def make_levels(finest: MapField, count: int) -> tuple[MapField, ...]:
    """Return the map at its own GSD and at doublings of it, the finest first."""
    levels = [finest]
    while len(levels) < count:
        levels.append(levels[-1].halved())
    return tuple(levels)
