# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Try a few places again on a finer map; read position, heading and scale between the steps."""

from __future__ import annotations

import math

import numpy as np
import torch
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.map_level import MapLevel
from visual_navsat.correlation.masked_correlation import (
    BlockSpectra,
    fft_size,
    masked_scores,
    POOL,
    TemplateSpectra,
)
from visual_navsat.correlation.peak_set import join_peaks, PeakSet, strength_factor
from visual_navsat.correlation.peaks import fit_parabola, fit_quadratic
from visual_navsat.correlation.template import canvas_size, make_templates

_REACH_PX = 3  # that a place moves at most, either way: a pixel and a half of the coarser level
_SIDE = 2 * _REACH_PX + 1
# Pixels of a place's variants together; those of a larger footprint are tried one by one, which
# bounds the memory.
_VARIANTS_PX = 2_000_000


def refine(
    query: GradientField, level: MapLevel, candidates: PeakSet, step: float | None, batch_px: int
) -> PeakSet:
    """
    Return the candidates with position, heading, scale and strength as the level shows them.

    :param query: the photo's field at the level's GSD.
    :param step: radians of heading and fraction of scale to try to either side; None: neither.
    :param batch_px: scores to compute at a time; bounds the memory.
    """
    turns = growths = torch.zeros(1)
    if step is not None:
        turns = step * torch.tensor([0.0, -1.0, 1.0, 0.0, 0.0])
        growths = step * torch.tensor([0.0, 0.0, 0.0, -1.0, 1.0])
    heading = torch.as_tensor(candidates.heading_deg, dtype=torch.float32)[:, None]
    scale = torch.as_tensor(candidates.scale, dtype=torch.float32)[:, None]
    heading, scale = heading + torch.rad2deg(turns), scale * torch.exp(growths)
    size = canvas_size(query, heading.flatten(), scale.flatten(), level.gsd_m_per_px)
    height, width = (fft_size(side + -side % POOL + _SIDE + POOL, 2 * POOL) for side in size)
    block = (height, width)
    block_px = height * width
    at_once = max(1, batch_px // (len(turns) * block_px))
    together = max(1, min(len(turns), max(batch_px, _VARIANTS_PX) // block_px))

    row, col = level.grid.row_col(candidates.east_m, candidates.north_m)
    first_row = np.rint(row).astype(int) - _REACH_PX
    first_col = np.rint(col).astype(int) - _REACH_PX
    parts = []
    for start in range(0, len(candidates), at_once):
        some = slice(start, start + at_once)
        corners = list(zip(first_row[some].tolist(), first_col[some].tolist(), strict=True))
        spectra = BlockSpectra.under(level, corners, size, block)
        of_variants = []
        for first in range(0, len(turns), together):
            tried = some, slice(first, first + together)
            templates = make_templates(
                query, heading[tried].flatten(), scale[tried].flatten(), level.gsd_m_per_px, size
            )
            of_templates = TemplateSpectra.of(templates, block, POOL)
            few = masked_scores(spectra, of_templates, own=True)[..., :_SIDE, :_SIDE]
            of_variants.append(few.cpu().numpy())
        scores = np.concatenate(of_variants, axis=1)
        for index, (score, corner) in enumerate(zip(scores, corners, strict=True), start):
            place = candidates.take([index])
            parts.append(_read_peak(place, level, corner, score, scale[index].numpy(), step))
    return join_peaks(parts)


def _read_peak(
    place: PeakSet,
    level: MapLevel,
    corner: tuple[int, int],
    scores: np.ndarray,
    scale: np.ndarray,
    step: float | None,
) -> PeakSet:
    """
    Return one place by its scores.

    :param scores: (5, n, n): at its heading and scale, turned either way, smaller, larger; or
        (1, n, n) without a step.
    :param scale: (5,) or (1,) of each.
    """
    highest = strength_factor(scale) * scores.max(axis=(1, 2))
    score = scores[highest.argmax()]
    row, col = np.unravel_index(score.argmax(), score.shape)
    # The fit needs all eight neighbours; a peak on the border is read from one pixel inside.
    row, col = np.clip((row, col), 1, _SIDE - 2)
    offset, hessian = fit_quadratic(score[slice(row - 1, row + 2), slice(col - 1, col + 2)])
    east, north = level.grid.east_north(corner[0] + row + offset[0], corner[1] + col + offset[1])
    # Rows run south: east-east, then east-north with its sign turned.
    curvature = np.array([[hessian[1, 1], -hessian[0, 1]], [-hessian[0, 1], hessian[0, 0]]])
    turn_by = grow_by = 0.0
    if step is not None:
        same, left, right, smaller, larger = highest
        turn_by = step * fit_parabola(left, same, right)
        grow_by = step * fit_parabola(smaller, same, larger)
    return PeakSet(
        np.array([east]),
        np.array([north]),
        place.heading_deg + math.degrees(turn_by),
        place.scale * math.exp(grow_by),
        np.array([highest.max()]),
        np.column_stack([place.level_strengths, highest.max()]),
        curvature[None] / level.gsd_m_per_px**2,
        place.look,
        place.elastic_strengths,
    )
