"""The gradient field of one area, put together from what several segments hold of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visual_navsat.retrieval.manifest import AreaField, FieldPatch


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
        self.shape = (3, area.rows, area.columns)
        self._layers = layers

    def __len__(self) -> int:
        return 3

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        field = np.zeros(self.shape, np.int8)
        for layer in self._layers:
            patch = layer.patch
            here = field[
                :,
                patch.top : patch.top + patch.rows,
                patch.left : patch.left + patch.columns,
            ]
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
    is_whole = first.cleared is None and first.stored.shape == (3, area.rows, area.columns)
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
    cleared = np.zeros((patch.rows, patch.columns), bool)
    for top, bottom, left, right in _pixel_boxes(area, patch, removed_m):
        cleared[top:bottom, left:right] = True
    if not cleared.any():
        return None
    boxes = _pixel_boxes(area, patch, live_m)
    # Of many tiles few touch what was removed; sums over boxes find them at once.
    sums = np.pad(cleared.cumsum(0, dtype=np.int64).cumsum(1), ((1, 0), (1, 0)))
    top, bottom, left, right = boxes.T
    touched = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left] > 0
    for top, bottom, left, right in boxes[touched]:
        cleared[top:bottom, left:right] = False
    return cleared if cleared.any() else None


def _pixel_boxes(area: AreaField, patch: FieldPatch, boxes_m: np.ndarray) -> np.ndarray:
    """Return (n, 4) top, bottom, left, right, ends excluded, of the pixels that boxes cover."""
    west, south, east, north = boxes_m.T
    gsd = area.gsd_m_per_px
    rows = np.column_stack([area.north_m - north, area.north_m - south]) / gsd - patch.top
    columns = np.column_stack([west - area.west_m, east - area.west_m]) / gsd - patch.left
    # A pixel is covered where its middle is.
    rows = np.ceil(rows - 0.5).clip(0, patch.rows)
    columns = np.ceil(columns - 0.5).clip(0, patch.columns)
    return np.column_stack([rows, columns]).astype(int)
