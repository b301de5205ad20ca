# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a search needs of the map at one GSD, whether it lies in memory or is read as needed."""

from __future__ import annotations

from typing import Protocol

import torch
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid


class MapLevel(Protocol):
    """A north-up map's gradient field at one GSD."""

    @property
    def grid(self) -> PixelGrid:
        """Return where its pixels lie in a local frame."""
        ...

    @property
    def gsd_m_per_px(self) -> float:
        """Return metres per pixel."""
        ...

    @property
    def device(self) -> torch.device:
        """Return where pieces of it lie."""
        ...

    def part(self, box: PixelBox) -> GradientField:
        """Return the field of a box of its pixels, which may reach beyond its edge."""
        ...

    def cut(self, origins: list[tuple[int, int]], size: tuple[int, int]) -> torch.Tensor:
        """
        Return (B, 2, h, w) float32 pieces of its vectors, zeros beyond its edge.

        :param origins: row and column of each piece's first pixel; may be negative or past the
            end.
        """
        ...
