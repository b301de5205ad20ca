# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
A block of a gradient field in few bytes: Haar coefficients, rounded coarsely, deflated.

Each step of the Haar transform splits a field into its means over two by two pixels, which are
the field at twice the GSD, and three differences per mean. So a block is stored as its coarsest
means and the differences from there on up: whoever needs a coarse level reads the first part
alone. A photo is compared with ten thousands of pixels, over which rounding errors average out;
so steps may be coarse, and the coarsest where the search only refines places.
"""

from __future__ import annotations

from dataclasses import dataclass
import math
import zlib

import numpy as np

BLOCK_PX = 256  # of the finest level, along each side
# Levels of a block, which is how often it is halved, and the finest level of each part.
DEEPEST = 4
PART_LEVELS = (2, 1, 0)
ALIGNED_PX = 1 << DEEPEST  # blocks begin at multiples of it, so that all levels have whole pixels

_HAS_MASK, _HAS_PAIRS = 1, 2  # flags of a part
_PAIR_LIMIT = 7  # of a number that shares a byte with another


@dataclass(frozen=True)
class FieldCoding:
    """
    How coarsely differences are rounded, in the int8 units of a field.

    ``steps`` are those of levels 0, 1, ... 3, of differences of means; ``dead_zone`` is the share
    of a step below which a difference becomes 0, and ``outward`` by how much of a step what is
    not 0 is moved from the middle of those that were rounded to it, from 0 away.
    """

    steps: tuple[float, ...] = (15.0, 5.0, 2.5, 1.25)
    dead_zone: float = 0.6
    outward: float = 0.03


def encode_block(field: np.ndarray, coding: FieldCoding = FieldCoding()) -> list[bytes]:
    """
    Return the parts of a block, the coarsest first; all are empty if no pixel is valid.

    :param field: (3, 256, 256) int8: vectors, 0 where invalid, and 1 where valid.
    """
    valid = [field[2] != 0]
    if not valid[0].any():
        return [b''] * len(PART_LEVELS)
    means, details = field[:2].astype(np.float32), []
    for _ in range(DEEPEST):
        means, detail = _split(means)
        details.append(detail)
        valid.append(_any_of_four(valid[-1]))
    parts, level = [], DEEPEST
    rounded = [np.rint(means).astype(np.int8)]
    for finest in PART_LEVELS:
        while level > finest:
            level -= 1
            rounded.append(_rounded(details[level], coding.steps[level], coding.dead_zone))
        parts.append(_pack(rounded, valid[finest]))
        rounded = []
    return parts


def decode_blocks(
    parts: list[list[bytes]], level: int, coding: FieldCoding = FieldCoding()
) -> np.ndarray:
    """
    Return (N, 3, n, n) int8 of N blocks at a level, n = 256 >> level.

    :param parts: of each block, as many as the level needs.
    :raises ValueError: if a part is damaged.
    """
    reached, means = DEEPEST, np.zeros(0, np.float32)
    for number in range(parts_of(level)):
        unpacked = [_unpack(block[number], number) for block in parts]
        valid = np.stack([mask for mask, _ in unpacked])
        arrays = [np.stack(same) for same in zip(*(a for _, a in unpacked), strict=True)]
        if number == 0:
            means = arrays.pop(0).astype(np.float32)
        for numbers in arrays[: reached - level]:
            reached -= 1
            means = _joined(means, _restored(numbers, coding.steps[reached], coding.outward))
    for _ in range(PART_LEVELS[number], level):
        valid = _any_of_four(valid)
    out = np.empty((len(parts), 3, *means.shape[2:]), np.int8)
    out[:, :2] = np.rint(means).clip(-127, 127) * valid[:, np.newaxis]
    out[:, 2] = valid
    return out


def parts_of(level: int) -> int:
    """Return how many parts of a block a level needs."""
    return 1 + sum(finest > level for finest in PART_LEVELS)


def _split(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (..., n, n) means of four and (3, ..., n, n) differences along x, y and both."""
    a, b = means[..., ::2, ::2], means[..., ::2, 1::2]
    c, d = means[..., 1::2, ::2], means[..., 1::2, 1::2]
    return (a + b + c + d) / 4, np.stack([a - b + c - d, a + b - c - d, a - b - c + d]) / 4


