"""Try every hypothesis at every place of the map, block by block, and keep the highest peaks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from visual_navsat.localization.candidates import Candidates, join, strength_factor
from visual_navsat.localization.correlation import BlockSpectra, correlate, cut_blocks, fft_size
from visual_navsat.localization.gradient_field import GradientField
from visual_navsat.localization.hypotheses import Hypotheses
from visual_navsat.localization.map_field import MapField
from visual_navsat.localization.peaks import find_peaks
from visual_navsat.localization.template import canvas_size, make_templates

_POOL = 4  # see BlockSpectra.of
_BLOCKS_AT_ONCE = 4  # batches of scores whose map blocks are kept transformed together

Box = tuple[int, int, int, int]  # top, left, bottom, right in pixels, ends excluded


@dataclass(frozen=True)
class Background:
    """How the best strength over all hypotheses is spread over the places searched."""

    mean: float
    std: float
    places: int


@dataclass(frozen=True)
class _Plan:
    """Equal blocks that cover the boxes: size of each, and places each answers for."""

    block: tuple[int, int]
    step: tuple[int, int]
    cells: list[Box]  # the places that each block answers for


def search_coarse(
    query: GradientField,
    level: MapField,
    hypotheses: Hypotheses,
    boxes: list[Box],
    peaks_per_block: int,
    batch_px: int,
) -> tuple[Candidates, Background]:
    """
    Return the highest peaks of the strength over all hypotheses, and its background.

    :param query: the photo's field at the level's GSD.
    :param boxes: where the photo's centre may lie; they may overlap.
    :param batch_px: scores computed at a time; bounds the memory.
    """
    size = canvas_size(query, hypotheses.heading_deg, hypotheses.scale, level.gsd_m_per_px)
    plan = _plan_blocks(boxes, size)
    at_once = max(1, batch_px // (plan.block[0] * plan.block[1]))
    found, sums = [], np.zeros(3)
    for first in range(0, len(plan.cells), _BLOCKS_AT_ONCE * at_once):
        cells = plan.cells[first : first + _BLOCKS_AT_ONCE * at_once]
        best, which = _best_scores(query, level, hypotheses, cells, plan, size, at_once)
        inside = best.isfinite()
        values = torch.where(inside, best, 0.0)
        sums += [float(v.sum(dtype=torch.float64)) for v in (inside, values, values.square())]
        found.append(_peaks(best, which, level, hypotheses, cells, peaks_per_block))
    mean = sums[1] / sums[0]
    std = math.sqrt(max(sums[2] / sums[0] - mean**2, 0.0))
    return join(found), Background(mean, std, int(sums[0]))


def _best_scores(query, level, hypotheses, cells, plan, size, at_once):
    """Return (B, n, m) best strengths of the cells and the hypothesis of each; -inf outside."""
    origins = [(top - size[0] // 2, left - size[1] // 2) for top, left, _, _ in cells]
    spectra = BlockSpectra.of(cut_blocks(level.field.vectors, origins, plan.block), _POOL)
    best = which = None
    batch = max(1, at_once // len(cells))
    for first in range(0, len(hypotheses), batch):
        templates = make_templates(
            query,
            hypotheses.heading_deg[first : first + batch],
            hypotheses.scale[first : first + batch],
            level.gsd_m_per_px,
            size,
        )
        scores = correlate(spectra, templates)[..., : plan.step[0], : plan.step[1]]
        factor = strength_factor(hypotheses.scale[first : first + batch]).to(scores.device)
        top, index = (scores * factor[:, None, None]).max(dim=1)
        index += first
        if best is None:
            best, which = top, index
        else:
            which = torch.where(top > best, index, which)
            best = torch.maximum(top, best)
    for strengths, (top, left, bottom, right) in zip(best, cells, strict=True):
        strengths[bottom - top :] = -torch.inf
        strengths[:, right - left :] = -torch.inf
    return best, which


def _peaks(best, which, level, hypotheses, cells, count) -> Candidates:
    strength, row, col = find_peaks(best, count)
    hypothesis = which.flatten(1).gather(1, row * best.shape[2] + col)
    corner = torch.tensor(cells, device=row.device)
    east, north = level.east_north(row + corner[:, :1], col + corner[:, 1:2])
    real = strength.isfinite()
    east, north, strength, hypothesis = (
        values[real].cpu().numpy() for values in (east, north, strength, hypothesis)
    )
    return Candidates(
        east.astype(float),
        north.astype(float),
        hypotheses.heading_deg.numpy()[hypothesis],
        hypotheses.scale.numpy()[hypothesis],
        strength,
        strength,
        np.full((len(strength), 2, 2), np.nan),
    )


def _plan_blocks(boxes: list[Box], size: tuple[int, int]) -> _Plan:
    """Return the block size, and the blocks, that cover the boxes at the least work."""
    padded = [side + -side % _POOL for side in size]
    choices = []
    for axis in (0, 1):
        longest = max(box[axis + 2] - box[axis] for box in boxes) + padded[axis]
        wanted = [min(longest, factor * padded[axis]) for factor in (1.5, 2, 2.5, 3, 4, 6, 8)]
        choices.append({fft_size(math.ceil(length) + _POOL, 2 * _POOL) for length in wanted})

    def steps(block):
        # correlate() answers for whole multiples of the pool, and one more.
        return tuple(side - taken + 1 for side, taken in zip(block, padded, strict=True))

    def work(block):
        area = block[0] * block[1]
        return sum(len(_cells(box, steps(block))) for box in boxes) * area * math.log2(area)

    block = min(product(*choices), key=work)
    return _Plan(
        block, steps(block), [cell for box in boxes for cell in _cells(box, steps(block))]
    )


def _cells(box: Box, step: tuple[int, int]) -> list[Box]:
    top, left, bottom, right = box
    return [
        (row, col, min(row + step[0], bottom), min(col + step[1], right))
        for row in range(top, bottom, step[0])
        for col in range(left, right, step[1])
    ]
