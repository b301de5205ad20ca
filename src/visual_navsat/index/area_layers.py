# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The gradient field of one area, put together from its parts in several segments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from visual_navsat.geometry.areas import tiles_bounds_m
from visual_navsat.index.segment import StoredSegment
from visual_navsat.index.stored_areas import AreaField, FieldPatch


def lay_over(area: AreaField, number: int, segments: Sequence[StoredSegment]) -> np.ndarray:
    """
    Return the field of an area, later segments on top.

    :param number: of the area, as patches know it.
    :return: (3, rows, columns) int8.
    :raises ValueError: if a block is damaged.
    """
    field = np.zeros((3, *area.grid.shape), np.int8)
    for segment in segments:
        for place, patch in enumerate(segment.entry.patches):
            if patch.area != number:
                continue
            stored, cleared = segment.fields.read(place, 0), _cleared(area, patch, segment)
            shown = stored[2] != 0
            if cleared is not None:
                shown &= ~cleared
            rows, columns = patch.box.slices
            np.copyto(field[:, rows, columns], stored, where=shown)
    return field


def _cleared(area: AreaField, patch: FieldPatch, segment: StoredSegment) -> np.ndarray | None:
    """Return the pixels of a patch that only removed tiles of its segment showed."""
    if segment.live is None:
        return None
    bounds = tiles_bounds_m(segment.tiles, area.frame)
    is_live = np.zeros(len(bounds), bool)
    is_live[segment.live] = True
    return cleared_pixels(area, patch, bounds[~is_live], bounds[is_live])


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
    """Return (N, 4) top, left, bottom, right of the pixels of a patch that boxes cover."""
    top, left, bottom, right = patch.box
    corner, size = [top, left, top, left], [bottom - top, right - left] * 2
    return (area.grid.covered_by(boxes_m) - corner).clip(0, size)
