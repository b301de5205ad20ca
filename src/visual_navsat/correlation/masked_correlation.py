# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Correlate a query's gradient field with the map's, by FFT: how well they agree at every place.

The score of a place is the sum of products over the root of the query's energy times the map's
energy under the query: -1 to 1. Where a part of the query lies beyond the map, it is still divided
by the whole query's energy: the score shrinks with the root of the overlap, its noise is the same
everywhere, and scores of different places can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
import math

from scipy.fft import next_fast_len
import torch
import torch.nn.functional as F
from visual_navsat.correlation.gradient_field import as_float
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.template import Templates

POOL = 4  # of a search, see BlockSpectra.of
MIN_ENERGY_SHARE = 0.05  # of the query's own energy: the least that a score is divided by


def fft_size(length: int, multiple: int = 4) -> int:
    """Return the smallest ``multiple`` of a product of 2, 3 and 5 that is at least ``length``."""
    return next_fast_len(math.ceil(length / multiple), real=True) * multiple


def cut_blocks(
    vectors: torch.Tensor, origins: list[tuple[int, int]], size: tuple[int, int]
) -> torch.Tensor:
    """
    Return (B, 2, h, w) float32 pieces of a map field's (2, H, W) vectors, zeros beyond its edge.

    :param origins: row and column of each piece's first pixel; may be negative or past the end.
    """
    height, width = size
    device, (_, map_h, map_w) = vectors.device, vectors.shape
    blocks = torch.zeros(len(origins), 2, height, width, device=device)
    for block, (row, col) in zip(blocks, origins, strict=True):
        top, bottom = max(row, 0), min(row + height, map_h)
        left, right = max(col, 0), min(col + width, map_w)
        if top < bottom and left < right:
            inside = vectors[:, top:bottom, left:right]
            rows, columns = slice(top - row, bottom - row), slice(left - col, right - col)
            block[:, rows, columns] = as_float(inside)
    return blocks


