# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Blocks of a field come back at every level, as exactly as their steps say, or are refused."""

from hypothesis import given
from hypothesis import strategies as st
from makers import make_grey_ground
import numpy as np
import pytest
from visual_navsat.correlation.gradient_field import make_gradient_field
from visual_navsat.index.field_codec import (
    BLOCK_PX,
    decode_blocks,
    DEEPEST,
    encode_block,
    FieldCoding,
    parts_of,
)


def noise_block(amplitude, seed=0, holes=0):
    """Return a block of even noise, in which some squares show no ground."""
    rng = np.random.default_rng(seed)
    field = rng.integers(-amplitude, amplitude + 1, (3, BLOCK_PX, BLOCK_PX)).astype(np.int8)
    field[2] = 1
    for row, column in rng.integers(0, BLOCK_PX - 40, (holes, 2)):
        field[:, row:, column:][:, :37, :31] = 0
    return field


def means(field, level):
    """Return (3, n, n): means of vectors over squares, and whether any pixel is valid; slowly."""
    side = BLOCK_PX >> level
    squares = field.astype(float).reshape(3, side, 1 << level, side, 1 << level)
    out = squares.mean(axis=(2, 4))
    out[2] = squares[2].any(axis=(1, 3))
    return out


def worst_error(level, coding):
    """Return how far off a pixel may be: three differences a level, each by its dead zone."""
    lost = sum(3 * coding.dead_zone * step for step in coding.steps[level:])
    return lost + 0.5 + 0.5  # the coarsest means are rounded, and so is what comes back


@given(
    amplitude=st.sampled_from((1, 20, 127)),
    holes=st.integers(0, 3),
    level=st.integers(0, DEEPEST),
    seed=st.integers(0, 99),
)
def test_a_block_comes_back_as_its_steps_say(amplitude, holes, level, seed):
    field, coding = noise_block(amplitude, seed, holes), FieldCoding()
    parts = encode_block(field)[: parts_of(level)]
    [back] = decode_blocks([parts], level)
    expected = means(field, level)
    np.testing.assert_array_equal(back[2], expected[2])
    shown = expected[2] != 0
    errors = np.abs(back[:2] - expected[:2])[:, shown]
    assert errors.max() <= worst_error(level, coding) + 1e-4
    assert not back[:2, ~shown].any()


def test_a_field_of_edges_keeps_its_shape_in_a_twentieth_of_its_bytes():
    vectors = make_gradient_field(make_grey_ground(BLOCK_PX), 0.5).quantized().vectors.numpy()
    field = np.concatenate([vectors, np.ones((1, BLOCK_PX, BLOCK_PX), np.int8)])
    parts = encode_block(field)
    for level, least in ((0, 0.93), (1, 0.97), (2, 0.98), (3, 0.99)):
        [back] = decode_blocks([parts], level)
        expected = means(field, level)
        assert np.corrcoef(back[:2].ravel(), expected[:2].ravel())[0, 1] > least
    # Three bytes a pixel, before.
    assert sum(map(len, parts)) < field.size / 6
    assert len(parts[0]) < sum(map(len, parts)) / 3


def test_blocks_are_decoded_together_as_each_alone():
    blocks = [noise_block(60, seed, holes=1) for seed in range(3)]
    parts = [encode_block(block) for block in blocks]
    together = decode_blocks(parts, 1)
    for number, one in enumerate(parts):
        np.testing.assert_array_equal(together[number], decode_blocks([one], 1)[0])


def test_a_block_without_ground_takes_no_byte():
    field = noise_block(60)
    field[2] = 0
    parts = encode_block(field)
    assert parts == [b'', b'', b'']
    for level in range(DEEPEST + 1):
        assert not decode_blocks([parts], level).any()


@pytest.mark.parametrize('part', [0, 1, 2])
def test_damaged_parts_are_refused(part):
    good = encode_block(noise_block(60, holes=1))
    content = good[part]
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 16
    for damaged in (content[:-1], content[:9], bytes(flipped), b'junk', good[part - 1], b'\0'):
        parts = [damaged if number == part else one for number, one in enumerate(good)]
        with pytest.raises(ValueError, match='a block of a field'):
            decode_blocks([parts], 0)
