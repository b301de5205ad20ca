# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The gradient fields of a segment on disk: blocks that are read one by one, at the level wanted.

Coarse parts of all blocks come first, then finer ones, so that a search that begins on a coarse
level reads a sixth of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.index.arrays import ByteFile
from visual_navsat.index.field_codec import (
    ALIGNED_PX,
    BLOCK_PX,
    decode_blocks,
    PART_LEVELS,
    parts_of,
)

_BLOCKS_AT_ONCE = 8  # that are decoded together: what fits the caches of a CPU
_RIM_LEVEL = 2  # the finest that the first part of a block tells


@dataclass(frozen=True)
class BlockGrid:
    """
    The blocks that hold a patch, row by row.

    They begin where the pixels of all levels do, which is up to 15 pixels before the patch.
    """

    top: int  # of the first block, in pixels of the area's grid
    left: int
    rows: int  # of blocks
    columns: int

    @classmethod
    def under(cls, box: PixelBox) -> BlockGrid:
        """Return the blocks under a box of the area's grid."""
        top, left = (start // ALIGNED_PX * ALIGNED_PX for start in (box.top, box.left))
        return cls(
            top, left, -(-(box.bottom - top) // BLOCK_PX), -(-(box.right - left) // BLOCK_PX)
        )

    def __len__(self) -> int:
        return self.rows * self.columns

    def touched_by(self, box: PixelBox, level: int) -> list[tuple[int, PixelBox]]:
        """
        Return the numbers of the blocks that touch a box, and where each lies.

        :param box: pixels of the area at a level, as are the places.
        """
        side = BLOCK_PX >> level
        top, left = self.top >> level, self.left >> level
        first_row, first_column = (box.top - top) // side, (box.left - left) // side
        last_row, last_column = (box.bottom - top - 1) // side, (box.right - left - 1) // side
        return [
            (
                row * self.columns + column,
                PixelBox(0, 0, side, side).moved(top + row * side, left + column * side),
            )
            for row in range(max(0, first_row), min(last_row + 1, self.rows))
            for column in range(max(0, first_column), min(last_column + 1, self.columns))
        ]


@dataclass(frozen=True)
class StoredFields:
    """The fields of patches of one segment."""

    # (bytes,) uint8: all blocks' first parts, then their second, and so on.
    content: np.ndarray | ByteFile
    ends: np.ndarray  # (parts, blocks) int64, of each block's parts in the content
    boxes: tuple[PixelBox, ...]  # of the patches, in their areas' grids

    @classmethod
    def of(
        cls, content: np.ndarray | ByteFile, sizes: np.ndarray, boxes: Sequence[PixelBox]
    ) -> StoredFields:
        """
        Return the fields in two files.

        :param sizes: (parts, blocks) uint32 bytes of each block's parts.
        :raises ValueError: if they do not fit each other and the patches.
        """
        shape = (len(PART_LEVELS), sum(len(BlockGrid.under(box)) for box in boxes))
        ends = sizes.ravel().cumsum(dtype=np.int64).reshape(sizes.shape)
        size = int(ends[-1, -1]) if ends.size else 0
        if sizes.shape != shape or size != len(content):
            raise ValueError(f'{len(content)} bytes of fields are not those of {shape[1]} blocks')
        return cls(content, ends, tuple(boxes))

    @property
    def has_levels(self) -> bool:
        """Whether coarser levels can be read."""
        return True

    def check_rim(self, patch: int) -> None:
        """
        Read the blocks at the rim of a patch; a patch that was moved is found out.

        :raises ValueError: if a block is damaged, or shows ground that is not of the patch.
        """
        whole = coarser(self.boxes[patch], _RIM_LEVEL)
        blocks = BlockGrid.under(self.boxes[patch]).touched_by(whole, _RIM_LEVEL)
        rim = [(number, place) for number, place in blocks if place.intersection(whole) != place]
        for _ in self._decoded(patch, _RIM_LEVEL, rim, whole):
            pass

    def read(self, patch: int, level: int, box: PixelBox | None = None) -> np.ndarray:
        """
        Return the field of a patch at a level.

        :param box: the part of it to return, in pixels of the area at that level, which lies
            within the patch; None: all.
        :return: (3, rows, columns) int8: vectors, and 1 where valid.
        :raises ValueError: if a block is damaged, or shows ground that is not of the patch.
        """
        whole = coarser(self.boxes[patch], level)
        box = box or whole
        field = np.zeros((3, *box.shape), np.int8)
        touched = BlockGrid.under(self.boxes[patch]).touched_by(box, level)
        for place, block in self._decoded(patch, level, touched, whole):
            shared = box.intersection(place)
            rows, columns = shared.moved(-place.top, -place.left).slices
            to_rows, to_columns = shared.moved(-box.top, -box.left).slices
            field[:, to_rows, to_columns] = block[:, rows, columns]
        return field

    def _decoded(
        self, patch: int, level: int, blocks: list[tuple[int, PixelBox]], whole: PixelBox
    ) -> Iterator[tuple[PixelBox, np.ndarray]]:
        """
        Yield some blocks of a patch, each with its place.

        :param whole: pixels of the patch at the level.
        :raises ValueError: if one is damaged, or shows ground beyond the patch.
        """
        first = sum(len(BlockGrid.under(before)) for before in self.boxes[:patch])
        for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
            some = blocks[start:][:_BLOCKS_AT_ONCE]
            parts = [self._parts(first + number, level) for number, _ in some]
            for block, (_, place) in zip(decode_blocks(parts, level), some, strict=True):
                rows, columns = whole.intersection(place).moved(-place.top, -place.left).slices
                if block[2].sum() != block[2, rows, columns].sum():
                    # Blocks that are taken for those of a patch further north or west.
                    raise ValueError('a block of a field shows ground beyond its patch')
                yield place, block

    def _parts(self, block: int, level: int) -> list[bytes]:
        """Return the parts of a block that a level needs."""
        ends = self.ends.ravel()
        numbers = [part * self.ends.shape[1] + block for part in range(parts_of(level))]
        starts = [int(ends[number - 1]) if number else 0 for number in numbers]
        return [
            self.content[slice(start, int(ends[number]))].tobytes()
            for start, number in zip(starts, numbers, strict=True)
        ]


def coarser(box: PixelBox, level: int) -> PixelBox:
    """Return the pixels at a level that hold some at the finest."""
    top, left, bottom, right = box
    return PixelBox(top >> level, left >> level, -(-bottom >> level), -(-right >> level))


def block_of(field: np.ndarray, box: PixelBox, place: PixelBox) -> np.ndarray:
    """
    Return a block of a field: (3, 256, 256) int8, not valid beyond the field.

    :param field: (3, rows, columns) int8: vectors, and 1 where valid.
    :param box: where the field lies, in the same pixels as the ``place`` of the block.
    """
    shared = box.intersection(place)
    rows, columns = shared.moved(-box.top, -box.left).slices
    to_rows, to_columns = shared.moved(-place.top, -place.left).slices
    block = np.zeros((3, BLOCK_PX, BLOCK_PX), np.int8)
    block[:, to_rows, to_columns] = field[:, rows, columns]
    return block
