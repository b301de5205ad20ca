"""Try every variant at every place of the map, block by block, and keep the highest peaks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleGrid
from visual_navsat.correlation.map_field import MapField
from visual_navsat.correlation.masked_correlation import (
    BlockSpectra,
    TemplateSpectra,
    cut_blocks,
    fft_size,
    masked_scores,
)
from visual_navsat.correlation.peak_set import PeakSet, join_peaks, strength_factor
from visual_navsat.correlation.peaks import find_peaks
from visual_navsat.correlation.template import canvas_size, make_templates
from visual_navsat.geometry.pixel_grid import PixelBox

_POOL = 4  # see BlockSpectra.of
_BLOCKS_AT_ONCE = 16  # batches of scores whose map blocks are kept transformed together
_TEMPLATES_AT_ONCE = 32  # batches of scores whose templates are


@dataclass(frozen=True)
class StrengthSpread:
    """How the best strength over all variants is spread over the places searched."""

    mean: float
    std: float
    places: int


@dataclass(frozen=True)
class _Plan:
    """Equal blocks that cover the boxes: size of each, and places each answers for."""

    block: tuple[int, int]
    step: tuple[int, int]
    cells: list[PixelBox]  # the places that each block answers for


def search_coarse(
    query: GradientField,
    level: MapField,
    variants: HeadingScaleGrid,
    boxes: list[PixelBox],
    peaks_per_block: int,
    batch_px: int,
) -> tuple[PeakSet, StrengthSpread]:
    """
    Return the highest peaks of the strength over all variants, and its spread.

    :param query: the photo's field at the level's GSD.
    :param boxes: where the photo's centre may lie; they may overlap.
    :param batch_px: scores computed at a time; bounds the memory.
    """
    size = canvas_size(query, variants.heading_deg, variants.scale, level.gsd_m_per_px)
    plan = _plan_blocks(boxes, size)
    block_px = plan.block[0] * plan.block[1]
    bank = _TemplateBank(query, level, variants, size, plan.block, batch_px)
    together = max(1, _BLOCKS_AT_ONCE * batch_px // block_px)
    found, sums = [], []
    for first in range(0, len(plan.cells), together):
        cells = plan.cells[first : first + together]
        best, which = _best_scores(level, bank, cells, plan, size, max(1, batch_px // block_px))
        inside = best.isfinite()
        values = torch.where(inside, best, 0.0)
        moments = (inside, values, values.square())
        sums.append(torch.stack([moment.sum(dtype=torch.float64) for moment in moments]))
        found.append(_peaks(best, which, level, variants, cells, peaks_per_block))
    count, total, squares = torch.stack(sums).sum(dim=0).tolist()
    mean = total / count
    std = math.sqrt(max(squares / count - mean**2, 0.0))
    return join_peaks(found), StrengthSpread(mean, std, int(count))


class _TemplateBank:
    """The templates of all variants, transformed; kept where they are few, else made again."""

    def __init__(self, query, level, variants, size, block, batch_px) -> None:
        self._make = (query, variants, level.gsd_m_per_px, size, block)
        self.gain = strength_factor(variants.scale).to(query.vectors.device)
        kept = max(1, _TEMPLATES_AT_ONCE * batch_px // (block[0] * block[1]))
        self._chunks = [
            slice(first, min(first + kept, len(variants)))
            for first in range(0, len(variants), kept)
        ]
        self._only = self._transform(self._chunks[0]) if len(self._chunks) == 1 else None

    def __iter__(self):
        """Yield the variants by chunks, as slices, with their templates."""
        for chunk in self._chunks:
            yield chunk, self._only or self._transform(chunk)

    def _transform(self, chunk: slice) -> TemplateSpectra:
        query, variants, gsd, size, block = self._make
        heading, scale = variants.heading_deg[chunk], variants.scale[chunk]
        return TemplateSpectra.of(make_templates(query, heading, scale, gsd, size), block, _POOL)


def _best_scores(level, bank, cells, plan, size, at_once):
    """
    Return (B, n, m) best strengths of the cells and the variant of each; -inf outside.

    :param at_once: blocks times variants whose scores are computed in one go.
    """
    origins = [(top - size[0] // 2, left - size[1] // 2) for top, left, _, _ in cells]
    spectra = BlockSpectra.of(cut_blocks(level.field.vectors, origins, plan.block), _POOL)
    shape, device = (len(cells), *plan.step), level.field.vectors.device
    best = torch.full(shape, -torch.inf, device=device)
    which = torch.zeros(shape, dtype=torch.int32, device=device)
    num_blocks = min(at_once, len(cells))
    num_templates = max(1, at_once // num_blocks)
    for chunk, templates in bank:
        for start in range(0, len(cells), num_blocks):
            blocks = slice(start, start + num_blocks)
            for first in range(0, len(templates), num_templates):
                some = slice(first, min(first + num_templates, len(templates)))
                number = chunk.start + first
                gain = bank.gain[number : chunk.start + some.stop]
                scores = masked_scores(spectra.take(blocks), templates.take(some), gain=gain)
                scores = scores[..., : plan.step[0], : plan.step[1]]
                _keep_best(best[blocks], which[blocks], scores, number)
    for strengths, (top, left, bottom, right) in zip(best, cells, strict=True):
        strengths[bottom - top :] = -torch.inf
        strengths[:, right - left :] = -torch.inf
    return best, which


def _keep_best(best, which, scores, number: int) -> None:
    """Take what is better of (B, K, n, m) scores of the variants from ``number`` on."""
    for offset in range(scores.shape[1]):
        score = scores[:, offset]
        variant = which.new_full((), number + offset)
        torch.where(score > best, variant, which, out=which)
        torch.maximum(best, score, out=best)


def _peaks(best, which, level, variants, cells, count) -> PeakSet:
    strength, row, col = find_peaks(best, count)
    variant = which.flatten(1).gather(1, row * best.shape[2] + col).long()
    corner = torch.tensor(cells, device=row.device)
    east, north = level.grid.east_north(row + corner[:, :1], col + corner[:, 1:2])
    real = strength.isfinite()
    east, north, strength, variant = (
        values[real].cpu().numpy() for values in (east, north, strength, variant)
    )
    return PeakSet(
        east.astype(float),
        north.astype(float),
        variants.heading_deg.numpy()[variant],
        variants.scale.numpy()[variant],
        strength,
        strength[:, np.newaxis],
        np.full((len(strength), 2, 2), np.nan),
    )


def _plan_blocks(boxes: list[PixelBox], size: tuple[int, int]) -> _Plan:
    """Return the block size, and the blocks, that cover the boxes at the least work."""
    padded = [side + -side % _POOL for side in size]
    choices = []
    for axis in (0, 1):
        longest = max(box.shape[axis] for box in boxes) + padded[axis]
        wanted = [min(longest, factor * padded[axis]) for factor in (1.5, 2, 2.5, 3, 4, 6, 8)]
        choices.append({fft_size(math.ceil(length) + _POOL, 2 * _POOL) for length in wanted})

    def steps(block):
        return tuple(side - taken for side, taken in zip(block, padded, strict=True))

    def work(block):
        area = block[0] * block[1]
        return sum(len(_cells(box, steps(block))) for box in boxes) * area * math.log2(area)

    block = min(product(*choices), key=work)
    return _Plan(
        block, steps(block), [cell for box in boxes for cell in _cells(box, steps(block))]
    )


def _cells(box: PixelBox, step: tuple[int, int]) -> list[PixelBox]:
    top, left, bottom, right = box
    return [
        PixelBox(row, col, min(row + step[0], bottom), min(col + step[1], right))
        for row in range(top, bottom, step[0])
        for col in range(left, right, step[1])
    ]
