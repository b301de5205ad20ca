"""Orthophotos of a world: any window, at any metres per pixel, seamless and repeatable."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.hillshade import Hillshade
from visual_navsat_sim.worlds.light import light
from visual_navsat_sim.worlds.noise import hash_bits
from visual_navsat_sim.worlds.painter import paint
from visual_navsat_sim.worlds.palette import make_palette, typical_colours
from visual_navsat_sim.worlds.rectification import Rectification
from visual_navsat_sim.worlds.sensor import blur_reach_px, develop, equalisation_curve
from visual_navsat_sim.worlds.window import LeanView, Window
from visual_navsat_sim.worlds.world import World

_BLOCK_PX = 1008  # a multiple of 16, so that JPEG blocks fall the same in every window
_JPEG_PX = 16


def render(
    world: World,
    epoch: Epoch,
    east_m: float,
    north_m: float,
    width_px: int,
    height_px: int,
    gsd_m_per_px: float,
    *,
    threads: int | None = None,
) -> np.ndarray:
    """
    Return the orthophoto of a window, (height_px, width_px, 3) uint8 RGB, north up.

    The ground is drawn in blocks of one fixed grid, so windows agree where they overlap if their
    corners are a whole number of pixels apart.

    :param east_m: of the window's north-west corner, metres in the world.
    :param north_m: of the same corner.
    :param threads: how many to use; None takes one per core.
    """
    phase_east, column = np.modf(np.round(east_m / gsd_m_per_px, 6))
    phase_north, row = np.modf(np.round(-north_m / gsd_m_per_px, 6))
    column, row = int(column), int(row)
    image = np.empty((height_px, width_px, 3), np.uint8)
    phase = float(phase_east), float(phase_north)
    drawing = _MapDrawing(world, epoch, gsd_m_per_px, phase)

    def draw(block: tuple[int, int]) -> None:
        left, top = block[0] * _BLOCK_PX, block[1] * _BLOCK_PX
        west, north = max(left, column), max(top, row)
        east = min(left + _BLOCK_PX, column + width_px)
        south = min(top + _BLOCK_PX, row + height_px)
        needed = west - left, north - top, east - left, south - top
        image[north - row : south - row, west - column : east - column] = drawing.draw(
            block, needed
        )

    blocks = [
        (x, y)
        for y in range(row // _BLOCK_PX, (row + height_px - 1) // _BLOCK_PX + 1)
        for x in range(column // _BLOCK_PX, (column + width_px - 1) // _BLOCK_PX + 1)
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
        self._palette, self._curve = make_palette(epoch), _curve(epoch)
        self._blur_px = blur_reach_px(epoch.spread_px(gsd_m))
        self._hillshade = Hillshade(world, epoch)
        self._rectification = Rectification(world, epoch)
        largest_m = self._rectification.largest_m
        self._bend_px = int(np.ceil(largest_m / gsd_m)) + 2 if largest_m else 0
        self._margin_px = _next_multiple(self._blur_px + 3, 8)

    def draw(self, block: tuple[int, int], needed: tuple[int, int, int, int]) -> np.ndarray:
        """
        Return a part of a block, (h, w, 3) uint8 RGB.

        :param needed: left, top, right, bottom in pixels of the block.
        """
        margin, side = self._margin_px, _BLOCK_PX + 2 * self._margin_px
        # Squares that are compressed together have to be complete, and so have those beside
        # them, which lend their colours, and the ground that is blurred into these.
        spare = _JPEG_PX + _next_multiple(self._blur_px + 3, _JPEG_PX)
        left, top = (max(0, (edge + margin) // _JPEG_PX * _JPEG_PX - spare) for edge in needed[:2])
        right, bottom = (
            min(side, _next_multiple(edge + margin, _JPEG_PX) + spare) for edge in needed[2:]
        )
        window = self._window(block, margin, (left, top, right, bottom))
        picture = self._picture_of_ground(block, window)
        key = int(hash_bits(self._epoch.seed, *block))
        picture = develop(picture, self._epoch, self._curve, self._gsd_m, key, (top, left))
        return picture[
            needed[1] + margin - top : needed[3] + margin - top,
            needed[0] + margin - left : needed[2] + margin - left,
        ]

    def _picture_of_ground(self, block: tuple[int, int], window: Window) -> np.ndarray:
        """Return the part shown of a window as the map has it, bent, but not yet developed."""
        reach = self._bend_px
        left, top, right, bottom = window.shown
        around = (left, top, right + 2 * reach, bottom + 2 * reach)
        source = self._window(block, self._margin_px + reach, around)
        view = LeanView(self._epoch.lean_east, self._epoch.lean_north)
        canvas = paint(self._world, self._epoch, view, source)
        slopes = self._hillshade.sample(source)
        picture = light(canvas, self._palette, self._epoch, slopes)
        return self._rectification.bend(picture, window, reach) if reach else picture

    def _window(self, block: tuple[int, int], margin_px: int, shown) -> Window:
        """Return a block with a margin around it."""
        left, top = (number * _BLOCK_PX - margin_px for number in block)
        side = _BLOCK_PX + 2 * margin_px
        west = (left + self._phase[0]) * self._gsd_m
        north = -(top + self._phase[1]) * self._gsd_m
        return Window(west, north, side, side, self._gsd_m, shown)


def _next_multiple(number: int, step: int) -> int:
    return -(-number // step) * step


@lru_cache(maxsize=64)
def _curve(epoch: Epoch) -> np.ndarray | None:
    """Return the tone curve of the epoch: of the whole map, not of the part that is drawn."""
    return equalisation_curve(typical_colours(make_palette(epoch)), epoch.equalisation)
