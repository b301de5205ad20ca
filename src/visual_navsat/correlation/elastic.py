# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Compare places with the query piece by piece, where each piece may lie a little beside its place.

Map and photo are never the same to the pixel: a map is bent, a tilted camera or a hill stretches
the photo, roofs and trees lean another way. At the true place the pieces of the photo still find
their like next to where it should be. At a wrong place, which agrees by chance, they gain less by
moving: the score of all pieces together tells the two apart better than that of the whole photo.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
import torch
import torch.nn.functional as F
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.masked_correlation import fft_size, MIN_ENERGY_SHARE
from visual_navsat.correlation.peak_set import PeakSet
from visual_navsat.correlation.template import canvas_size, make_templates, Templates

_PIECES = 12  # along the photo's longer side
_MIN_PIECE_PX = 6
REACH_PX = 4  # by which a piece may move, either way
_PENALTY = 0.002  # of the score, for all pieces that move by a pixel; grows with its square


def elastic_scores(query: GradientField, level: MapLevel, candidates: PeakSet) -> torch.Tensor:
    """
    Return (N,) scores of the candidates, each the sum of what its pieces agree at best.

    :param query: the photo's field at the level's GSD.
    """
    gsd = level.gsd_m_per_px
    row, col = level.grid.row_col(candidates.east_m, candidates.north_m)
    middles = np.stack([np.rint(row), np.rint(col)], axis=1).astype(int).tolist()
    scores = []
    for number, (middle_row, middle_col) in enumerate(middles):
        heading = torch.tensor([float(candidates.heading_deg[number])])
        scale = torch.tensor([float(candidates.scale[number])])
        height, width = canvas_size(query, heading, scale, gsd)
        template = make_templates(query, heading, scale, gsd, (height, width))
        longer_px = max(query.extent_m) * float(scale) / gsd
        pieces = Pieces.of(template, max(_MIN_PIECE_PX, math.ceil(longer_px / _PIECES)))
        corner = middle_row - height // 2 - REACH_PX, middle_col - width // 2 - REACH_PX
        scores.append(pieces.score_on(level.cut([corner], pieces.ground_size)[0]))
    return torch.stack(scores)


@dataclass(frozen=True)
class Pieces:
    """A template cut into squares."""

    vectors: torch.Tensor  # (2, rows, cols, side, side), zeros beyond the template
    mask: torch.Tensor  # (h, w) of the template

    @classmethod
    def of(cls, template: Templates, side: int) -> Pieces:
        """Return the squares of ``side`` pixels of the first template."""
        height, width = template.mask.shape[1:]
        vectors = F.pad(template.vectors[0], [0, -width % side, 0, -height % side])
        shape = vectors.shape[1] // side, vectors.shape[2] // side
        return cls(_squares(vectors, shape, side, side), template.mask[0])

    @property
    def ground_size(self) -> tuple[int, int]:
        """Rows and columns of the ground that they are compared with, all around them too."""
        rows, cols, side = self.vectors.shape[1:4]
        rim = self._window - side
        return rows * side + rim, cols * side + rim

    def score_on(self, ground: torch.Tensor) -> torch.Tensor:
        """
        Return what the pieces agree at best with the map's vectors, a number on its device.

        :param ground: of ``ground_size``; the template's top left pixel belongs on the one that is
            REACH_PX from its top and left.
        """
        rows, cols, side = self.vectors.shape[1:4]
        height, width = self.mask.shape
        under = ground[:, REACH_PX:, REACH_PX:][:, :height, :width]
        map_energy = (self.mask * under.square().sum(dim=0)).sum()
        there = _squares(ground, (rows, cols), side, self._window)
        moves = 2 * REACH_PX + 1
        agreement = _correlated(there, self.vectors)[..., :moves, :moves]
        energy = self.vectors.square().sum(dim=(0, 3, 4))
        total = energy.sum()
        both = torch.maximum(map_energy, MIN_ENERGY_SHARE * total) * total
        moved = torch.arange(-REACH_PX, REACH_PX + 1, device=ground.device).square()
        price = _PENALTY * (moved[:, None] + moved)
        share = (energy / total.clamp(min=1e-12))[..., None, None]
        best = agreement * torch.rsqrt(both.clamp(min=1e-12)) - price * share
        return best.amax(dim=(-2, -1)).sum()

    @property
    def _window(self) -> int:
        """Side of the ground in which a piece may move."""
        return fft_size(self.vectors.shape[-1] + 2 * REACH_PX, 2)


def _squares(values: torch.Tensor, shape: tuple[int, int], step: int, side: int) -> torch.Tensor:
    """Return (2, rows, cols, side, side) of (2, h, w) values: squares ``step`` pixels apart."""
    device, (rows, cols) = values.device, shape
    inside = torch.arange(side, device=device)
    row = step * torch.arange(rows, device=device)[:, None] + inside
    col = step * torch.arange(cols, device=device)[:, None] + inside
    return values[:, row[:, None, :, None], col[None, :, None, :]]


def _correlated(there: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Return (..., n, n) sums of products of (2, ..., n, n) pieces with smaller ones, cyclic."""
    size = there.shape[-2:]
    product = torch.fft.rfft2(there) * torch.fft.rfft2(own, s=size).conj()
    return torch.fft.irfft2(product.sum(dim=0), s=size)
