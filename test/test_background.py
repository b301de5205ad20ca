import numpy as np
import pytest

from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.background import background_sample, map_background, standout


def make_grid(side: int, step: float = 0.001) -> list[TileMetadata]:
    """Return side x side tiles of 0.001 degrees, one every ``step`` degrees."""
    corners = [(10 + i * step, 20 + j * step) for i in range(side) for j in range(side)]
    return [TileMetadata(f'{la}_{lo}', la + 0.001, lo, la, lo + 0.001) for la, lo in corners]


def random_descriptors(count: int, dimension: int = 64) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_standout_by_hand():
    assert standout(3.0, np.array([0.0, 1.0, 2.0])) == pytest.approx(2 / np.sqrt(2 / 3))
    assert standout(1.0, np.ones(5)) == 0.0


def test_wrong_places_are_those_that_do_not_overlap():
    # Every second tile is a copy of its neighbour, which overlaps it: no wrong place is a copy.
    tiles = make_grid(8, step=0.0005)
    rows = random_descriptors(len(tiles))
    rows[1::2] = rows[::2]
    quantiles = map_background(rows, tiles)
    sample = rows[background_sample(len(tiles))]
    copy_stands_out = standout(1.0, sample @ rows[0])
    assert max(quantiles) < copy_stands_out
    assert quantiles == sorted(quantiles)
    assert len(quantiles) == 101


def test_a_far_copy_is_a_wrong_place_that_stands_out():
    tiles = make_grid(8)
    rows = random_descriptors(len(tiles))
    rows[-1] = rows[0]
    assert max(map_background(rows, tiles)) == pytest.approx(
        standout(1.0, rows @ rows[0]), rel=1e-5
    )


def test_a_map_too_small_for_wrong_places_has_no_background():
    assert map_background(random_descriptors(4), make_grid(2)) == []


def test_the_sample_is_even_and_within_the_map():
    assert list(background_sample(3)) == [0, 1, 2]
    sample = background_sample(100_000)
    assert len(sample) == 1000
    assert (sample[0], sample[-1]) == (0, 99_999)
