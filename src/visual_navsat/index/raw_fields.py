# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The gradient fields of a segment as format 4 stored them: all bytes of the finest level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from visual_navsat.geometry.pixel_grid import PixelBox


@dataclass(frozen=True)
class RawFields:
    """The fields of patches of one segment."""

    content: np.ndarray  # (bytes,) int8, memory-mapped: one patch after the other
    boxes: tuple[PixelBox, ...]  # of the patches, in their areas' grids

    @classmethod
    def of(cls, content: np.ndarray, boxes: Sequence[PixelBox]) -> RawFields:
        """Return the fields in a file; raise ValueError if they are not those of the patches."""
        size = sum(3 * math.prod(box.shape) for box in boxes)
        if len(content) != size:
            raise ValueError(f'{len(content)} bytes of fields are not the {size} of its patches')
        return cls(content, tuple(boxes))

    @property
    def has_levels(self) -> bool:
        """Whether coarser levels can be read."""
        return False

    def check_rim(self, patch: int) -> None:
        """Do what :meth:`StoredFields.check_rim` does: these have no blocks that could move."""

    def read(self, patch: int, level: int, box: PixelBox | None = None) -> np.ndarray:
        """Return the field of a patch as :meth:`StoredFields.read` does, at level 0 alone."""
        assert level == 0, 'coarser levels are not stored'
        whole = self.boxes[patch]
        start = sum(3 * math.prod(before.shape) for before in self.boxes[:patch])
        stored = self.content[start:][: 3 * math.prod(whole.shape)].reshape(3, *whole.shape)
        rows, columns = (box or whole).moved(-whole.top, -whole.left).slices
        return np.array(stored[:, rows, columns])
