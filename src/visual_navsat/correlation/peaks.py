"""Find peaks of score maps and place them between the pixels."""

from __future__ import annotations

import numpy as np
import torch


def find_peaks(scores: torch.Tensor, count: int, radius_px: int = 1) -> tuple[torch.Tensor, ...]:
    """
    Return the highest local maxima of each of (B, n, m) score maps, best first.

    :param radius_px: a peak is the highest within this many pixels along both axes.
    :return: scores (B, c), rows (B, c) and columns (B, c), c = min(count, n * m); places that are
        no peaks fill up with -inf.
    """
    highest = _highest_nearby(_highest_nearby(scores, radius_px, 1), radius_px, 2)
    peaks = torch.where(scores == highest, scores, -torch.inf).flatten(1)
    best, where = peaks.topk(min(count, peaks.shape[1]), dim=1)
    width = scores.shape[2]
    return best, torch.div(where, width, rounding_mode='floor'), where % width


def _highest_nearby(values: torch.Tensor, radius: int, axis: int) -> torch.Tensor:
    """Return the highest within a radius along one axis; many times quicker than max_pool2d."""
    highest, length = values.clone(), values.shape[axis]
    for shift in range(1, min(radius, length - 1) + 1):
        left, right = (t.narrow(axis, 0, length - shift) for t in (highest, values))
        torch.maximum(left, values.narrow(axis, shift, length - shift), out=left)
        here = highest.narrow(axis, shift, length - shift)
        torch.maximum(here, right, out=here)
    return highest


def fit_quadratic(patch: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """
    Fit a paraboloid to a (3, 3) patch by least squares.

    :return: (2,) row and column of its top from the middle, within one pixel either way; (2, 2)
        Hessian in score per pixel squared, rows before columns; the height of the top. Where the
        patch has no top (a ridge, a saddle, a plain) the offset is zero.
    """
    patch = np.asarray(patch, float)
    step = np.array([-1.0, 0.0, 1.0])
    slope = np.array([step @ patch.sum(axis=1), step @ patch.sum(axis=0)]) / 6
    bend = np.array([1.0, -2.0, 1.0])
    row_row = bend @ patch.sum(axis=1) / 3
    col_col = bend @ patch.sum(axis=0) / 3
    row_col = step @ patch @ step / 4
    hessian = np.array([[row_row, row_col], [row_col, col_col]])
    middle = (
        5 * patch.sum() - 3 * (step**2 @ patch.sum(axis=1) + step**2 @ patch.sum(axis=0))
    ) / 9
    if np.linalg.eigvalsh(hessian)[1] >= -1e-9:
        return np.zeros(2), hessian, float(patch[1, 1])
    offset = np.clip(np.linalg.solve(hessian, -slope), -1.0, 1.0)
    return offset, hessian, float(middle + slope @ offset + 0.5 * offset @ hessian @ offset)


def fit_parabola(low: float, middle: float, high: float) -> float:
    """Return where three equally spaced values peak, in steps from the middle, -1 to 1."""
    bend = low - 2 * middle + high
    if bend >= -1e-12:
        return 0.0 if middle >= max(low, high) else float(np.sign(high - low))
    return float(np.clip(0.5 * (low - high) / bend, -1.0, 1.0))
