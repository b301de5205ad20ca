# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What all benchmarks on procedural worlds share: the camera, its errors, a map, a place."""

from __future__ import annotations

import numpy as np
from visual_navsat.correlation.field_mosaic import FieldMosaic
from visual_navsat.correlation.gradient_field import FieldOptions
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.map_field import make_levels
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat_sim.worlds.camera import Pinhole
from visual_navsat_sim.worlds.epoch import map_epoch
from visual_navsat_sim.worlds.render import render
from visual_navsat_sim.worlds.world import World

MAP_GSD = 0.5
CAMERA = Pinhole(640, 480, 620.0)
HEADING_ERROR_DEG = 5.0  # of what is known of a photo; uniform, either way
HEIGHT_ERROR = 0.1
FRAME = LocalFrame(0.0, 0.0)
_LEVELS = 5


def draw_corner(rng: np.random.Generator, gsd_m_per_px: float = MAP_GSD) -> np.ndarray:
    """Return east and north of a north-west corner somewhere in a world, at a whole pixel."""
    return np.round(rng.uniform(-20_000, 20_000, 2) / gsd_m_per_px) * gsd_m_per_px


def off_by_error(value: float, error: float, rng: np.random.Generator) -> float:
    """Return a value that is off by up to an error, either way."""
    return value + rng.uniform(-1, 1) * error


def draw_area(
    world: World, seed: int, corner_m, side_m: float, piece_px: int, rim_px: int, clip: bool
) -> MapArea:
    """
    Return a square of a world as an index has it, drawn piece by piece for memory.

    :param seed: of the map's epoch.
    :param corner_m: east and north of the square's north-west corner.
    :param piece_px: side of a piece.
    :param rim_px: by which pieces reach over each other, as gradients need neighbours.
    :param clip: whether pieces end where the square does.
    """
    side = round(side_m / MAP_GSD)
    whole = PixelGrid(*corner_m, side, side, MAP_GSD)
    mosaic = FieldMosaic(whole, FieldOptions(gsd_m_per_px=MAP_GSD))
    epoch = map_epoch(seed)
    for top in range(0, side, piece_px):
        for left in range(0, side, piece_px):
            reach = piece_px + rim_px
            box = PixelBox(top - rim_px, left - rim_px, top + reach, left + reach)
            if clip:
                box = box.intersection(PixelBox(0, 0, side, side))
            grid = whole.part(box)
            mosaic.add(render(world, epoch, grid, threads=1), grid.region)
    return MapArea(FRAME, make_levels(mosaic.finish(), _LEVELS))
