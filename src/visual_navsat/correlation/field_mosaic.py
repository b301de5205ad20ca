# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Join overlapping tiles into one map field, so that a search does not see their borders."""

from __future__ import annotations

import math

import numpy as np
import torch
from visual_navsat.correlation.gradient_field import FieldOptions, make_gradient_field
from visual_navsat.correlation.map_field import MapField
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region


class FieldMosaic:
    """
    A map field, or a window of it, under construction, in bytes.

    Tiles are placed to half a pixel of their own image. The rim of a tile has no gradients and is
    left to its neighbours; where tiles overlap, the first one stays.
    """

    def __init__(
        self, grid: PixelGrid, options: FieldOptions, window: PixelBox | None = None
    ) -> None:
        """
        Make room for a part of the map.

        :param grid: of the whole map, by which tiles are placed.
        :param window: the part of it that is made, which is the same whatever else is; None: all.
        """
        self.grid, self.options = grid, options
        self._window = window or PixelBox(0, 0, *grid.shape)
        self._vectors = torch.zeros(2, *self._window.shape, dtype=torch.int8)
        self._valid = torch.zeros(self._window.shape, dtype=torch.bool)

    @classmethod
    def covering(cls, extent: Region, options: FieldOptions | None = None) -> FieldMosaic:
        """Return the empty field of the ``extent`` of a map, in the map's frame."""
        options = options or FieldOptions()
        return cls(PixelGrid.covering(extent, options.gsd_m_per_px), options)

    def add(
        self, image: np.ndarray, bounds: Region, mask: np.ndarray | torch.Tensor | None = None
    ) -> None:
        """
        Place a north-up tile.

        :param image: (H, W) or (H, W, 3), grey levels 0 to 255.
        :param bounds: what the image covers, edge to edge.
        :param mask: (H, W) bool, True where the image shows ground; None: everywhere.
        """
        height, width = image.shape[:2]
        width_m, height_m = bounds.size_m
        gsd_x, gsd_y = width_m / width, height_m / height
        # The tile begins on the mosaic's first grid line inside it.
        gsd, west_m, north_m = self.grid.gsd_m_per_px, self.grid.west_m, self.grid.north_m
        col = math.ceil(max(bounds.west_m - west_m, 0.0) / gsd - 1e-6)
        row = math.ceil(max(north_m - bounds.north_m, 0.0) / gsd - 1e-6)
        skip_x = round((west_m + col * gsd - bounds.west_m) / gsd_x)
        skip_y = round((bounds.north_m - north_m + row * gsd) / gsd_y)
        if skip_x >= width or skip_y >= height:
            return
        tile = make_gradient_field(
            image[skip_y:, skip_x:],
            (gsd_x, gsd_y),
            self.options,
            None if mask is None else mask[skip_y:, skip_x:],
        ).quantized()
        rows, cols = tile.valid.shape
        shared = PixelBox(row, col, row + rows, col + cols).intersection(self._window)
        if shared.is_empty:
            return
        here = shared.moved(-self._window.top, -self._window.left).slices
        seen = shared.moved(-row, -col).slices
        valid, vectors = self._valid[here], self._vectors[:, here[0], here[1]]
        new = tile.valid[seen] & ~valid
        vectors.copy_(torch.where(new, tile.vectors[:, seen[0], seen[1]], vectors))
        valid |= new

    def finish(self) -> MapField:
        """Return the map field, or its window, of all tiles so far."""
        return MapField.of(self.grid.part(self._window), self._vectors, self._valid)
