# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import math

from makers import FLOAT32
import numpy as np
import pytest
import torch
from visual_navsat.correlation.gradient_field import GradientField
from visual_navsat.correlation.template import canvas_size, make_templates


def uniform_field(height=20, width=40, gsd=1.0):
    """Return a photo whose gradients all point right."""
    vectors = torch.zeros(2, height, width)
    vectors[0] = 1.0
    valid = torch.ones(height, width, dtype=torch.bool)
    return GradientField(vectors, valid, gsd, (width * gsd, height * gsd))


@pytest.mark.parametrize(
    ('heading_deg', 'expected'),
    [
        (0.0, (1, 0)),  # right is east: angle 0
        (45.0, (0, 1)),  # right is south-east, 45 degrees from right to down: doubled, 90
        (90.0, (-1, 0)),  # right is south: 180
        (135.0, (0, -1)),  # right is south-west: 270
        (180.0, (1, 0)),  # right is west: 360
    ],
)
def test_gradients_turn_with_the_photo(heading_deg, expected):
    templates = make_templates(
        uniform_field(), torch.tensor([heading_deg]), torch.ones(1), 1.0, (61, 61)
    )
    np.testing.assert_allclose(templates.vectors[0, :, 30, 30].numpy(), expected, atol=FLOAT32)


def test_right_of_the_photo_lies_south_when_up_is_east():
    field = uniform_field()
    field.vectors[:, :, 30:] = 0.0
    templates = make_templates(field, torch.tensor([90.0]), torch.ones(1), 1.0, (61, 61))
    weight = templates.vectors[0].square().sum(dim=0)
    assert weight[30 - 15, 30] == pytest.approx(1.0)  # north: the photo's left
    assert weight[30 + 15, 30] == 0.0  # south: its emptied right
    assert templates.mask[0, 30 + 15, 30] == 1.0
    assert templates.mask[0, 30, 30 + 15] == 0.0  # east: up, where a wide photo soon ends


def test_scale_stretches_the_footprint():
    templates = make_templates(
        uniform_field(), torch.zeros(2), torch.tensor([1.0, 1.5]), 1.0, (61, 61)
    )
    assert templates.mask[0].sum() == pytest.approx(20 * 40, rel=0.08)
    assert templates.mask[1].sum() == pytest.approx(30 * 60, rel=0.08)


def test_canvas_holds_the_turned_photo():
    field = uniform_field()  # 40 m by 20 m
    assert canvas_size(field, torch.tensor([0.0]), torch.ones(1), 2.0) == (11, 21)
    assert canvas_size(field, torch.tensor([0.0, 90.0]), torch.ones(2), 2.0) == (21, 21)
    diagonal = 2 * math.ceil(60 / math.sqrt(2) / 2) + 1
    assert canvas_size(field, torch.tensor([45.0]), torch.ones(1), 1.0) == (diagonal, diagonal)
