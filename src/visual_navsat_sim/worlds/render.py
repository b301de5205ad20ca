# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Orthophotos of a world: any grid, at any metres per pixel, seamless and repeatable."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import os

import numpy as np
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.light import hillshade, light
from visual_navsat_sim.worlds.noise import hash_bits
from visual_navsat_sim.worlds.painter import paint
from visual_navsat_sim.worlds.palette import make_palette, typical_colours
from visual_navsat_sim.worlds.rectification import Rectification
from visual_navsat_sim.worlds.sensor import blur_reach_px, develop, equalisation_curve
from visual_navsat_sim.worlds.sheet import Sheet
from visual_navsat_sim.worlds.world import World

_BLOCK_PX = 1008  # a multiple of 16, so that JPEG blocks are the same in every grid
_JPEG_PX = 16


def render(
    world: World, epoch: Epoch, grid: PixelGrid, *, threads: int | None = None
) -> np.ndarray:
    """
    Return the orthophoto of the ground that a grid covers, (rows, columns, 3) uint8 RGB.

    The ground is drawn in blocks of one net, so orthophotos agree where they overlap if the
    corners of their grids are a whole number of pixels apart.

    :param grid: in metres of the world.
    :param threads: None: one per core.
    """
    gsd_m = grid.gsd_m_per_px
    phase_east, column = np.modf(np.round(grid.west_m / gsd_m, 6))
    phase_north, row = np.modf(np.round(-grid.north_m / gsd_m, 6))
    # In pixels of the net of blocks.
    wanted = PixelBox(0, 0, *grid.shape).moved(int(row), int(column))
    image = np.empty((*grid.shape, 3), np.uint8)
    drawing = _MapDrawing(world, epoch, gsd_m, (float(phase_east), float(phase_north)))

    def draw(block: tuple[int, int]) -> None:
        left, top = block[0] * _BLOCK_PX, block[1] * _BLOCK_PX
        part = PixelBox(top, left, top + _BLOCK_PX, left + _BLOCK_PX).intersection(wanted)
        target = part.moved(-wanted.top, -wanted.left)
        image[target.slices] = drawing.draw(block, part.moved(-top, -left))

    blocks = [
        (x, y)
        for y in range(wanted.top // _BLOCK_PX, (wanted.bottom - 1) // _BLOCK_PX + 1)
        for x in range(wanted.left // _BLOCK_PX, (wanted.right - 1) // _BLOCK_PX + 1)
    ]
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        list(pool.map(draw, blocks))
    return image


class _MapDrawing:
    """Draws any part of any block of the grid; the same pixels whichever part is asked for."""

    def __init__(
        self, world: World, epoch: Epoch, gsd_m: float, phase: tuple[float, float]
    ) -> None:
        self._world, self._epoch, self._gsd_m, self._phase = world, epoch, gsd_m, phase
        self._palette = make_palette(epoch)
        # For the whole map, not for the part that is drawn.
        self._curve = equalisation_curve(typical_colours(self._palette), epoch.equalisation)
        self._blur_px = blur_reach_px(epoch.spread_px(gsd_m))
        self._slopes = hillshade(world, epoch)
        self._rectification = Rectification(world, epoch)
        largest_m = self._rectification.largest_m
        self._bend_px = int(np.ceil(largest_m / gsd_m)) + 2 if largest_m else 0
        self._margin_px = _next_multiple(self._blur_px + 3, 8)

    def draw(self, block: tuple[int, int], needed: PixelBox) -> np.ndarray:
        """
        Return a part of a block, (h, w, 3) uint8 RGB.

        :param needed: which of the block's pixels.
        """
        margin, side = self._margin_px, _BLOCK_PX + 2 * self._margin_px
        needed = needed.moved(margin, margin)
        # JPEG squares must be complete, as must those beside them, whose colours they share, and
        # the ground that is blurred into these.
        spare = _JPEG_PX + _next_multiple(self._blur_px + 3, _JPEG_PX)
        top, left = (max(0, edge // _JPEG_PX * _JPEG_PX - spare) for edge in needed[:2])
        bottom, right = (min(side, _next_multiple(edge, _JPEG_PX) + spare) for edge in needed[2:])
        sheet = self._sheet(block, margin, PixelBox(top, left, bottom, right))
        picture = self._picture_of_ground(block, sheet)
        key = int(hash_bits(self._epoch.seed, *block))
        picture = develop(picture, self._epoch, self._curve, self._gsd_m, key, (top, left))
        return picture[needed.moved(-top, -left).slices]

    def _picture_of_ground(self, block: tuple[int, int], sheet: Sheet) -> np.ndarray:
        """Return the part shown of a sheet as the map has it, bent, but not yet developed."""
        reach = self._bend_px
        top, left, bottom, right = sheet.shown
        around = PixelBox(top, left, bottom + 2 * reach, right + 2 * reach)
        source = self._sheet(block, self._margin_px + reach, around)
        canvas = paint(self._world, self._epoch, self._epoch.lean, source)
        picture = light(canvas, self._palette, self._epoch, self._slopes)
        return self._rectification.bend(picture, sheet, reach) if reach else picture

    def _sheet(self, block: tuple[int, int], margin_px: int, shown: PixelBox) -> Sheet:
        """Return a block with a margin around it."""
        left, top = (number * _BLOCK_PX - margin_px for number in block)
        side = _BLOCK_PX + 2 * margin_px
        west = (left + self._phase[0]) * self._gsd_m
        north = -(top + self._phase[1]) * self._gsd_m
        return Sheet(PixelGrid(west, north, side, side, self._gsd_m), shown)


def _next_multiple(number: int, step: int) -> int:
    return -(-number // step) * step
