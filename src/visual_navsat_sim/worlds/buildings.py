# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Draw buildings: shadow, the walls that are seen, roofs lit side by side."""

from __future__ import annotations

import cv2
import numpy as np
from visual_navsat_sim.worlds.canvas import Canvas, draw_lines, fill_convex, Project
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.features import FLAT, GABLE, HIP, places_of
from visual_navsat_sim.worlds.materials import MATERIALS, ROOF_LEVELS
from visual_navsat_sim.worlds.polygons import axes, rectangle, swept
from visual_navsat_sim.worlds.sheet import Sheet

_OVERHANG_M = 0.35
_PARAPET_M = 0.4
_RIDGE_M = 0.25
# The faces of a building in the order in which they are drawn; the shadow of what stands on a
# roof is the first.
_WALLS, _ROOF, _EDGES = slice(1, 5), slice(5, 9), 9
_NEXT = np.array([1, 2, 3, 0])
_SIX = np.array([0, 1, 2, 3, 3, 3])  # makes six corners of four


def paint_buildings(
    canvas: Canvas,
    buildings: np.ndarray,
    epoch: Epoch,
    project: Project,
) -> None:
    """
    Draw buildings and their shadows, the lower ones first.

    :param buildings: (N,) BUILDING.
    """
    if not len(buildings):
        return
    buildings = buildings[np.argsort(buildings['eave'], kind='stable')]
    _shade_ground(canvas, buildings[buildings['base'] == 0], epoch)
    faces, colours, is_drawn = _faces(canvas.sheet, buildings, epoch, project)
    faces, colours = faces[is_drawn], colours[is_drawn].tolist()
    kinds = np.nonzero(is_drawn)[1].tolist()
    line_px = _line_px(canvas.sheet, buildings)[np.nonzero(is_drawn)[0]].tolist()
    for face, colour, kind, thickness in zip(faces, colours, kinds, line_px, strict=True):
        if kind == _EDGES:
            draw_lines(canvas.materials, [face], colour, thickness, is_closed=True)
        else:
            fill_convex(canvas.materials, face, colour)


def _shade_ground(canvas: Canvas, buildings: np.ndarray, epoch: Epoch) -> None:
    corners, ridge_ends = _solids(buildings, 0.0)
    shift = epoch.shadow_shift
    eave, ridge = (buildings[name].astype(float)[:, None, None] for name in ('eave', 'ridge'))
    shadows = np.concatenate([corners, corners + shift * eave, ridge_ends + shift * ridge], axis=1)
    for points in canvas.sheet.pixels(shadows):
        fill_convex(canvas.shadow, cv2.convexHull(points), 255)


