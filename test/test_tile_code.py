# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is kept of a descriptor tells the same tiles apart, and nothing depends on the blocks."""

import numpy as np
import pytest
from visual_navsat.retrieval.projection import learn_projection
from visual_navsat.retrieval.tile_code import CompactCode, Int8Code

DIMENSION, COUNT = 300, 900


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope='module')
def descriptors():
    """Return unit rows whose variance falls by a half every ten directions, as real ones' does."""
    return like_real(COUNT, seed=0)


def like_real(count, seed):
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((DIMENSION, DIMENSION)))[0]
    spread = 0.5 ** (np.arange(DIMENSION) / 20)
    rng = np.random.default_rng([1, seed])
    return unit((rng.standard_normal((count, DIMENSION)) * spread + spread) @ turn)


def in_blocks(rows, size):
    return lambda: (rows[start:][:size] for start in range(0, len(rows), size))


@pytest.fixture(scope='module')
def projection(descriptors):
    return learn_projection(in_blocks(descriptors, 100), DIMENSION, 64)


def test_a_byte_a_number_is_within_rounding():
    rows = unit(np.random.default_rng(1).standard_normal((20, 1000)))
    code = Int8Code(1000)
    codes = code.encode(rows)
    assert (codes.dtype, codes.shape, np.abs(codes).max()) == (np.int8, (20, 1000), 127)
    back = code.decode(codes)
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), 1, atol=1e-6)
    # The largest of a thousand is about 3.5 sigma, so a step is 0.028 of them, rounded to a half.
    assert ((back * rows).sum(axis=1) > 1 - 0.028**2 / 12).all()


def test_rows_of_zeros_stay_zeros(projection):
    zeros = np.zeros((2, DIMENSION), np.float32)
    code = Int8Code(DIMENSION)
    assert not code.decode(code.encode(zeros)).any()
    assert not CompactCode(projection).project(zeros).any()


def test_directions_are_those_of_the_largest_variance(descriptors, projection):
    """By a decomposition of the whole matrix, which does not scale."""
    assert projection.matrix.dtype == np.int8
    assert projection.matrix.shape == (64, DIMENSION)
    _, values, _ = np.linalg.svd(descriptors, full_matrices=False)
    learned = np.linalg.qr(projection.matrix.T.astype(float))[0]
    kept = np.square(descriptors @ learned).sum()
    best = np.square(values[:64]).sum()
    assert best * 0.99 < kept <= best * (1 + 1e-6)
    # Turned against each other: none carries much more than the others.
    carried = np.square(projection.apply(descriptors)).sum(axis=0)
    assert carried.max() < 4 * carried.mean()


def test_directions_do_not_depend_on_when_they_are_learned(descriptors, projection):
    again = learn_projection(in_blocks(descriptors, 100), DIMENSION, 64)
    np.testing.assert_array_equal(again.matrix, projection.matrix)


@pytest.mark.parametrize(('count', 'expected'), [(3, None), (7, 4), (70, 64)])
def test_few_tiles_have_few_directions(descriptors, count, expected):
    learned = learn_projection(in_blocks(descriptors[:count], 2), DIMENSION, 64)
    assert (learned and learned.directions) == expected


def test_two_bits_are_packed_as_documented(descriptors, projection):
    code = CompactCode(projection)
    codes = code.encode(descriptors[:5])
    assert (codes.dtype, codes.shape) == (np.uint8, (5, 16))
    back = code.decode(codes)
    sigmas = code.project(descriptors[:5]) * 8
    for row, column in np.ndindex(5, 64):
        number = codes[row, column // 4] >> 2 * (column % 4) & 3
        assert back[row, column] * 8 == [-1.5, -0.5, 0.5, 1.5][number]
        assert number == np.searchsorted([-1, 0, 1], sigmas[row, column], side='right')


def test_a_code_finds_more_than_the_descriptor(descriptors, projection):
    code = CompactCode(projection)
    queries = unit(descriptors + 1.5 * like_real(COUNT, seed=1))
    exact = (queries @ descriptors.T).argmax(axis=1) == np.arange(COUNT)
    similarities = code.project(queries) @ code.decode(code.encode(descriptors)).T
    coded = similarities.argmax(axis=1) == np.arange(COUNT)
    assert 0.2 < exact.mean() < 0.8, 'the test must be able to fail'
    # What all tiles share drowns less of the rest than in the descriptors themselves.
    assert coded.mean() > exact.mean() + 0.1
    assert np.abs(similarities).max() < 1
