"""The world as drawn, before any light: what each pixel is made of, shadows and field rows."""

from __future__ import annotations

import cv2
import numpy as np

from visual_navsat_sim.worlds.sheet import FIXED_BITS, Sheet


class Canvas:
    """Rasters of one sheet, and the few ways to draw on them."""

    def __init__(self, sheet: Sheet, ground: int) -> None:
        """:param ground: the material where nothing else is drawn."""
        shape = sheet.grid.shape
        self.sheet = sheet
        self.materials = np.full(shape, ground, np.uint8)
        self.shadow = np.zeros(shape, np.uint8)  # 255 where the sun does not reach the ground
        self.rows: np.ndarray | None = None  # float32 brightness noise of worked fields

    def fill(self, points: np.ndarray, material: int) -> None:
        """Fill one polygon of (P, 2) east-north points; it may be concave."""
        fixed = self.sheet.pixels(points)
        cv2.fillPoly(self.materials, [fixed], material, cv2.LINE_8, FIXED_BITS)

    def fill_convex(self, fixed: np.ndarray, material: int) -> None:
        """Fill one convex polygon of (P, 2) fixed-point pixels."""
        cv2.fillConvexPoly(self.materials, fixed, material, cv2.LINE_8, FIXED_BITS)

    def outline(self, fixed: np.ndarray, material: int, thickness_px: int) -> None:
        """Draw the closed outline of (P, 2) fixed-point pixels."""
        cv2.polylines(
            self.materials, [fixed], True, material, thickness_px, cv2.LINE_8, FIXED_BITS
        )

    def fill_apart(self, raster: np.ndarray, polygons: np.ndarray, value: int) -> None:
        """Fill (N, P, 2) polygons that do not overlap, all at once."""
        if len(polygons):
            fixed = self.sheet.pixels(polygons)
            cv2.fillPoly(raster, list(fixed), value, cv2.LINE_8, FIXED_BITS)

    def shade(self, fixed: np.ndarray) -> None:
        """Put the convex hull of (P, 2) fixed-point pixels in shadow."""
        cv2.fillConvexPoly(self.shadow, cv2.convexHull(fixed), 255, cv2.LINE_8, FIXED_BITS)

    def shade_convex(self, fixed: np.ndarray) -> None:
        """Put a convex polygon of (P, 2) fixed-point pixels in shadow."""
        cv2.fillConvexPoly(self.shadow, fixed, 255, cv2.LINE_8, FIXED_BITS)
