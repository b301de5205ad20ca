# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from makers import FLOAT32, make_tile
import numpy as np
import pytest
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.retrieval.background import (
    background_sample,
    background_sigma,
    distinctness,
    map_background,
    rival_similarity,
)
from visual_navsat.retrieval.result import RetrievalResult


def make_grid(side: int, step: float = 0.001) -> list[TileMetadata]:
    """Return side x side tiles of 0.001 degrees, one every ``step`` degrees."""
    corners = [(10 + i * step, 20 + j * step) for i in range(side) for j in range(side)]
    return [TileMetadata(f'{la}_{lo}', la + 0.001, lo, la, lo + 0.001) for la, lo in corners]


def random_descriptors(count: int, dimension: int = 64) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def background(rows: np.ndarray, tiles: list[TileMetadata]) -> list[float]:
    return map_background(lambda chosen: rows[chosen] @ rows.T, tiles)


def rank(tiles, similarities) -> list[RetrievalResult]:
    pairs = zip(tiles, similarities, strict=True)
    return [RetrievalResult(i + 1, s, tile, i) for i, (tile, s) in enumerate(pairs)]


def test_distinctness_by_hand():
    background = np.array([0.0, 0.1, 0.3])
    assert distinctness(0.5, 0.2, background) == pytest.approx(4.0)
    assert distinctness(0.5, 0.5, background) == pytest.approx(1.0)
    assert distinctness(0.5, 0.1, background) == np.inf
    assert distinctness(0.1, 0.1, background) == 1.0


def test_the_spread_of_the_background_ignores_what_stands_out():
    normal = np.random.default_rng(1).normal(5.0, 2.0, 100_000)
    assert background_sigma(normal) == pytest.approx(2.0, rel=0.02)
    assert background_sigma(np.append(normal, [1e6] * 100)) == pytest.approx(2.0, rel=0.02)


def test_a_rival_shares_no_ground_with_the_best():
    tiles = make_grid(3, step=0.0005)  # each overlaps its neighbours, also the diagonal ones
    near, diagonal, far = tiles[1], tiles[4], tiles[8]
    assert rival_similarity(rank([tiles[0], near, diagonal, far], [0.9, 0.8, 0.7, 0.6])) == 0.6
    assert rival_similarity(rank([tiles[0], near, diagonal], [0.9, 0.8, 0.7])) == 0.7


def test_tiles_that_only_touch_are_rivals():
    tiles = make_grid(2)
    assert rival_similarity(rank([tiles[0], tiles[1]], [0.9, 0.8])) == 0.8


def test_wrong_places_are_those_that_do_not_overlap():
    # Every second tile is a copy of its neighbour, which overlaps it: no wrong place is a copy,
    # so none is any more distinct than chance makes it.
    tiles = make_grid(8, step=0.0005)
    rows = random_descriptors(len(tiles))
    rows[1::2] = rows[::2]
    quantiles = background(rows, tiles)
    assert quantiles == sorted(quantiles)
    assert len(quantiles) == 101
    assert quantiles[0] >= 1.0
    assert quantiles[-1] < 2.5


def test_a_far_copy_is_a_very_distinct_wrong_place():
    tiles = make_grid(8)
    rows = random_descriptors(len(tiles))
    rows[-1] = rows[0]
    others = rows[1:-1] @ rows[0]
    # The copy scores 1; its rival is the best of the tiles that touch neither of the two.
    expected = (1 - np.median(rows[1:] @ rows[0])) / (others.max() - np.median(rows[1:] @ rows[0]))
    assert max(background(rows, tiles)) == pytest.approx(expected, abs=10 * FLOAT32)


def test_a_map_without_texture_has_a_finite_background():
    tiles = [make_tile(0, column) for column in range(60)]
    similarities = np.full(60, 0.5)
    similarities[0] = 0.9  # the only tile that looks like anything
    quantiles = map_background(lambda chosen: np.tile(similarities, (len(chosen), 1)), tiles)
    assert np.isfinite(quantiles).all() and quantiles[-1] == 1e6


def test_a_map_too_small_for_wrong_places_has_no_background():
    assert background(random_descriptors(4), make_grid(2)) == []


def test_the_sample_is_even_and_within_the_map():
    assert list(background_sample(3)) == [0, 1, 2]
    sample = background_sample(100_000)
    assert len(sample) == 1000
    assert (sample[0], sample[-1]) == (0, 99_999)
