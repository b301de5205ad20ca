# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Try every variant at every place of the map, block by block, and keep the highest peaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
import math

import numpy as np
import torch
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.heading_scale_grid import HeadingScaleGrid
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.masked_correlation import (
    BlockSpectra,
    fft_size,
    masked_scores,
    POOL,
    TemplateSpectra,
)
from visual_navsat.correlation.peak_set import join_peaks, PeakSet, strength_factor
from visual_navsat.correlation.peaks import find_peaks
from visual_navsat.correlation.template import canvas_size, make_templates
from visual_navsat.geometry.pixel_grid import PixelBox

# Batches of scores whose map blocks, and whose templates, are kept transformed at a time. From one
# image to the next the map's are not: they are 3 % of a search of 1 km2 with the heading known,
# 0.2 % without, 14 % where 100 km2 are searched from 8 m per pixel. At 2 m per pixel they would
# take 5 MB a km2, ten times the field itself, and they fit one size of template alone.
_BLOCKS_AT_ONCE = 16
_TEMPLATES_AT_ONCE = 32
_TEMPLATE_WORK = 1.2  # of transforming a template, in units of scoring it on one block


@dataclass(frozen=True)
class StrengthSpread:
    """How the best strength over all variants is spread over the places searched."""

    mean: float
    std: float
    places: int


def pooled(spreads: Sequence[StrengthSpread], weights: Sequence[float]) -> StrengthSpread:
    """Return the spread over the places of several searches, each one's strengths weighted."""
    if len(spreads) == 1 and weights[0] == 1.0:
        return spreads[0]
    places = np.array([spread.places for spread in spreads], float)
    means = np.array([spread.mean for spread in spreads]) * weights
    stds = np.array([spread.std for spread in spreads]) * weights
    mean = float(places @ means / places.sum())
    square = float(places @ (stds**2 + (means - mean) ** 2) / places.sum())
    return StrengthSpread(mean, math.sqrt(square), int(places.sum()))


@dataclass(frozen=True)
class _Plan:
    """Equal blocks of the map that together hold every place of the boxes."""

    template: tuple[int, int]  # rows and columns of the templates,
    block: tuple[int, int]  # of a block,
    step: tuple[int, int]  # and of the places that a block yields, at most
    cells: list[PixelBox]  # the places of each block


