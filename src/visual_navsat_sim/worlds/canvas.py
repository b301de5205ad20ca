# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The world as drawn, before any light: what each pixel is made of, shadows and field rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from visual_navsat_sim.worlds.sheet import FIXED_BITS, Sheet

# Takes (..., 2) points, metres east and north, and their heights (...) above ground, metres;
# returns where they appear on the ground, (..., 2).
Project = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Canvas:
    """Rasters of one sheet."""

    def __init__(self, sheet: Sheet, ground: int) -> None:
        """:param ground: the material where nothing else is drawn."""
        shape = sheet.grid.shape
        self.sheet = sheet
        self.materials = np.full(shape, ground, np.uint8)
        self.shadow = np.zeros(shape, np.uint8)  # 255 where the sun does not reach the ground
        self.rows: np.ndarray | None = None  # float32 brightness noise of worked fields


def fill(raster: np.ndarray, polygons: Sequence[np.ndarray] | np.ndarray, value: float) -> None:
    """Fill polygons of (P, 2) fixed-point pixels that do not overlap; they may be concave."""
    if len(polygons):
        cv2.fillPoly(raster, list(polygons), value, cv2.LINE_8, FIXED_BITS)


def fill_convex(raster: np.ndarray, polygon: np.ndarray, value: float) -> None:
    """Fill one convex polygon of (P, 2) fixed-point pixels."""
    cv2.fillConvexPoly(raster, polygon, value, cv2.LINE_8, FIXED_BITS)


def draw_lines(
    raster: np.ndarray,
    lines: Sequence[np.ndarray] | np.ndarray,
    value: float,
    thickness_px: int,
    *,
    is_closed: bool = False,
) -> None:
    """Draw lines of (P, 2) fixed-point pixels."""
    cv2.polylines(raster, list(lines), is_closed, value, thickness_px, cv2.LINE_8, FIXED_BITS)
