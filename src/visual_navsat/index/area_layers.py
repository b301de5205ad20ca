# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The gradient field of one area, put together from its parts in several segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from visual_navsat.geometry.areas import tiles_bounds_m
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.index.segment import StoredSegment
from visual_navsat.index.stored_areas import AreaField, FieldPatch
from visual_navsat.index.stored_fields import coarser


class _Layer(NamedTuple):
    """The part of an area's field that one segment holds."""

    segment: StoredSegment
    place: int  # among the patches of the segment
    patch: FieldPatch
    removed_m: np.ndarray  # (R, 4) west, south, east, north of removed tiles
    live_m: np.ndarray  # (L, 4) of those that are left, if any was removed


@dataclass(frozen=True)
class AreaLayers:
    """An area's field in its segments, later ones on top, without what removed tiles showed."""

    area: AreaField
    layers: tuple[_Layer, ...]

    @classmethod
    def of(cls, area: AreaField, number: int, segments: Sequence[StoredSegment]) -> AreaLayers:
        """
        Return the layers of an area.

        :param number: of the area, as patches know it.
        """
        layers = []
        for segment in segments:
            removed_m = live_m = np.zeros((0, 4))
            if segment.live is not None:
                bounds = tiles_bounds_m(segment.tiles, area.frame)
                is_live = np.zeros(len(bounds), bool)
                is_live[segment.live] = True
                removed_m, live_m = bounds[~is_live], bounds[is_live]
            layers += [
                _Layer(segment, place, patch, removed_m, live_m)
                for place, patch in enumerate(segment.entry.patches)
                if patch.area == number
            ]
        return cls(area, tuple(layers))

    def read(self, level: int, box: PixelBox) -> np.ndarray:
        """
        Return a box of the field.

        It is what the one segment that shows ground there stores at the level. Where several do,
        or tiles were removed, pixels of the finest level are put together and averaged.

        :param box: pixels of the area at a level.
        :return: (3, rows, columns) int8: vectors, and 1 where valid.
        :raises ValueError: if a block is damaged.
        """
        fine = PixelBox(*(edge << level for edge in box))
        touched = [one for one in self.layers if not one.patch.box.intersection(fine).is_empty]
        if level and (len(touched) > 1 or any(self._is_pieced(one, fine) for one in touched)):
            return _averaged(self.read(0, fine), level)
        field = np.zeros((3, *box.shape), np.int8)
        for layer in touched:
            shared = coarser(layer.patch.box, level).intersection(box)
            stored = layer.segment.fields.read(layer.place, level, shared)
            shown = stored[2] != 0
            cleared = self._cleared(layer, shared) if level == 0 else None
            if cleared is not None:
                shown &= ~cleared
            rows, columns = shared.moved(-box.top, -box.left).slices
            np.copyto(field[:, rows, columns], stored, where=shown)
        return field

    def _is_pieced(self, layer: _Layer, fine: PixelBox) -> bool:
        """Return whether a box of a layer is not what its segment stores at coarser levels."""
        shared = layer.patch.box.intersection(fine)
        return not layer.segment.fields.has_levels or self._cleared(layer, shared) is not None

    def _cleared(self, layer: _Layer, box: PixelBox) -> np.ndarray | None:
        """Return the pixels of a box that only removed tiles of the layer's segment showed."""
        if not len(layer.removed_m):
            return None
        patch = FieldPatch(layer.patch.area, box)
        return cleared_pixels(self.area, patch, layer.removed_m, layer.live_m)


def lay_over(area: AreaField, number: int, segments: Sequence[StoredSegment]) -> np.ndarray:
    """
    Return the whole field of an area, (3, rows, columns) int8, later segments on top.

    :param number: of the area, as patches know it.
    :raises ValueError: if a block is damaged.
    """
    return AreaLayers.of(area, number, segments).read(0, area.grid.box)


def _averaged(field: np.ndarray, level: int) -> np.ndarray:
    """Return (3, rows, columns) int8 of (3, rows << level, columns << level)."""
    side, (_, height, width) = 1 << level, field.shape
    squares = field.reshape(3, height // side, side, width // side, side)
    sums = squares.sum(axis=(2, 4), dtype=np.int32)
    out = np.rint(sums / side**2).astype(np.int8)
    out[2] = sums[2] > 0
    return out


def cleared_pixels(
    area: AreaField, patch: FieldPatch, removed_m: np.ndarray, live_m: np.ndarray
) -> np.ndarray | None:
    """
    Return (rows, columns) bool: pixels of a patch that only removed tiles showed.

    :param removed_m: (R, 4) west, south, east, north of removed tiles in the area's frame.
    :param live_m: (L, 4) of those that are left.
    :return: None if there are none.
    """
    rows, columns = patch.box.shape
    cleared = np.zeros((rows, columns), bool)
    for top, left, bottom, right in _pixels_in_patch(area, patch, removed_m):
        cleared[top:bottom, left:right] = True
    if not cleared.any():
        return None
    boxes = _pixels_in_patch(area, patch, live_m)
    # Few of many tiles touch what was removed; sums over boxes find these at once.
    sums = np.pad(cleared.cumsum(0, dtype=np.int64).cumsum(1), ((1, 0), (1, 0)))
    top, left, bottom, right = boxes.T
    touched = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] > 0
    for top, left, bottom, right in boxes[touched]:
        cleared[top:bottom, left:right] = False
    return cleared if cleared.any() else None


def _pixels_in_patch(area: AreaField, patch: FieldPatch, boxes_m: np.ndarray) -> np.ndarray:
    """Return (n, 4) top, left, bottom, right of the pixels of a patch that some boxes cover."""
    top, left, bottom, right = patch.box
    corner, size = [top, left, top, left], [bottom - top, right - left] * 2
    boxes = (area.grid.covered_by(boxes_m) - corner).clip(0, size)
    return boxes[(boxes[:, :2] < boxes[:, 2:]).all(axis=1)]