def search_coarse(
    query: GradientField,
    level: MapLevel,
    variants: HeadingScaleGrid,
    boxes: list[PixelBox],
    peaks_per_block: int,
    batch_px: int,
) -> tuple[PeakSet, StrengthSpread]:
    """
    Return the highest peaks of the strength over all variants, and its spread.

    :param query: the photo's field at the level's GSD.
    :param boxes: where the photo's centre may lie; they may overlap.
    :param batch_px: scores to compute at a time; bounds the memory.
    """
    size = canvas_size(query, variants.heading_deg, variants.scale, level.gsd_m_per_px)
    plan = _plan_blocks(boxes, size)
    block_px = math.prod(plan.block)
    bank = _TemplateBank(query, level.gsd_m_per_px, variants, plan, batch_px)
    together = max(1, _BLOCKS_AT_ONCE * batch_px // block_px)
    found, sums = [], []
    for first in range(0, len(plan.cells), together):
        cells = plan.cells[slice(first, first + together)]
        best, which = _best_scores(level, bank, plan, cells, max(1, batch_px // block_px))
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
    """The templates of all variants, transformed; kept if they are few, else made again."""

    def __init__(
        self,
        query: GradientField,
        gsd_m_per_px: float,
        variants: HeadingScaleGrid,
        plan: _Plan,
        batch_px: int,
    ) -> None:
        self._query, self._gsd_m_per_px = query, gsd_m_per_px
        self._variants, self._plan = variants, plan
        self.gain = strength_factor(variants.scale).to(query.vectors.device)
        kept = max(1, _TEMPLATES_AT_ONCE * batch_px // math.prod(plan.block))
        count = len(variants)
        self._chunks = [slice(i, min(i + kept, count)) for i in range(0, count, kept)]
        self._only = self._transform(self._chunks[0]) if len(self._chunks) == 1 else None

    def __iter__(self) -> Iterator[tuple[slice, TemplateSpectra]]:
        """Yield the variants by chunks, as slices, with their templates."""
        for chunk in self._chunks:
            yield chunk, self._only or self._transform(chunk)

    def _transform(self, chunk: slice) -> TemplateSpectra:
        heading, scale = self._variants.heading_deg[chunk], self._variants.scale[chunk]
        templates = make_templates(
            self._query, heading, scale, self._gsd_m_per_px, self._plan.template
        )
        return TemplateSpectra.of(templates, self._plan.block, POOL)


def _best_scores(
    level: MapLevel, bank: _TemplateBank, plan: _Plan, cells: list[PixelBox], at_once: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """
    Return (B, n, m) best strengths of the cells and the variant of each; -inf outside.

    :param at_once: blocks times variants whose scores are computed together.
    """
    corners = [(top, left) for top, left, _, _ in cells]
    spectra = BlockSpectra.under(level, corners, plan.template, plan.block)
    shape, device = (len(cells), *plan.step), level.device
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
                gain = bank.gain[number:][: some.stop - first]
                scores = masked_scores(spectra.take(blocks), templates.take(some), gain=gain)
                scores = scores[..., : plan.step[0], : plan.step[1]]
                _keep_best(best[blocks], which[blocks], scores, number)
    for strengths, cell in zip(best, cells, strict=True):
        rows, columns = cell.shape
        strengths[rows:] = -torch.inf
        strengths[:, columns:] = -torch.inf
    return best, which


def _keep_best(best: torch.Tensor, which: torch.Tensor, scores: torch.Tensor, number: int) -> None:
    """Take what is better of (B, K, n, m) scores of the variants from ``number`` on."""
    for offset in range(scores.shape[1]):
        score = scores[:, offset]
        variant = which.new_full((), number + offset)
        torch.where(score > best, variant, which, out=which)
        torch.maximum(best, score, out=best)


def _peaks(
    best: torch.Tensor,
    which: torch.Tensor,
    level: MapLevel,
    variants: HeadingScaleGrid,
    cells: list[PixelBox],
    count: int,
) -> PeakSet:
    found, row, col = find_peaks(best, count)
    variant = which.flatten(1).gather(1, row * best.shape[2] + col)
    strength, rows, cols, numbers = (t.cpu().numpy() for t in (found, row, col, variant))
    corners, real = np.array(cells), np.isfinite(strength)
    rows, cols = (rows + corners[:, :1])[real], (cols + corners[:, 1:2])[real]
    # As exact as the scores; the finer levels read the place anew.
    east, north = level.grid.east_north(rows.astype(np.float32), cols.astype(np.float32))
    strength, number = strength[real], numbers[real]
    return PeakSet(
        east.astype(float),
        north.astype(float),
        variants.heading_deg.numpy()[number],
        variants.scale.numpy()[number],
        strength,
        strength[:, np.newaxis],
        np.full((len(strength), 2, 2), np.nan),
        np.zeros(len(strength), int),
        np.empty((len(strength), 0)),
    )


def _plan_blocks(boxes: list[PixelBox], size: tuple[int, int]) -> _Plan:
    """Return the blocks that cover the boxes with the least work."""
    padded = [side + -side % POOL for side in size]
    choices = []
    for axis in (0, 1):
        longest = max(box.shape[axis] for box in boxes) + padded[axis]
        wanted = [min(longest, factor * padded[axis]) for factor in (1.5, 2, 2.5, 3, 4, 6, 8)]
        choices.append({fft_size(math.ceil(length) + POOL, 2 * POOL) for length in wanted})
    plans = []
    for rows, columns in product(*choices):
        step = rows - padded[0], columns - padded[1]
        cells = [cell for box in boxes for cell in _cells(box, step)]
        plans.append(_Plan(size, (rows, columns), step, cells))

    def work(plan: _Plan) -> float:
        area = math.prod(plan.block)
        # A variant is transformed to the size of a block once, and scored on each.
        return (len(plan.cells) + _TEMPLATE_WORK) * area * math.log2(area)

    return min(plans, key=work)


def _cells(box: PixelBox, step: tuple[int, int]) -> list[PixelBox]:
    top, left, bottom, right = box
    return [
        PixelBox(row, col, min(row + step[0], bottom), min(col + step[1], right))
        for row in range(top, bottom, step[0])
        for col in range(left, right, step[1])
    ]
