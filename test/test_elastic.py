# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from itertools import product
import math

from makers import place_field
import numpy as np
import pytest
import torch
from visual_navsat.correlation.elastic import elastic_scores
from visual_navsat.correlation.gradient_field import make_gradient_field
from visual_navsat.correlation.peak_set import PeakSet
from visual_navsat.correlation.template import canvas_size, make_templates

GSD, REACH_PX, PIECES, PENALTY = 0.5, 4, 12, 0.002
RNG = np.random.default_rng(5)


def smooth_noise(height: int, width: int) -> np.ndarray:
    rough = torch.as_tensor(RNG.uniform(0, 255, (height // 4, width // 4)), dtype=torch.float32)
    return torch.nn.functional.interpolate(
        rough[None, None], size=(height, width), mode='bicubic'
    )[0, 0].numpy()


GROUND = smooth_noise(320, 400)


def one_place(row: float, col: float, heading_deg: float = 0.0, scale: float = 1.0) -> PeakSet:
    """Return the place whose photo's centre lies on a corner of a map's pixels at (0, 0)."""
    one = np.ones(1)
    return PeakSet(
        (col + 0.5) * GSD * one,
        -(row + 0.5) * GSD * one,
        heading_deg * one,
        scale * one,
        one,
        np.ones((1, 1)),
        np.zeros((1, 2, 2)),
        np.zeros(1, int),
        np.empty((1, 0)),
    )


def by_hand(query, level, row: int, col: int, heading_deg: float, scale: float) -> float:
    """Return the elastic score of a place, piece by piece and pixel by pixel."""
    variant = torch.tensor([heading_deg]), torch.tensor([scale])
    height, width = canvas_size(query, *variant, GSD)
    templates = make_templates(query, *variant, GSD, (height, width))
    template, mask = templates.vectors[0].double().numpy(), templates.mask[0].numpy()
    ground = level.field.vectors.double().numpy()
    piece = int(np.ceil(max(query.extent_m) * scale / (PIECES * GSD)))
    top, left = row - height // 2, col - width // 2
    under = box(ground, top, left, height, width)
    energy = (template**2).sum()
    norm = np.sqrt(max((mask * under**2).sum(), 0.05 * energy) * energy)
    total = 0.0
    for i, j in product(range(0, height, piece), range(0, width, piece)):
        own = box(template, i, j, piece, piece)
        best = -np.inf
        for di, dj in product(range(-REACH_PX, REACH_PX + 1), repeat=2):
            there = box(ground, top + i + di, left + j + dj, *own.shape[1:])
            penalty = PENALTY * (di**2 + dj**2) * (own**2).sum() / energy
            best = max(best, (own * there).sum() / norm - penalty)
        total += best
    return total


def box(values: np.ndarray, row: int, col: int, height: int, width: int) -> np.ndarray:
    return values[:, slice(row, row + height), slice(col, col + width)]


@pytest.mark.parametrize(('heading_deg', 'scale'), [(0.0, 1.0), (33.0, 1.1)])
def test_pieces_give_what_they_give_by_hand(heading_deg, scale):
    level = place_field(make_gradient_field(GROUND, GSD), 0.0, 0.0)
    query = make_gradient_field(smooth_noise(104, 140), GSD)
    place = one_place(150, 210, heading_deg, scale)
    (score,) = elastic_scores(query, level, place)
    expected = by_hand(query, level, 150, 210, heading_deg, scale)
    assert score == pytest.approx(expected, abs=1e-4)  # float32 sums over 15,000 pixels


def test_what_is_bent_agrees_piece_by_piece():
    level = place_field(make_gradient_field(GROUND, GSD), 0.0, 0.0)
    rows, cols = np.meshgrid(np.arange(121), np.arange(161), indexing='ij')
    bend_px = 3.0 * np.sin(cols / 161 * 2 * np.pi)  # up to three pixels up and down
    moved = np.rint(rows + 90 + bend_px).astype(int)
    bent = make_gradient_field(GROUND[moved, cols + 120], GSD)
    straight = make_gradient_field(GROUND[90:211, 120:281], GSD)
    (same,) = elastic_scores(straight, level, one_place(150, 200))
    (like,) = elastic_scores(bent, level, one_place(150, 200))
    (elsewhere,) = elastic_scores(bent, level, one_place(170, 160))
    assert same == pytest.approx(1.0, abs=0.05)
    assert like > 0.75 * same
    assert elsewhere < 0.5 * like


def test_a_place_over_the_edge_and_an_empty_photo_have_a_strength():
    level = place_field(make_gradient_field(GROUND, GSD), 0.0, 0.0)
    query = make_gradient_field(smooth_noise(104, 140), GSD)
    (edge,) = elastic_scores(query, level, one_place(2, 399))
    assert math.isfinite(edge)
    plain = make_gradient_field(np.full((104, 140), 90.0), GSD)
    (nothing,) = elastic_scores(plain, level, one_place(150, 210))
    assert nothing == pytest.approx(0.0, abs=1e-6)
