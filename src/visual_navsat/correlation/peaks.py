# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Find peaks of score maps and place them between the pixels."""

from __future__ import annotations

import numpy as np
import torch


def find_peaks(
    scores: torch.Tensor, count: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """
    Return the highest local maxima, over 3 x 3 pixels, of each of (B, n, m) score maps.

    :return: scores (B, c), best first, rows (B, c) and columns (B, c), c = min(count, n * m);
        where there are fewer peaks the last scores are -inf.
    """
    highest = _highest_nearby(_highest_nearby(scores, 1), 2)
    peaks = torch.where(scores == highest, scores, -torch.inf).flatten(1)
    best, where = peaks.topk(min(count, peaks.shape[1]), dim=1)
    width = scores.shape[2]
    return best, torch.div(where, width, rounding_mode='floor'), where % width


def _highest_nearby(values: torch.Tensor, axis: int) -> torch.Tensor:
    """Return the highest of three along one axis; many times faster than max_pool2d."""
    highest, length = values.clone(), values.shape[axis] - 1
    lower, upper = highest.narrow(axis, 0, length), highest.narrow(axis, 1, length)
    torch.maximum(lower, values.narrow(axis, 1, length), out=lower)
    torch.maximum(upper, values.narrow(axis, 0, length), out=upper)
    return highest


def fit_quadratic(patch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Fit a paraboloid to a (3, 3) patch by least squares.

    :return: (2,) row and column of its top from the middle, within one pixel either way, zero if
        there is no top (a ridge, a saddle, a plain); (2, 2) Hessian in score per pixel squared,
        rows before columns.
    """
    patch = np.asarray(patch, float)
    step = np.array([-1.0, 0.0, 1.0])
    slope = np.array([step @ patch.sum(axis=1), step @ patch.sum(axis=0)]) / 6
    bend = np.array([1.0, -2.0, 1.0])
    row_row = bend @ patch.sum(axis=1) / 3
    col_col = bend @ patch.sum(axis=0) / 3
    row_col = step @ patch @ step / 4
    hessian = np.array([[row_row, row_col], [row_col, col_col]])
    if np.linalg.eigvalsh(hessian)[1] >= -1e-9:
        return np.zeros(2), hessian
    return np.clip(np.linalg.solve(hessian, -slope), -1.0, 1.0), hessian


def fit_parabola(low: float, middle: float, high: float) -> float:
    """Return where three equally spaced values peak, in steps from the middle, -1 to 1."""
    bend = low - 2 * middle + high
    if bend >= -1e-12:
        return 0.0 if middle >= max(low, high) else float(np.sign(high - low))
    return float(np.clip(0.5 * (low - high) / bend, -1.0, 1.0))
