# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The coarse plan: a bent net of roads over the plane, and what each of its meshes is used for."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from visual_navsat.geometry.region import Region
from visual_navsat_sim.worlds.noise import hash_uniform, smooth_noise

MESH_M = 430.0
_JITTER = 0.23  # of the mesh
_ROADSIDE_M = 18.0  # from the middle of a road to the crowns of its trees
_MAIN_EVERY = 3  # one road in three is a main road all along

_REMEMBERED = 16384  # crossings and meshes, which neighbours share

EAST, NORTH = 0, 1  # the two edges that start in a node

TOWN_KINDS = ('centre', 'estate', 'residential', 'village', 'industry')


@lru_cache(maxsize=_REMEMBERED)
def node(seed: int, column: int, row: int) -> np.ndarray:
    """Return the (2,) place of a crossing, metres east and north."""
    jitter = hash_uniform(seed, column, row, (11, 12)) * 2 - 1
    return MESH_M * (np.array([column, row], float) + _JITTER * jitter)


@lru_cache(maxsize=_REMEMBERED)
def edge(seed: int, column: int, row: int, axis: int) -> np.ndarray:
    """Return the (11, 2) line of the road that leaves a crossing to the east or to the north."""
    start = node(seed, column, row)
    end = node(seed, column + (axis == EAST), row + (axis == NORTH))
    share = np.linspace(0, 1, 11)[:, None]
    along = end - start
    across = np.array([-along[1], along[0]])
    bow, sway = hash_uniform(seed, column, row, axis, (21, 22)) * 2 - 1
    bend = 0.07 * bow * np.sin(np.pi * share) + 0.04 * sway * np.sin(2 * np.pi * share)
    return start + share * along + bend * across


def mesh_polygon(seed: int, column: int, row: int) -> np.ndarray:
    """Return the (40, 2) counter-clockwise outline of a mesh, along its four roads."""
    south = edge(seed, column, row, EAST)
    east = edge(seed, column + 1, row, NORTH)
    north = edge(seed, column, row + 1, EAST)[::-1]
    west = edge(seed, column, row, NORTH)[::-1]
    return np.concatenate([side[:-1] for side in (south, east, north, west)])


@lru_cache(maxsize=_REMEMBERED)
def mesh_region(seed: int, column: int, row: int) -> Region:
    """Return the box around a mesh and its roads, with what stands beside them."""
    return Region.around(mesh_polygon(seed, column, row)).padded(_ROADSIDE_M)


@lru_cache(maxsize=_REMEMBERED)
def district_kind(seed: int, column: int, row: int) -> str:
    """Return what a mesh is used for; neighbours tend to be alike."""
    east, north = MESH_M * (column + 0.5), MESH_M * (row + 0.5)
    urban = float(urban_noise(seed, east, north))
    wild = float(smooth_noise(seed + 32, east, north, 1500.0, 2))
    chance = float(hash_uniform(seed, column, row, 33))
    if urban > 0.32:
        return _pick(chance, centre=0.45, estate=0.25, residential=0.15, industry=0.1, park=0.05)
    if urban > -0.02:
        return _pick(chance, residential=0.5, estate=0.12, industry=0.16, village=0.12, park=0.1)
    if wild > 0.1:
        return _pick(chance, forest=0.8, meadow=0.12, farmland=0.08)
    return _pick(chance, farmland=0.72, village=0.09, forest=0.1, meadow=0.07, industry=0.02)


def urban_noise(seed: int, east, north) -> np.ndarray:
    """Return the field that is above 0 in villages and above 0.3 in the middle of towns."""
    return smooth_noise(seed + 31, east, north, 2300.0, 2)


@lru_cache(maxsize=_REMEMBERED)
def road_class(seed: int, column: int, row: int, axis: int) -> str:
    """Return ``main``, ``street``, ``rural``, ``track`` or ``none``."""
    lane = row if axis == EAST else column
    chosen = int(hash_uniform(seed, lane // _MAIN_EVERY, axis, 41) * _MAIN_EVERY)
    if lane % _MAIN_EVERY == chosen:
        return 'main'
    beside = (column, row - 1) if axis == EAST else (column - 1, row)
    kinds = {district_kind(seed, column, row), district_kind(seed, *beside)}
    if kinds & set(TOWN_KINDS):
        return 'street'
    chance = float(hash_uniform(seed, column, row, axis, 42))
    return _pick(chance, rural=0.3, track=0.4, none=0.3)


def _pick(chance: float, **shares: float) -> str:
    for name, share in shares.items():
        chance -= share
        if chance < 0:
            return name
    return name