def _joined(means: np.ndarray, details: np.ndarray) -> np.ndarray:
    """Return (N, 2, 2n, 2n) of (N, 2, n, n) means and (N, 3, 2, n, n) differences."""
    across, down, both = details[:, 0], details[:, 1], details[:, 2]
    fine = np.empty((*means.shape[:2], 2 * means.shape[2], 2 * means.shape[3]), np.float32)
    fine[..., ::2, ::2] = means + across + down + both
    fine[..., ::2, 1::2] = means - across + down - both
    fine[..., 1::2, ::2] = means + across - down - both
    fine[..., 1::2, 1::2] = means - across - down + both
    return fine


def _any_of_four(valid: np.ndarray) -> np.ndarray:
    rows = valid[..., ::2, :] | valid[..., 1::2, :]
    return rows[..., ::2] | rows[..., 1::2]


def _rounded(details: np.ndarray, step: float, dead_zone: float) -> np.ndarray:
    """Return details in steps, int8."""
    steps = np.floor(np.abs(details) / step + (1 - dead_zone)).clip(0, 127)
    return np.copysign(steps, details).astype(np.int8)


def _restored(steps: np.ndarray, step: float, outward: float) -> np.ndarray:
    """Return (N, 3, 2, n, n) float32 differences of what they were rounded to."""
    every = np.arange(256, dtype=np.uint8).view(np.int8)
    table = (every + outward * np.sign(every)).astype(np.float32) * np.float32(step)
    return table[steps.view(np.uint8)]


def _pack(arrays: list[np.ndarray], valid: np.ndarray) -> bytes:
    """Return one part: flags, the mask unless all is valid, and int8 arrays; deflated."""
    flags, chunks = 0, []
    if not valid.all():
        flags |= _HAS_MASK
        chunks.append(np.packbits(valid).tobytes())
    if max(int(np.abs(array).max()) for array in arrays) <= _PAIR_LIMIT:
        # Mostly zeros: two to a byte take less than a bit each.
        flags |= _HAS_PAIRS
        for array in arrays:
            first, second = np.moveaxis((array + 8).astype(np.uint8), -3, 0)
            chunks.append((16 * first + second).tobytes())
    else:
        chunks += [array.tobytes() for array in arrays]
    # Runs and frequencies are all there is to find: a search for repeats takes ten times as long,
    # and its result is larger.
    deflate = zlib.compressobj(strategy=zlib.Z_RLE)
    return deflate.compress(bytes([flags]) + b''.join(chunks)) + deflate.flush()


def _shapes(number: int) -> list[tuple[int, ...]]:
    """Return the shapes of the arrays in a part."""
    coarser = DEEPEST if number == 0 else PART_LEVELS[number - 1]
    sides = [BLOCK_PX >> level for level in range(coarser, PART_LEVELS[number], -1)]
    shapes: list[tuple[int, ...]] = [(3, 2, side, side) for side in sides]
    return [(2, sides[0], sides[0]), *shapes] if number == 0 else shapes


def _unpack(part: bytes, number: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the mask and the arrays of a part; raise ValueError if it is damaged."""
    shapes, side = _shapes(number), BLOCK_PX >> PART_LEVELS[number]
    if not part:
        return np.zeros((side, side), bool), [np.zeros(shape, np.int8) for shape in shapes]
    content = np.frombuffer(_inflated(part, 1 + side**2 + sum(map(math.prod, shapes))), np.uint8)
    flags, content = int(content[0]), content[1:]
    valid = np.ones((side, side), bool)
    if flags & _HAS_MASK:
        mask, content = np.split(content, [side**2 // 8])
        valid = np.unpackbits(mask, count=side**2).reshape(side, side) != 0
    pairs = 2 if flags & _HAS_PAIRS else 1
    ends = np.cumsum([math.prod(shape) // pairs for shape in shapes])
    if ends[-1] != len(content):
        raise ValueError('a block of a field has another size')
    arrays = []
    for piece, shape in zip(np.split(content, ends[:-1]), shapes, strict=True):
        if pairs == 2:
            rest = (*shape[:-3], *shape[-2:])
            piece = np.stack([piece >> 4, piece & 15], axis=0).reshape(2, *rest)
            arrays.append((np.moveaxis(piece, 0, -3) - np.uint8(8)).view(np.int8))
        else:
            arrays.append(piece.view(np.int8).reshape(shape))
    return valid, arrays


def _inflated(part: bytes, limit: int) -> bytes:
    """Return what a part deflates, at most ``limit`` bytes; raise ValueError if it is damaged."""
    inflate = zlib.decompressobj()
    try:
        content = inflate.decompress(part, limit)
    except zlib.error as error:
        raise ValueError(f'a block of a field is damaged: {error}') from error
    if not inflate.eof or not content:
        raise ValueError('a block of a field is damaged: it has another size')
    return content
