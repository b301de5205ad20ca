import numpy as np
import pytest

from visual_navsat.localization.image_quality import refuse_image


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
