# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import cv2
import numpy as np
import pytest
from visual_navsat.localization.image_quality import blur_effect, refuse_image


def make_image(low: int, high: int) -> np.ndarray:
    """Return a chessboard of two grey levels with sensor noise of 3 levels."""
    board = np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((50, 50)))
    noise = np.random.default_rng(0).normal(0, 3, board.shape)
    grey = np.clip(low + (high - low) * board + noise, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ('low', 'high', 'reason'),
    [(0, 0, 'dark'), (0, 4, 'dark'), (127, 127, 'textureless'), (255, 255, 'textureless')],
)
def test_nothing_to_see_is_refused_also_under_noise(low, high, reason):
    assert refuse_image(make_image(low, high)).reason == reason


@pytest.mark.parametrize(('low', 'high'), [(20, 60), (100, 110), (200, 255)])
def test_faint_ground_is_not(low, high):
    assert refuse_image(make_image(low, high)) is None


def test_one_pixel_is_textureless():
    assert refuse_image(np.full((1, 1, 3), 90, np.uint8)).reason == 'textureless'


def make_ground() -> np.ndarray:
    """Return noise of every scale, as ground is textured, without sensor noise."""
    rng = np.random.default_rng(1)
    layers = [
        cv2.resize(rng.normal(0, 30, (n, n)), (768, 768), interpolation=cv2.INTER_CUBIC)
        for n in (12, 48, 192, 768)
    ]
    grey = np.clip(128 + sum(layers), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def test_sharp_ground_is_not_blurred():
    assert blur_effect(make_ground()) < 0.35
    assert refuse_image(make_ground()) is None


def test_a_defocused_lens_is_refused():
    assert refuse_image(cv2.GaussianBlur(make_ground(), (0, 0), 16)).reason == 'blurred'


def test_mild_blur_is_left_to_the_correlation():
    assert refuse_image(cv2.GaussianBlur(make_ground(), (0, 0), 3)) is None


def test_motion_along_one_axis_counts():
    image = make_ground()
    moved = cv2.blur(image, (64, 1))
    assert blur_effect(moved) > blur_effect(image) + 0.2
    turned = np.ascontiguousarray(np.rot90(moved))
    assert blur_effect(turned) == pytest.approx(blur_effect(moved), abs=0.01)


def test_furrows_are_not_a_smear():
    stripes = np.tile(np.repeat([60, 180], 8), 48)[None, :, None].astype(np.uint8)
    assert refuse_image(np.broadcast_to(stripes, (600, 768, 3)).copy()) is None
