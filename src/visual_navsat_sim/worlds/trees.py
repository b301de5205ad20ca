# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Draw trees: shadow, and a crown that is dark on one side and bright towards the sun."""

from __future__ import annotations

import itertools

import numpy as np
from visual_navsat_sim.worlds.canvas import Canvas, fill, Project
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.features import places_of
from visual_navsat_sim.worlds.materials import CONIFERS, MATERIALS, TREE_SHADES
from visual_navsat_sim.worlds.noise import seeded_rng

_NUM_SHAPES = 16
_REACH_M = 45.0
_COARSE_GSD_M = 0.4  # a usual crown is five pixels wide


def _crown_shapes(points: int) -> np.ndarray:
    """Return (shapes, points, 2) lumpy outlines of radius about 1."""
    rng = seeded_rng(3, points)
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)[None]
    turn = turn + rng.uniform(0, 2 * np.pi, (_NUM_SHAPES, 1))
    radius = rng.uniform(0.78, 1.18, (_NUM_SHAPES, points))
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=-1)


_CROWNS = _crown_shapes(11)
_SMALL_CROWNS = _crown_shapes(6)
# For each shade: the shift of its blob towards the sun, and its size, in crown radii.
_BLOBS = ((0.0, 1.0), (0.17, 0.8), (0.38, 0.47))


def paint_trees(canvas: Canvas, trees: np.ndarray, epoch: Epoch, project: Project) -> None:
    """
    Draw trees and their shadows.

    :param trees: (N,) TREE; those of one group must not overlap.
    """
    sheet = canvas.sheet
    trees = trees[sheet.near(places_of(trees), _REACH_M)]
    feet = places_of(trees)
    radius = trees['radius'].astype(float)
    # Seen from above, a crown is widest at two thirds of the height.
    height = 0.65 * trees['height'].astype(float)
    places = project(feet, height)
    shadow_at = feet + height[:, None] * epoch.shadow_shift
    _shade_ground(canvas, shadow_at, radius, trees)
    keep = sheet.near(places, 1.3 * radius)
    trees, places, radius = trees[keep], places[keep], radius[keep]
    towards_sun = epoch.sun_direction[:2] / np.hypot(*epoch.sun_direction[:2])
    crowns = _crowns(canvas)[trees['shape']]
    first = MATERIALS['tree'].start
    sort_key = trees['group'].astype(int) * 16 + trees['species']
    order = np.argsort(sort_key, kind='stable')
    bounds = np.flatnonzero(np.diff(sort_key[order], prepend=-1, append=999))
    for start, stop in itertools.pairwise(bounds):
        chosen = order[start:stop]
        species = int(trees['species'][chosen[0]])
        narrow = 0.75 if species in CONIFERS else 1.0
        for shade, (shift, size) in enumerate(_BLOBS[:TREE_SHADES]):
            center = places[chosen] + (shift * radius[chosen])[:, None] * towards_sun
            scale = radius[chosen] * size * (narrow if shade else 1.0)
            outline = center[:, None] + scale[:, None, None] * crowns[chosen]
            material = first + species * TREE_SHADES + shade
            fill(canvas.materials, sheet.pixels(outline), material)


def _crowns(canvas: Canvas) -> np.ndarray:
    return _SMALL_CROWNS if canvas.sheet.gsd_m > _COARSE_GSD_M else _CROWNS


def _shade_ground(
    canvas: Canvas, places: np.ndarray, radius: np.ndarray, trees: np.ndarray
) -> None:
    near = canvas.sheet.near(places, 1.3 * radius)
    for group in range(4):
        chosen = near & (trees['group'] == group)
        outline = (
            places[chosen, None]
            + radius[chosen, None, None] * _crowns(canvas)[trees['shape'][chosen]]
        )
        fill(canvas.shadow, canvas.sheet.pixels(outline), 255)
