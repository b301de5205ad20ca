# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
import torch
from visual_navsat.correlation.peaks import find_peaks, fit_parabola, fit_quadratic


def test_peaks_are_local_maxima_best_first():
    scores = torch.zeros(1, 6, 8)
    scores[0, 1, 2], scores[0, 1, 3] = 0.9, 0.8  # the second is the first one's shoulder
    scores[0, 5, 7], scores[0, 4, 0] = 0.5, 0.7
    score, row, col = find_peaks(scores, 3)
    np.testing.assert_allclose(score[0].numpy(), [0.9, 0.7, 0.5])
    assert list(zip(row[0].tolist(), col[0].tolist(), strict=True)) == [(1, 2), (4, 0), (5, 7)]


def test_quadratic_is_recovered():
    y, x = np.mgrid[-1:2, -1:2].astype(float)
    dy, dx = y - 0.3, x + 0.2
    patch = 0.6 - 0.05 * dy**2 - 0.08 * dx**2 + 0.02 * dy * dx
    offset, hessian = fit_quadratic(patch)
    np.testing.assert_allclose(offset, [0.3, -0.2], atol=1e-9)
    np.testing.assert_allclose(hessian, [[-0.1, 0.02], [0.02, -0.16]], atol=1e-9)


@pytest.mark.parametrize('patch', [np.zeros((3, 3)), np.array([[1, 0, 1], [0, 0, 0], [1, 0, 1]])])
def test_what_has_no_top_stays_in_the_middle(patch):
    offset, _ = fit_quadratic(patch)
    np.testing.assert_array_equal(offset, [0, 0])


def test_parabola():
    assert fit_parabola(0.0, 1.0, 0.0) == 0.0
    assert fit_parabola(-((-1 - 0.25) ** 2), -(0.25**2), -(0.75**2)) == pytest.approx(0.25)
    assert fit_parabola(0.0, 1.0, 2.0) == 1.0
    assert fit_parabola(1.0, 1.0, 1.0) == 0.0
