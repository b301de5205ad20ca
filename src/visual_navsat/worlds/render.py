"""Orthophotos of a world: any window, at any metres per pixel, seamless and repeatable."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from visual_navsat.worlds.epoch import Epoch
from visual_navsat.worlds.light import light
from visual_navsat.worlds.noise import hash_bits
from visual_navsat.worlds.painter import paint
from visual_navsat.worlds.palette import make_palette
from visual_navsat.worlds.sensor import develop, equalisation_curve
from visual_navsat.worlds.window import LeanView, Window
from visual_navsat.worlds.world import World

_BLOCK_PX = 496  # a multiple of 16, so that JPEG blocks fall the same in every window
_MARGIN_PX = 8


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
    palette, curve = make_palette(epoch), _curve(world, epoch)

    def draw(block: tuple[int, int]) -> None:
        left, top = block[0] * _BLOCK_PX, block[1] * _BLOCK_PX
        side = _BLOCK_PX + 2 * _MARGIN_PX
        window = Window(
            (left - _MARGIN_PX + phase_east) * gsd_m_per_px,
            -(top - _MARGIN_PX + phase_north) * gsd_m_per_px,
            side,
            side,
            gsd_m_per_px,
        )
        view = LeanView(epoch.lean_east, epoch.lean_north)
        picture = light(paint(world, epoch, view, window), palette, epoch)
        picture = develop(picture, epoch, curve, int(hash_bits(epoch.seed, *block)))
        west, north = max(left, column), max(top, row)
        east = min(left + _BLOCK_PX, column + width_px)
        south = min(top + _BLOCK_PX, row + height_px)
        image[north - row : south - row, west - column : east - column] = picture[
            north - top + _MARGIN_PX : south - top + _MARGIN_PX,
            west - left + _MARGIN_PX : east - left + _MARGIN_PX,
        ]

    blocks = [
        (x, y)
        for y in range(row // _BLOCK_PX, (row + height_px - 1) // _BLOCK_PX + 1)
        for x in range(column // _BLOCK_PX, (column + width_px - 1) // _BLOCK_PX + 1)
    ]
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        list(pool.map(draw, blocks))
    return image


@lru_cache(maxsize=64)
def _curve(world: World, epoch: Epoch) -> np.ndarray | None:
    """Return the tone curve of the epoch, from glimpses of the world around its origin."""
    if epoch.equalisation <= 0:
        return None
    palette, view = make_palette(epoch), LeanView()
    glimpses = []
    for east, north in ((-700.0, 0.0), (0.0, 900.0), (800.0, -100.0), (100.0, -800.0)):
        window = Window(east, north, 96, 96, 2.0)
        glimpses.append(light(paint(world, epoch, view, window), palette, epoch))
    return equalisation_curve(glimpses, epoch.equalisation)