@dataclass(frozen=True)
class BlockSpectra:
    """
    Fourier transforms of map blocks, kept while many templates are tried on them.

    The frequency along the rows comes first and the one along the columns last, the other way
    round than in ``rfft2``: the columns' transforms, which are most, then run over memory.
    """

    vectors: torch.Tensor  # (2, B, M // 2 + 1, N) complex64
    energy: torch.Tensor  # (B, M / pool // 2 + 1, N / pool) complex64
    size: tuple[int, int]  # N, M
    pool: int  # pixels along each side over which the energy is averaged

    @classmethod
    def under(
        cls,
        level: MapLevel,
        corners: Iterable[tuple[int, int]],
        template_size: tuple[int, int],
        size: tuple[int, int],
    ) -> BlockSpectra:
        """
        Return the blocks of a map on which the scores at (0, 0) are those of given places.

        :param corners: row and column of the template's middle at each block's first score.
        """
        half_height, half_width = (side // 2 for side in template_size)
        origins = [(row - half_height, col - half_width) for row, col in corners]
        return cls.of(level.cut(origins, size), POOL)

    @classmethod
    def of(cls, blocks: torch.Tensor, pool: int = 1) -> BlockSpectra:
        """
        Transform (B, 2, N, M) blocks.

        :param pool: divides N and M. 1 is exact; the map's energy under a photo is so smooth that
            4 is within a few parts in a thousand, at a sixteenth of the work.
        """
        height, width = blocks.shape[2:]
        energy = F.avg_pool2d(blocks.square().sum(dim=1), pool)
        size = height, width
        pooled = height // pool, width // pool
        channels = blocks.transpose(0, 1)
        return cls(_spectrum(channels, size), _spectrum(energy, pooled), size, pool)

    def __len__(self) -> int:
        return len(self.energy)

    def take(self, some: slice) -> BlockSpectra:
        """Return some of the blocks."""
        return replace(self, vectors=self.vectors[:, some], energy=self.energy[some])


@dataclass(frozen=True)
class TemplateSpectra:
    """Conjugate Fourier transforms of templates, in the order of those of the blocks."""

    vectors: torch.Tensor  # (2, K, M // 2 + 1, N) complex64
    mask: torch.Tensor  # (K, M / pool // 2 + 1, N / pool) complex64
    energy: torch.Tensor  # (K,) of the templates
    template_size: tuple[int, int]  # h, w

    @classmethod
    def of(cls, templates: Templates, size: tuple[int, int], pool: int = 1) -> TemplateSpectra:
        """Transform templates for blocks of ``size``, with the pool of their energy."""
        height, width = templates.mask.shape[1:]
        odd = [0, -width % pool, 0, -height % pool]
        mask = F.avg_pool2d(F.pad(templates.mask, odd), pool)
        pooled = size[0] // pool, size[1] // pool
        return cls(
            _spectrum(templates.vectors.transpose(0, 1), size, is_conjugate=True),
            _spectrum(mask, pooled, is_conjugate=True),
            templates.energy,
            (height, width),
        )

    def __len__(self) -> int:
        return len(self.energy)

    def take(self, some: slice) -> TemplateSpectra:
        """Return some of the templates."""
        return TemplateSpectra(
            self.vectors[:, some], self.mask[some], self.energy[some], self.template_size
        )


def masked_scores(
    blocks: BlockSpectra,
    templates: TemplateSpectra,
    own: bool = False,
    gain: torch.Tensor | None = None,
) -> torch.Tensor:
    """
    Return (B, K, n, m) scores of K templates on B blocks, -1 to 1.

    The score at (i, j) is that of the template whose top left pixel lies on the block's (i, j);
    n = N - h + 1 and m = M - w + 1 for templates of (h, w) on blocks of (N, M), or a few less with
    a ``pool``.

    :param own: whether each block has K templates of its own, B * K in order.
    :param gain: (K,) factors of the templates' scores; None: 1.

    Source: masked correlation by FFT after Padfield, "Masked object registration in the Fourier
    domain", TIP 2012, without the means (a doubled angle has none).
    """
    groups = len(blocks) if own else 1
    norm = _norm(blocks, templates, groups, gain)
    # (B, K, M // 2 + 1, N); two products and a sum take half the time of addcmul or einsum
    product, other = (
        block[:, None] * _grouped(query, groups)
        for block, query in zip(blocks.vectors, templates.vectors, strict=True)
    )
    return _inverse(product.add_(other), blocks.size, norm.shape[-2:]).mul_(norm)


def _norm(
    blocks: BlockSpectra, templates: TemplateSpectra, groups: int, gain: torch.Tensor | None
) -> torch.Tensor:
    """Return (B, K, n, m): one over the root of the query's energy times the map's under it."""
    pool = blocks.pool
    height, width = (side // pool for side in blocks.size)
    rows, columns = (math.ceil(side / pool) for side in templates.template_size)
    product = blocks.energy[:, None] * _grouped(templates.mask, groups)
    keep = (height - rows + 1, width - columns + 1)
    energy = _inverse(product, (height, width), keep) * pool**2

    # A map without texture under a query with plenty says nothing: the floor keeps rounding errors
    # and a few stray edges from making a score.
    query_energy = _grouped(templates.energy, groups)[..., None, None]
    floor = MIN_ENERGY_SHARE * query_energy
    norm = torch.rsqrt((torch.maximum(energy, floor) * query_energy).clamp(min=1e-12))
    if gain is not None:
        norm *= _grouped(gain, groups)[..., None, None]
    return norm if pool == 1 else _between_pixels(norm, pool)


def _grouped(values: torch.Tensor, groups: int) -> torch.Tensor:
    """Return (K, ...) values as (groups, K / groups, ...)."""
    return values.reshape(groups, -1, *values.shape[1:])


def _between_pixels(values: torch.Tensor, factor: int) -> torch.Tensor:
    """
    Return (..., n + 1, m + 1) values interpolated bilinearly to (..., factor * n, factor * m).

    As F.interpolate does it with corners aligned, less the last row and column; rows come last,
    in one vectorised pass.
    """
    share = torch.arange(factor, device=values.device) / factor
    left, right = values[..., :-1, None], values[..., 1:, None]
    values = torch.lerp(left, right, share).flatten(-2)
    upper, lower = values[..., :-1, None, :], values[..., 1:, None, :]
    return torch.lerp(upper, lower, share[:, None]).flatten(-3, -2)


def _spectrum(
    values: torch.Tensor, size: tuple[int, int], *, is_conjugate: bool = False
) -> torch.Tensor:
    """
    Return the (..., M // 2 + 1, N) transform of real (..., h, w) values, padded to (N, M).

    No row that is only padding is transformed.
    """
    height, width = size
    rows = torch.fft.rfft(values, n=width, dim=-1)
    if is_conjugate:
        rows = rows.conj()
    columns = rows.new_zeros(*rows.shape[:-2], rows.shape[-1], height)
    columns[..., : rows.shape[-2]] = rows.transpose(-1, -2)
    # The inverse of a conjugate, not divided, is the conjugate of the transform.
    transform = torch.fft.ifft if is_conjugate else torch.fft.fft
    return transform(columns, dim=-1, norm='forward' if is_conjugate else 'backward')


def _inverse(spectrum: torch.Tensor, size: tuple[int, int], keep: Sequence[int]) -> torch.Tensor:
    """Return the values of a :func:`_spectrum`; rows that are not kept cost nothing."""
    columns = torch.fft.ifft(spectrum, dim=-1)[..., : keep[0]]
    return torch.fft.irfft(columns.transpose(-1, -2), n=size[1], dim=-1)[..., : keep[1]]
