"""The gradient field of one area, put together from what several segments hold of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visual_navsat.index.manifest import AreaField, FieldPatch


@dataclass(frozen=True)
class Layer:
    """One segment's part of an area's field."""

    patch: FieldPatch
    stored: np.ndarray  # (3, rows, columns) int8
    cleared: np.ndarray | None = None  # (rows, columns) bool, where its tiles were removed


class LayeredField:
    """
    A (3, rows, columns) int8 field that is put together when it is asked for.

    ``numpy.asarray(field)`` and ``field[...]`` do so; later layers lie on top.
    """

    dtype = np.dtype(np.int8)
    ndim = 3

    def __init__(self, area: AreaField, layers: Sequence[Layer]) -> None:
        self.shape = (3, *area.grid.shape)
        self._layers = layers

    def __len__(self) -> int:
        return 3

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        field = np.zeros(self.shape, np.int8)
        for layer in self._layers:
            here = field[(slice(None), *layer.patch.box.slices)]
            shown = layer.stored[2] != 0
            if layer.cleared is not None:
                shown &= ~layer.cleared
            np.copyto(here, layer.stored, where=shown)
        return field if dtype is None else field.astype(dtype)

    def __getitem__(self, key) -> np.ndarray:
        return np.asarray(self)[key]


def join_layers(area: AreaField, layers: Sequence[Layer]) -> np.ndarray | LayeredField:
    """Return an area's field: the stored one itself where a single whole layer is all of it."""
    first = layers[0]
    is_whole = first.cleared is None and first.stored.shape == (3, *area.grid.shape)
    if len(layers) == 1 and is_whole:
        return first.stored
    return LayeredField(area, layers)


def cleared_pixels(
    area: AreaField, patch: FieldPatch, removed_m: np.ndarray, live_m: np.ndarray
) -> np.ndarray | None:
    """
    Return (rows, columns) bool: pixels of a patch that only removed tiles showed.

    :param removed_m: (R, 4) west, south, east, north of removed tiles in the area's frame.
    :param live_m: (L, 4) of those that are left.
    :return: None where there are none.
    """
    rows, columns = patch.box.shape
    cleared = np.zeros((rows, columns), bool)
    for top, left, bottom, right in _pixels_in_patch(area, patch, removed_m):
        cleared[top:bottom, left:right] = True
    if not cleared.any():
        return None
    boxes = _pixels_in_patch(area, patch, live_m)
    # Of many tiles few touch what was removed; sums over boxes find them at once.
    sums = np.pad(cleared.cumsum(0, dtype=np.int64).cumsum(1), ((1, 0), (1, 0)))
    top, left, bottom, right = boxes.T
    touched = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] > 0
    for top, left, bottom, right in boxes[touched]:
        cleared[top:bottom, left:right] = False
    return cleared if cleared.any() else None


def _pixels_in_patch(area: AreaField, patch: FieldPatch, boxes_m: np.ndarray) -> np.ndarray:
    """Return (N, 4) top, left, bottom, right, counted in the patch, of what boxes cover."""
    top, left, bottom, right = patch.box
    corner, size = [top, left, top, left], [bottom - top, right - left] * 2
    return (area.grid.covered_by(boxes_m) - corner).clip(0, size)
