"""Draw buildings: shadow, the walls that are seen, roofs lit side by side."""

from __future__ import annotations

import cv2
import numpy as np

from visual_navsat.worlds.canvas import Canvas
from visual_navsat.worlds.epoch import Epoch
from visual_navsat.worlds.features import FLAT, HIP
from visual_navsat.worlds.materials import MATERIALS, ROOF_LEVELS
from visual_navsat.worlds.window import CameraView, LeanView

_OVERHANG_M = 0.35
_NEXT = np.array([1, 2, 3, 0])


def paint_buildings(
    canvas: Canvas, buildings: np.ndarray, epoch: Epoch, view: LeanView | CameraView
) -> None:
    """
    Draw buildings and their shadows, the lower ones first.

    :param buildings: (N,) BUILDING.
    """
    if not len(buildings):
        return
    buildings = buildings[np.argsort(buildings['eave'], kind='stable')]
    window = canvas.window
    base, eave, ridge = (buildings[name].astype(float) for name in ('base', 'eave', 'ridge'))
    corners, ridge_ends = _solids(buildings, 0.0)
    shift = epoch.shadow_shift
    on_ground = base == 0
    shadows = np.concatenate(
        [
            corners + base[:, None, None] * 0,
            corners + shift * (eave - base)[:, None, None],
            ridge_ends + shift * (ridge - base)[:, None, None],
        ],
        axis=1,
    )
    for hull in window.pixels(shadows[on_ground]):
        canvas.shade(hull)
    corners, ridge_ends = _solids(buildings, np.where(on_ground, _OVERHANG_M, 0.0))
    foot = window.pixels(view.project(corners, base[:, None]))
    top = window.pixels(view.project(corners, eave[:, None]))
    peak = window.pixels(view.project(ridge_ends, ridge[:, None]))
    cast = window.pixels(view.project(shadows, base[:, None]))
    levels = _light_levels(buildings, epoch)
    lit = _lit_walls(buildings, epoch)
    seen = _seen_walls(foot, top)
    roof_start, wall_start = MATERIALS['roof'].start, MATERIALS['wall'].start
    coverings = roof_start + ROOF_LEVELS * buildings['covering'].astype(int)
    walls = wall_start + 2 * buildings['wall'].astype(int)
    for index in range(len(buildings)):
        if not on_ground[index]:
            _paint_cast(canvas, cast[index])
        for side in np.flatnonzero(seen[index]):
            after = _NEXT[side]
            face = np.stack([foot[index, side], foot[index, after], top[index, after],
                             top[index, side]])  # fmt: skip
            canvas.fill_convex(face, int(walls[index] + lit[index, side]))
        _paint_roof(
            canvas, buildings['roof'][index], top[index], peak[index],
            int(coverings[index]), levels[index], int(walls[index]) + lit[index],
        )  # fmt: skip


def _solids(buildings: np.ndarray, overhang) -> tuple[np.ndarray, np.ndarray]:
    """Return the (N, 4, 2) corners, counter-clockwise, and the (N, 2, 2) ends of the ridges."""
    angle = buildings['angle'].astype(float)
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    center = np.stack([buildings['east'], buildings['north']], axis=1)
    half_length = buildings['length'] / 2.0 + overhang
    half_width = buildings['width'] / 2.0 + overhang
    u, v = along * half_length[:, None], across * half_width[:, None]
    corners = np.stack([center - u - v, center + u - v, center + u + v, center - u + v], axis=1)
    setback = np.where(buildings['roof'] == HIP, np.minimum(half_width, half_length * 0.9), 0.0)
    w = along * (half_length - setback)[:, None]
    return corners, np.stack([center - w, center + w], axis=1)


def _light_levels(buildings: np.ndarray, epoch: Epoch) -> np.ndarray:
    """Return (N, 5) levels of roof light: the right and left side, both ends, and flat."""
    angle = buildings['angle'].astype(float)
    rise = (buildings['ridge'] - buildings['eave']).astype(float)
    slope = np.arctan2(rise, buildings['width'] / 2.0)
    sun = epoch.sun_direction
    right = np.stack([np.sin(angle), -np.cos(angle)], axis=1) @ sun[:2]
    end = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ sun[:2]
    facing = np.stack([right, -right, end, -end, np.zeros_like(end)], axis=1)
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
    """Return (N, 4): whether the view shows a wall, or the roof hides it."""
    along = (foot[:, _NEXT] - foot).astype(float)
    up = (top - foot).astype(float) + (top[:, _NEXT] - foot[:, _NEXT])
    # Pixels run down, so what is counter-clockwise on the ground turns the other way.
    return along[..., 0] * up[..., 1] - along[..., 1] * up[..., 0] < 0


def _paint_cast(canvas: Canvas, hull_points: np.ndarray) -> None:
    """Darken the roof on which a chimney or a vent throws its shadow."""
    dark = MATERIALS['roof'].start + ROOF_LEVELS * 9
    canvas.fill_convex(cv2.convexHull(hull_points), dark)


def _paint_roof(canvas, kind, top, peak, covering, levels, walls) -> None:
    if kind == FLAT:
        canvas.fill_convex(top, covering + levels[4])
        canvas.outline(top, covering + min(levels[4] + 1, ROOF_LEVELS - 1), 0.4)
        return
    left_end, right_end = peak
    canvas.fill_convex(np.stack([top[0], top[1], right_end, left_end]), covering + levels[0])
    canvas.fill_convex(np.stack([top[2], top[3], left_end, right_end]), covering + levels[1])
    ends = (top[1], top[2], right_end), (top[3], top[0], left_end)
    for side, triangle in enumerate(ends):
        colour = covering + levels[2 + side] if kind == HIP else walls[1 + 2 * side]
        canvas.fill_convex(np.stack(triangle), int(colour))
    canvas.outline(peak, covering + min(max(levels[:2]) + 1, ROOF_LEVELS - 1), 0.25)
