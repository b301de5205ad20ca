# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Slow functions of the ground, such as its height, over the pixels of a sheet."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from visual_navsat_sim.worlds.sheet import Sheet

_TILE_KNOTS = 24
_REMEMBERED_TILES = 512
_MAX_CELL_PX = 32


class KnotField:
    """
    A smooth function of east and north, asked for at the knots of a net that lies in the world.

    Values at the knots are cached, and interpolated between them.
    """

    def __init__(
        self, function: Callable[[np.ndarray, np.ndarray], np.ndarray], step_m: float
    ) -> None:
        """
        Set up the net; nothing is computed yet.

        :param function: takes east and north, metres, arrays (n, n), and returns (n, n) or
            (n, n, channels).
        :param step_m: width of the net's meshes.
        """
        self._function, self._step_m = function, step_m
        self._tile = lru_cache(maxsize=_REMEMBERED_TILES)(self._evaluate)

    def sample(self, sheet: Sheet) -> np.ndarray:
        """Return the function in the part shown of a sheet, (h, w) or (h, w, C) float32."""
        # Interpolate at about every eighth pixel first, then at every pixel: with a power of two,
        # the values do not depend on which part is shown.
        cell = 1
        while cell < _MAX_CELL_PX and 3 * cell * sheet.gsd_m < self._step_m:
            cell *= 2
        rows, columns = sheet.shown.slices
        top, left = rows.start // cell, columns.start // cell
        bottom, right = -(-rows.stop // cell), -(-columns.stop // cell)
        coarse = self._coarse(sheet, cell)[slice(top, bottom + 2), slice(left, right + 2)]
        height, width = coarse.shape[:2]
        fine = cv2.resize(
            coarse, (width * cell, height * cell), interpolation=cv2.INTER_LINEAR
        )  # fmt: skip
        # The first of the coarse cells lies outside of the sheet.
        first_row, first_column = rows.start - (top - 1) * cell, columns.start - (left - 1) * cell
        shown = fine[first_row:, first_column:]
        return shown[: rows.stop - rows.start, : columns.stop - columns.start]

    def _coarse(self, sheet: Sheet, cell: int) -> np.ndarray:
        """Return the function in the middles of cells, from one outside of the sheet on."""
        step_m, cell_m = self._step_m, cell * sheet.gsd_m
        height, width = (-(-side // cell) + 2 for side in sheet.grid.shape)
        # In units of knots, along the rows and down the columns.
        x = (sheet.grid.west_m + (np.arange(width) - 0.5) * cell_m) / step_m
        y = (-sheet.grid.north_m + (np.arange(height) - 0.5) * cell_m) / step_m
        column, row = int(np.floor(x[0])) - 1, int(np.floor(y[0])) - 1
        before_x, weights_x = _cubic_weights(x - column)
        before_y, weights_y = _cubic_weights(y - row)
        knots = self._knots(column, row, before_x[-1] + 3, before_y[-1] + 3)
        # Channels first; sums of four, as the rounding of matrix products may depend on threads.
        knots = knots.transpose(2, 0, 1) if knots.ndim == 3 else knots[None]
        knots = sum(knots[:, :, before_x + k - 1] * weights_x[k] for k in range(4))
        knots = sum(knots[:, before_y + k - 1] * weights_y[k][:, None] for k in range(4))
        coarse = knots.transpose(1, 2, 0) if len(knots) > 1 else knots[0]
        return np.ascontiguousarray(coarse, np.float32)

    def _knots(self, column: int, row: int, count_x: int, count_y: int) -> np.ndarray:
        tile_columns = range(column // _TILE_KNOTS, (column + count_x - 1) // _TILE_KNOTS + 1)
        tile_rows = range(row // _TILE_KNOTS, (row + count_y - 1) // _TILE_KNOTS + 1)
        knots = np.concatenate(
            [np.concatenate([self._tile(x, y) for x in tile_columns], axis=1) for y in tile_rows]
        )
        left, top = column - tile_columns[0] * _TILE_KNOTS, row - tile_rows[0] * _TILE_KNOTS
        return knots[top:, left:][:count_y, :count_x]

    def _evaluate(self, tile_column: int, tile_row: int) -> np.ndarray:
        """Return one tile of knots, rows from north to south."""
        knots = np.arange(_TILE_KNOTS)
        east = (tile_column * _TILE_KNOTS + knots) * self._step_m
        north = (tile_row * _TILE_KNOTS + knots) * -self._step_m
        return self._function(*np.meshgrid(east, north))


def _cubic_weights(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Return for (N,) places between knots at 0, 1, 2, ... the knot before, and (4, N) weights.

    The weights are those of the knot before that, of both neighbours and of the one after them.

    Source: Keys, "Cubic convolution interpolation for digital image processing", 1981
    (a = -1/2, which is exact for parabolas; OpenCV's -3/4 is not even so for a plane).
    """
    before = np.floor(positions).astype(int)
    t = positions - before
    weights = (
        ((-0.5 * t + 1) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1,
        ((-1.5 * t + 2) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
    return before, np.stack(weights)