def _faces(
    sheet: Sheet,
    buildings: np.ndarray,
    epoch: Epoch,
    project: Project,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Return the visible faces of buildings, in the order in which they are drawn.

    :return: (N, F, 6, 2) int32 polygons in fixed-point pixels, the last corner repeated where
        there are fewer than six; (N, F) materials; (N, F) whether each is there and is seen.
    """
    count = len(buildings)
    base, eave, ridge = (buildings[name].astype(float) for name in ('base', 'eave', 'ridge'))
    angle, on_ground = buildings['angle'].astype(float), base == 0
    corners, ridge_ends = _solids(buildings, np.where(on_ground, _OVERHANG_M, 0.0))
    foot = sheet.pixels(project(corners, base[:, None]))
    top = sheet.pixels(project(corners, eave[:, None]))
    peak = sheet.pixels(project(ridge_ends, ridge[:, None]))
    cast = swept(corners, angle, epoch.shadow_shift * (eave - base)[:, None])
    faces = np.empty((count, _EDGES + 1, 6, 2), np.int32)
    colours = np.zeros((count, _EDGES + 1), int)
    is_drawn = np.zeros((count, _EDGES + 1), bool)
    # A chimney or a vent throws its shadow on the roof.
    faces[:, 0] = sheet.pixels(project(cast, base[:, None]))
    colours[:, 0] = MATERIALS['roof'].start + ROOF_LEVELS * 9
    is_drawn[:, 0] = ~on_ground
    walls = MATERIALS['wall'].start + 2 * buildings['wall'].astype(int)[:, None]
    walls = walls + _lit_walls(buildings, epoch)
    sides = np.stack([foot, foot[:, _NEXT], top[:, _NEXT], top], axis=2)
    faces[:, _WALLS] = sides[:, :, _SIX]
    colours[:, _WALLS] = walls
    # Of a building hardly wider than a pixel, only the top shows.
    is_large = (buildings['width'] > 2.5 * sheet.gsd_m)[:, None]
    is_drawn[:, _WALLS] = _seen_walls(foot, top) & is_large
    levels = _light_levels(buildings, epoch)
    covering = MATERIALS['roof'].start + ROOF_LEVELS * buildings['covering'].astype(int)
    # Both sides, then both ends, each from the eaves up to the ridge.
    eaves = top[:, [0, 2, 1, 3]], top[:, [1, 3, 2, 0]]
    planes = np.stack([*eaves, peak[:, [1, 0, 1, 0]], peak[:, [0, 1, 1, 0]]], axis=2)
    faces[:, _ROOF] = planes[:, :, _SIX]
    colours[:, _ROOF] = covering[:, None] + levels[:, :4]
    is_gable, is_flat = buildings['roof'] == GABLE, buildings['roof'] == FLAT
    ends = slice(_ROOF.stop - 2, _ROOF.stop)
    colours[is_gable, ends] = walls[is_gable][:, [1, 3]]
    is_drawn[:, _ROOF] = ~is_flat[:, None]
    edges = np.where(is_flat[:, None, None], top, peak[:, [0, 1, 1, 1]])
    faces[is_flat, _ROOF.start] = top[is_flat][:, _SIX]
    colours[is_flat, _ROOF.start] = (covering + levels[:, 4])[is_flat]
    is_drawn[:, _ROOF.start] = True
    faces[:, _EDGES] = edges[:, _SIX]
    brightest = np.where(is_flat, levels[:, 4], levels[:, :2].max(axis=1))
    colours[:, _EDGES] = covering + np.minimum(brightest + 1, ROOF_LEVELS - 1)
    is_drawn[:, _EDGES] = (_line_px(sheet, buildings) > 0) & is_large[:, 0]
    return faces, colours, is_drawn


def _line_px(sheet: Sheet, buildings: np.ndarray) -> np.ndarray:
    """Return (N,) the width of a parapet or a ridge in pixels; 0 where no pixel can show it."""
    width_px = np.where(buildings['roof'] == FLAT, _PARAPET_M, _RIDGE_M) / sheet.gsd_m
    return np.where(width_px > 0.6, np.rint(width_px), 0).astype(int)


def _solids(buildings: np.ndarray, overhang) -> tuple[np.ndarray, np.ndarray]:
    """Return the (N, 4, 2) corners, counter-clockwise, and the (N, 2, 2) ends of the ridges."""
    angle = buildings['angle'].astype(float)
    center = places_of(buildings)
    length, width = buildings['length'] + 2 * overhang, buildings['width'] + 2 * overhang
    setback = np.where(buildings['roof'] == HIP, np.minimum(width, length * 0.9), 0.0)
    ridge = axes(angle)[0] * ((length - setback) / 2)[:, None]
    corners = rectangle(center, length, width, angle)
    return corners, np.stack([center - ridge, center + ridge], axis=1)


def _light_levels(buildings: np.ndarray, epoch: Epoch) -> np.ndarray:
    """Return (N, 5) levels of roof light: the right and left side, both ends, and flat."""
    angle = buildings['angle'].astype(float)
    rise = (buildings['ridge'] - buildings['eave']).astype(float)
    slope = np.arctan2(rise, buildings['width'] / 2.0)
    sun = epoch.sun_direction
    end, left = (axis @ sun[:2] for axis in axes(angle))
    facing = np.stack([-left, left, end, -end, np.zeros_like(end)], axis=1)
    tilt = np.stack([slope] * 4 + [np.zeros_like(slope)], axis=1)
    light = (facing * np.sin(tilt) + sun[2] * np.cos(tilt)) / sun[2]
    # Without direct sun the sides of a roof look alike.
    light = 1 + (light - 1) * min(1.0, 0.25 + 1.25 * epoch.shadow)
    gain = 0.58 * np.clip(light, 0, 1.8) / 1.04
    return np.clip(np.rint(gain * (ROOF_LEVELS - 1)), 0, ROOF_LEVELS - 1).astype(int)


def _lit_walls(buildings: np.ndarray, epoch: Epoch) -> np.ndarray:
    """Return (N, 4): 1 where the sun shines on a wall, in the order of the corners."""
    angle = buildings['angle'].astype(float)[:, None] + np.array([-0.5, 0.0, 0.5, 1.0]) * np.pi
    sun = epoch.sun_direction
    return (np.cos(angle) * sun[0] + np.sin(angle) * sun[1] > 0.05).astype(int)


def _seen_walls(foot: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Return (N, 4): whether a wall is seen, or the roof hides it."""
    along = (foot[:, _NEXT] - foot).astype(float)
    up = (top - foot).astype(float) + (top[:, _NEXT] - foot[:, _NEXT])
    # Rows run down, so counter-clockwise corners on the ground are clockwise in pixels.
    return along[..., 0] * up[..., 1] - along[..., 1] * up[..., 0] < 0
