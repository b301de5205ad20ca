# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from dataclasses import replace
import math

from makers import FLOAT32
import numpy as np
import pytest
import torch
from visual_navsat.correlation.gradient_field import as_float, FieldOptions, make_gradient_field
from visual_navsat.errors import ShapeError

PLAIN = FieldOptions(gsd_m_per_px=1.0, smoothing_px=1.0, neighbourhood_m=8.0, floor=0.0)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def edge(angle_deg, size=48):
    """Return an image that is brighter towards an angle from right to down of its middle."""
    y, x = np.mgrid[:size, :size]
    angle = math.radians(angle_deg)
    ahead = math.cos(angle) * (x - size / 2) + math.sin(angle) * (y - size / 2)
    return 128 + 100 * np.tanh(ahead / 2)


@pytest.mark.parametrize('angle_deg', [0, 30, 90, 135, 200, 315])
def test_angle_is_doubled(angle_deg):
    field = make_gradient_field(edge(angle_deg), 1.0, PLAIN)
    along, across = field.vectors[:, 24, 24].numpy()
    expected = 2 * math.radians(angle_deg)
    assert math.hypot(along, across) > 0.3
    np.testing.assert_allclose(
        [along, across] / np.hypot(along, across),
        [math.cos(expected), math.sin(expected)],
        atol=0.06,
    )


def test_what_a_neighbourhood_has_in_common_is_taken_away():
    y, x = np.mgrid[:60, :60]
    ramp = 3.0 * x + 1.0 * y  # every gradient equals the mean: weight a half
    for share, length in [(0.0, 0.5), (0.5, 0.25), (1.0, 0.0)]:
        options = replace(PLAIN, common_share=share)
        vector = make_gradient_field(ramp, 1.0, options).vectors[:, 30, 30]
        assert float(vector.norm()) == pytest.approx(length, abs=1e-3)


def test_inverted_and_brightened_image_has_the_same_field(rng):
    image = rng.uniform(0, 255, (60, 80))
    field = make_gradient_field(image, 1.0, PLAIN)
    changed = make_gradient_field(200 - 0.3 * image, 1.0, PLAIN)
    torch.testing.assert_close(changed.vectors, field.vectors, atol=1e-4, rtol=0)


def test_field_stays_in_bounds(rng):
    image = rng.uniform(0, 255, (60, 80, 3)).astype(np.uint8)
    field = make_gradient_field(image, 1.0)
    weights = field.vectors.square().sum(dim=0).sqrt()
    assert weights.max() < 1.5
    assert field.vectors.shape[1:] == (120, 160)  # to the default 0.5 m per pixel


@pytest.mark.parametrize('level', [0, 128, 255])
def test_constant_image_has_no_field(level):
    field = make_gradient_field(np.full((40, 50, 3), level, np.uint8), 0.5)
    assert field.texture == 0.0
    assert torch.equal(field.vectors, torch.zeros_like(field.vectors))


def test_edge_of_missing_ground_is_no_edge():
    image = np.full((60, 60), 200.0)
    image[:, :20] = 0.0
    mask = np.ones((60, 60), bool)
    mask[:, :20] = False
    field = make_gradient_field(image, 0.5, mask=mask)
    assert not field.valid[:, :20].any()
    assert field.valid[30, 30:-3].all()
    assert not field.valid[30, -3:].any()  # the gradient would reach over the edge
    assert field.vectors.abs().max() < FLOAT32


def test_missing_ground_has_no_say_in_what_is_seen(rng):
    image = rng.uniform(0, 255, (60, 60))
    mask = np.ones((60, 60), bool)
    mask[:, :20] = False
    painted = np.where(mask, image, 77.0)
    field, same = (make_gradient_field(i, 1.0, PLAIN, mask) for i in (image, painted))
    torch.testing.assert_close(field.vectors, same.vectors)
    painted[0, 0] = np.nan
    assert make_gradient_field(painted, 1.0, PLAIN, mask).vectors.isfinite().all()


def test_image_of_nothing_but_missing_ground():
    field = make_gradient_field(np.zeros((30, 30)), 0.5, mask=np.zeros((30, 30), bool))
    assert field.texture == 0.0
    assert not field.valid.any()


def test_pixels_that_are_not_square_become_so():
    wide = np.repeat(edge(30), 2, axis=1)  # twice as many columns, each half as wide
    field = make_gradient_field(wide, (0.5, 1.0), PLAIN)
    assert field.extent_m == (48.0, 48.0)
    assert field.vectors.shape == (2, 48, 48)
    same = make_gradient_field(edge(30), 1.0, PLAIN)
    torch.testing.assert_close(
        field.vectors[:, 10:38, 10:38], same.vectors[:, 10:38, 10:38], atol=0.02, rtol=0
    )


def test_halved_averages_two_by_two(rng):
    field = make_gradient_field(rng.uniform(0, 255, (31, 40)), 1.0, PLAIN)
    half = field.halved()
    assert half.gsd_m_per_px == 2.0
    assert half.vectors.shape == (2, 16, 20)  # the odd row is kept, padded with zeros
    np.testing.assert_allclose(
        half.vectors[:, 3, 5].numpy(),
        field.vectors[:, 6:8, 10:12].numpy().mean(axis=(1, 2)),
        atol=FLOAT32,
    )


def test_bytes_hold_the_field_to_a_part_in_a_hundred(rng):
    field = make_gradient_field(rng.uniform(0, 255, (30, 40)), 1.0, PLAIN)
    stored = field.quantized()
    assert stored.vectors.dtype == torch.int8
    assert (as_float(stored.vectors) - field.vectors).abs().max() <= 0.5 / 100 + 1e-6
    assert stored.texture == pytest.approx(field.texture, rel=0.01)
    coarser = as_float(stored.halved().vectors)
    assert (coarser - field.halved().vectors).abs().max() <= 1 / 100 + 1e-6


@pytest.mark.parametrize(
    ('image', 'gsd', 'mask', 'words'),
    [
        (np.zeros((4, 4, 4)), 1.0, None, 'got .4, 4, 4'),
        (np.zeros((0, 4)), 1.0, None, 'at least 1 pixel'),
        (np.zeros((4, 4)), 0.0, None, 'above 0 m per pixel, got 0.0'),
        (np.zeros((4, 4)), math.nan, None, 'above 0 m per pixel, got nan'),
        (np.zeros((4, 4)), 0.01, None, 'must cover a pixel'),
        (np.zeros((4, 4)), 1.0, np.ones((4, 5), bool), 'mask must be'),
    ],
)
def test_unusable_input_is_refused(image, gsd, mask, words):
    with pytest.raises(ShapeError, match=words):
        make_gradient_field(image, gsd, mask=mask)
