"""
Correlate a query's gradient field with the map's, by FFT: how well they agree at every place.

The score of a place is the sum of products over the root of the query's energy times the map's
energy under the query: -1 to 1. Where the query hangs over the map's edge or over missing map, the
whole query's energy stays below the line, so the score shrinks with the root of the overlap and
its noise is the same everywhere: scores compare over places.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from visual_navsat.localization.gradient_field import as_float
from visual_navsat.localization.template import Templates

_MIN_ENERGY_SHARE = 0.05  # of what the query's weights would give; less map is not judged by


def fft_size(length: int, multiple: int = 4) -> int:
    """Return the smallest ``multiple`` of a product of 2, 3 and 5 that is at least ``length``."""
    factor = math.ceil(length / multiple)
    while not _is_smooth(factor):
        factor += 1
    return factor * multiple


def _is_smooth(number: int) -> bool:
    for prime in (2, 3, 5):
        while number % prime == 0:
            number //= prime
    return number == 1


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
            block[:, top - row : bottom - row, left - col : right - col] = as_float(
                vectors[:, top:bottom, left:right]
            )
    return blocks


@dataclass(frozen=True)
class BlockSpectra:
    """Fourier transforms of map blocks, kept while many templates are tried on them."""

    vectors: torch.Tensor  # (B, 2, N, M // 2 + 1) complex64
    energy: torch.Tensor  # (B, N / pool, M / pool // 2 + 1) complex64
    size: tuple[int, int]  # N, M
    pool: int  # the energy is kept on every so manyth pixel

    @classmethod
    def of(cls, blocks: torch.Tensor, pool: int = 1) -> BlockSpectra:
        """
        Transform (B, 2, N, M) blocks.

        :param pool: divides N and M. 1 is exact; the map's energy under a photo is so smooth that
            4 is within a few parts in a thousand, at a sixteenth of the work.
        """
        energy = F.avg_pool2d(blocks.square().sum(dim=1), pool)
        return cls(torch.fft.rfft2(blocks), torch.fft.rfft2(energy), blocks.shape[2:], pool)


def correlate(spectra: BlockSpectra, templates: Templates, own: bool = False) -> torch.Tensor:
    """
    Return (B, K, n, m) scores of K templates on B blocks, -1 to 1.

    The score at (i, j) is that of the template whose top left pixel lies on the block's (i, j);
    n = N - h + 1 and m = M - w + 1 for templates of (h, w) on blocks of (N, M), less what is lost
    to ``pool``.

    :param own: the B * K templates belong to the blocks, K to each in order, instead of all to
        all.

    Source: masked correlation by FFT after Padfield, "Masked object registration in the Fourier
    domain", TIP 2012, without the means (a doubled angle has none).
    """
    groups = len(spectra.vectors) if own else 1
    query = torch.fft.rfft2(templates.vectors, s=spectra.size).conj()
    query = query.unflatten(0, (groups, -1))  # (B or 1, K, 2, N, M // 2 + 1)
    product = spectra.vectors[:, None, 0] * query[:, :, 0]
    product.addcmul_(
        spectra.vectors[:, None, 1].expand_as(product), query[:, :, 1].expand_as(product)
    )
    sums = torch.fft.irfft2(product, s=spectra.size)
    norm = _norm(spectra, templates, groups)
    return sums[..., : norm.shape[-2], : norm.shape[-1]] * norm


def _norm(spectra: BlockSpectra, templates: Templates, groups: int) -> torch.Tensor:
    """Return (B, K, n, m): one over the root of the query's energy times the map's under it."""
    pool = spectra.pool
    height, width = templates.mask.shape[1:]
    odd = [0, -width % pool, 0, -height % pool]
    mask = F.avg_pool2d(F.pad(templates.mask, odd), pool)
    size = [side // pool for side in spectra.size]
    query = torch.fft.rfft2(mask, s=size).conj().unflatten(0, (groups, -1))
    energy = torch.fft.irfft2(spectra.energy[:, None] * query, s=size) * pool**2
    steps = [side - taken for side, taken in zip(size, mask.shape[1:], strict=True)]
    energy = energy[..., : steps[0] + 1, : steps[1] + 1]

    # A map without texture where the query has plenty says nothing: the floor keeps rounding
    # errors and a few stray edges from being blown up into a score.
    query_energy = templates.energy.unflatten(0, (groups, -1))[..., None, None]
    floor = _MIN_ENERGY_SHARE * query_energy
    norm = torch.rsqrt((torch.maximum(energy, floor) * query_energy).clamp(min=1e-12))
    if pool == 1:
        return norm
    return F.interpolate(
        norm, size=[pool * step + 1 for step in steps], mode='bilinear', align_corners=True
    )
