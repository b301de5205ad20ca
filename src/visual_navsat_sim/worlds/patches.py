# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Irregular patches that break up even ground: worn grass, repairs, stains, scrub."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from visual_navsat_sim.worlds.features import FeatureList
from visual_navsat_sim.worlds.materials import material
from visual_navsat_sim.worlds.polygons import contains

_CORNERS = 17


def blob(center, radius_m: float, rng: np.random.Generator, stretch: float = 0.6) -> np.ndarray:
    """Return the (17, 2) outline of an irregular patch, drawn out in one direction."""
    return blobs(np.asarray(center)[None], np.array([radius_m]), rng, np.array([stretch]))[0]


def blobs(
    centers: np.ndarray, radii_m: np.ndarray, rng: np.random.Generator, stretch: np.ndarray
) -> np.ndarray:
    """Return the (N, 17, 2) outlines of irregular patches at (N, 2) places."""
    turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    # Bays and tongues: without them a patch is an ellipse, which looks artificial.
    bend = rng.uniform(0, 2 * np.pi, (3, len(centers), 1))
    depth = rng.uniform(0.1, 0.34, (3, len(centers), 1)) * np.array([1.0, 0.9, 0.5])[:, None, None]
    waves = depth * np.cos(np.arange(2, 5)[:, None, None] * turn + bend)
    lump = 1 + waves.sum(axis=0) + rng.uniform(-0.1, 0.1, (len(centers), _CORNERS))
    u = radii_m[:, None] * lump * np.cos(turn)
    v = (radii_m * stretch)[:, None] * lump * np.sin(turn)
    angle = rng.uniform(0, np.pi, (len(centers), 1))
    cos, sin = np.cos(angle), np.sin(angle)
    return centers[:, None] + np.stack([cos * u - sin * v, sin * u + cos * v], axis=2)


def scatter_patches(
    out: FeatureList,
    polygon: np.ndarray,
    kinds: Sequence[str],
    per_hectare: float,
    size_m: float,
    layer: int,
    rng: np.random.Generator,
) -> None:
    """Add patches of some materials inside a convex polygon, most of them small."""
    if len(polygon) < 3:
        return
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    count = rng.poisson(per_hectare * float(np.prod(high - low)) / 1e4)
    outlines = blobs(
        rng.uniform(low, high, (count, 2)),
        size_m * rng.lognormal(-0.6, 0.6, count),
        rng,
        rng.uniform(0.35, 1.0, count),
    )
    inside = contains(polygon, outlines.reshape(-1, 2)).reshape(-1, _CORNERS).all(axis=1)
    add_patches(out, outlines[inside], kinds, layer, rng)


def add_patches(
    out: FeatureList,
    outlines: np.ndarray,
    kinds: Sequence[str],
    layer: int,
    rng: np.random.Generator,
) -> None:
    """Add (N, P, 2) patches, each of one of the materials by chance."""
    choice = rng.integers(0, len(kinds), len(outlines)).tolist()
    variants = rng.integers(0, 24, len(outlines)).tolist()
    looks = [material(kinds[index], n) for index, n in zip(choice, variants, strict=True)]
    out.areas(outlines, np.array(looks), layer)
