"""Irregular patches that break up even ground: worn grass, repairs, stains, scrub."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from visual_navsat.worlds.features import FeatureList
from visual_navsat.worlds.materials import material
from visual_navsat.worlds.polygons import contains

_CORNERS = 13


def blob(center, radius_m: float, rng: np.random.Generator, stretch: float = 0.6) -> np.ndarray:
    """Return the (13, 2) outline of an irregular patch, drawn out in one direction."""
    turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    lump = rng.uniform(0.7, 1.25, _CORNERS)
    # A lone spike looks drawn; neighbours follow each other.
    lump = (lump + np.roll(lump, 1) + np.roll(lump, -1)) / 3
    u, v = radius_m * lump * np.cos(turn), radius_m * stretch * lump * np.sin(turn)
    angle = rng.uniform(0, np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(center) + np.column_stack([cos * u - sin * v, sin * u + cos * v])


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
    centers = rng.uniform(low, high, (count, 2))
    sizes = size_m * rng.lognormal(-0.6, 0.6, count)
    for center, size in zip(centers, sizes, strict=True):
        outline = blob(center, size, rng, rng.uniform(0.35, 1.0))
        if contains(polygon, outline).all():
            kind = kinds[rng.integers(0, len(kinds))]
            out.area(outline, material(kind, rng.integers(0, 24)), layer)
