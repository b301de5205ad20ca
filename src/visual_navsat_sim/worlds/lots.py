# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Lots with a house and a garden, laid out side by side by the hundred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat_sim.worlds.features import FeatureList, FLAT, GABLE, HIP, Layer
from visual_navsat_sim.worlds.materials import material, MATERIALS
from visual_navsat_sim.worlds.patches import add_patches, blobs
from visual_navsat_sim.worlds.polygons import axes, closed, rectangle

# How common each covering of the palette is on houses.
HOUSE_COVERINGS = np.array([18, 14, 14, 12, 7, 8, 4, 5, 1, 12, 2, 2, 3, 1]) / 103
_GARDEN_PATCHES = 'grass', 'grass', 'meadow', 'soil'


@dataclass(frozen=True)
class Lots:
    """Convex counter-clockwise parcels, and where the street is."""

    corners: np.ndarray  # (N, K, 2) east, north; the last corner is repeated up to K
    facing: np.ndarray  # (N, 2) unit vectors towards the street

    @classmethod
    def from_polygons(cls, polygons: list[np.ndarray], facing: list[np.ndarray]) -> Lots:
        """Return the lots of (P, 2) polygons, each with its own number of corners."""
        most = max((len(polygon) for polygon in polygons), default=3)
        corners = np.zeros((len(polygons), most, 2))
        for row, polygon in zip(corners, polygons, strict=True):
            count = len(polygon)
            row[:count], row[count:] = polygon, polygon[-1]
        return cls(corners, np.array(facing).reshape(-1, 2))

    def depth_m(self, lot: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return how far (M, P, 2) points lie inside the lots (M,) of each row, (M, P) metres."""
        edges = np.roll(self.corners, -1, axis=1) - self.corners
        length = np.hypot(edges[..., 0], edges[..., 1])
        inward = np.stack([-edges[..., 1], edges[..., 0]], axis=2)
        inward /= np.maximum(length, 1e-9)[..., None]
        away = points[:, :, None] - self.corners[lot][:, None]  # (M, P, K, 2)
        depth = (away * inward[lot][:, None]).sum(axis=3)
        # A repeated corner has no edge, so nothing is outside of it.
        return np.where(length[lot][:, None] > 0, depth, np.inf).min(axis=2)


def lay_lots(out: FeatureList, lots: Lots, taste: np.ndarray, rng: np.random.Generator) -> None:
    """
    Add a house, a drive, and a garden to each lot that has the room.

    :param taste: (3,) the roof coverings that are usual here.
    """
    count = len(lots.corners)
    if not count:
        return
    out.areas(lots.corners, material('grass') + rng.integers(0, 6, count), Layer.PARCEL)
    _lay_boundaries(out, lots, rng)
    low, high = lots.corners.min(axis=1), lots.corners.max(axis=1)
    _lay_patches(out, lots, low, high, rng)
    facing = lots.facing
    along = np.stack([facing[:, 1], -facing[:, 0]], axis=1)
    middle = (low + high) / 2
    depth = ((lots.corners - middle[:, None]) * facing[:, None]).sum(axis=2)
    front = middle + facing * depth.max(axis=1)[:, None]
    reach = np.ptp(depth, axis=1)
    size = np.stack([rng.uniform(9, 14, count), rng.uniform(7.5, 10, count)], axis=1)
    size = np.where(rng.random((count, 1)) < 0.3, size[:, ::-1], size)
    setback = rng.uniform(5, 9, count) + size[:, 1] / 2
    center = front - facing * setback[:, None] + along * rng.uniform(-2.5, 2.5, (count, 1))
    angle = np.arctan2(along[:, 1], along[:, 0]) + rng.normal(0, 0.03, count)
    outline = rectangle(center, size[:, 0] + 1, size[:, 1] + 1, angle)
    has_house = lots.depth_m(np.arange(count), outline).min(axis=1) >= 0
    yard = np.where(has_house[:, None], center - facing * ((reach - setback) / 2)[:, None], middle)
    _lay_gardens(out, lots, yard, rng)
    lot = np.flatnonzero(has_house)
    center, angle, size, setback = center[lot], angle[lot], size[lot], setback[lot]
    facing, along, front, reach = facing[lot], along[lot], front[lot], reach[lot]
    _lay_houses(out, center, size, angle, taste, rng)
    _lay_fronts(out, center, size, angle, front, facing, rng)
    back = front - facing * (reach - 5)[:, None] + along * rng.uniform(-5, 5, (len(lot), 1))
    _lay_sheds(out, lots, lot, back, angle, taste, rng)


def _lay_boundaries(out: FeatureList, lots: Lots, rng: np.random.Generator) -> None:
    """Add hedges and fences around most lots."""
    outlines = closed(lots.corners)
    chance = rng.random(len(outlines))
    for variant in (0, 1):
        hedged = outlines[(chance > 0.18 * variant) & (chance < 0.18 * (variant + 1))]
        out.lines(hedged, rng.uniform(0.8, 1.4), material('hedge', variant), Layer.PATCH)
    out.lines(outlines[(chance > 0.36) & (chance < 0.75)], 0.25, material('soil', 2), Layer.PATCH)


def _lay_patches(out: FeatureList, lots: Lots, low, high, rng: np.random.Generator) -> None:
    counts = rng.poisson(20e-4 * np.prod(high - low, axis=1))
    lot = np.repeat(np.arange(len(low)), counts)
    outlines = blobs(
        rng.uniform(low[lot], high[lot]),
        3.5 * rng.lognormal(-0.6, 0.6, len(lot)),
        rng,
        rng.uniform(0.35, 1.0, len(lot)),
    )
    inside = lots.depth_m(lot, outlines).min(axis=1) > 0.3
    add_patches(out, outlines[inside], _GARDEN_PATCHES, Layer.PATCH, rng)


def _lay_gardens(out: FeatureList, lots: Lots, yard: np.ndarray, rng) -> None:
    """Add trees, shrubs, vegetable beds and now and then a pool."""
    count = len(yard)
    lot = np.repeat(np.arange(count), 2 * rng.integers(1, 8, count))
    points = yard[lot] + rng.normal(0, 7.0, (len(lot), 2))
    points = points[lots.depth_m(lot, points[:, None])[:, 0] > 0.8]
    radius = rng.choice([0.7, 1.1, 1.9, 2.8, 3.6], len(points))
    radius = radius * rng.uniform(0.8, 1.2, len(points))
    out.plant(points, radius, radius * 2.3, rng.integers(0, 8, len(points)), rng)
    angle = rng.uniform(0, np.pi, count)
    place = yard + rng.normal(0, 4.0, (count, 2))
    bed = rectangle(place, rng.uniform(3, 9, count), rng.uniform(2, 5, count), angle)
    pool, rim = rectangle(place, 7.0, 3.6, angle), rectangle(place, 9.0, 5.6, angle)
    chance, every = rng.random(count), np.arange(count)
    beds = bed[(chance < 0.35) & (lots.depth_m(every, bed).min(axis=1) > 0)]
    out.areas(beds, material('soil') + rng.integers(0, 3, len(beds)), Layer.LOT)
    has_pool = (chance > 0.93) & (lots.depth_m(every, rim).min(axis=1) > 0)
    out.areas(rim[has_pool], material('paving', 1), Layer.LOT)
    out.areas(pool[has_pool], material('pool'), Layer.LOT)


def _lay_houses(out: FeatureList, center, size, angle, taste, rng) -> None:
    count = len(center)
    length, width = size.T
    along, across = axes(angle)
    covering = np.where(
        rng.random(count) < 0.75,
        taste[rng.integers(0, 3, count)],
        rng.choice(14, count, p=HOUSE_COVERINGS),
    )
    wall, eave = rng.integers(0, 6, count), rng.choice([2.9, 3.2, 5.6, 6.2], count)
    roof = rng.choice([GABLE, GABLE, GABLE, HIP, FLAT], count)
    rise = np.where(roof == FLAT, 0.0, width * rng.uniform(0.24, 0.5, count))
    looks = {'roof': roof, 'covering': covering, 'wall': wall}
    out.build(center, angle, length, width, eave, rise, **looks)
    # A wing; its ridge is lower, so it goes under the main roof.
    side = (rng.choice([-0.45, 0.45], count) * width)[:, None]
    wing = center + across * side + along * (rng.uniform(-0.2, 0.2, count) * length)[:, None]
    has = rng.random(count) < 0.45
    out.build(
        wing[has], angle[has] + np.pi / 2, (width * 0.9)[has], (length * 0.42)[has],
        (eave - 0.3)[has], 0.6 * rise[has],
        **{name: value[has] for name, value in looks.items()},
    )  # fmt: skip
    has = roof != FLAT
    chimney = center + along * (rng.uniform(-0.3, 0.3, count) * length)[:, None] + across * 0.6
    out.build(
        chimney[has], angle[has], 0.9, 0.7, (eave + rise + 0.7)[has], 0.0,
        base=(eave + rise * 0.7)[has], covering=9, wall=3,
    )  # fmt: skip


def _lay_fronts(out: FeatureList, center, size, angle, front, facing, rng) -> None:
    """Add the drive with a car, the path to the door, and the terrace behind the house."""
    count = len(center)
    along = np.stack([facing[:, 1], -facing[:, 0]], axis=1)
    setback = ((front - center) * facing).sum(axis=1)
    aside = ((center - front) * along).sum(axis=1)
    side = rng.choice([-1, 1], count)
    towards = np.arctan2(facing[:, 1], facing[:, 0])
    drive = front - facing * (setback / 2)[:, None]
    drive = drive + along * (aside + side * (size[:, 0] / 2 + 1.9))[:, None]
    kinds = [MATERIALS[name].start for name in ('gravel', 'paving', 'asphalt')]
    surface = rng.choice(kinds, count) + rng.integers(0, 3, count)
    out.areas(rectangle(drive, setback + 4, 3.2, towards), surface, Layer.LOT)
    out.park(drive - facing * 1.5, towards + np.pi * (side > 0), 0.45, rng)
    path = center + facing * (setback / 2)[:, None] - along * (side * 2.0)[:, None]
    paths = rectangle(path, setback, 1.3, towards)[rng.random(count) < 0.7]
    out.areas(paths, material('paving') + rng.integers(0, 4, len(paths)), Layer.LOT)
    terrace = center - facing * (size[:, 1] / 2 + 1.5)[:, None]
    paving = material('paving') + rng.integers(0, 4, count)
    out.areas(rectangle(terrace, 5.0, 3.4, angle), paving, Layer.LOT)


def _lay_sheds(out: FeatureList, lots: Lots, lot, places, angle, taste, rng) -> None:
    has = lots.depth_m(lot, rectangle(places, 7.0, 6.0, angle)).min(axis=1) >= 0
    has &= rng.random(len(lot)) < 0.6
    count = int(has.sum())
    like_house = rng.random(count) < 0.4
    covering = np.where(like_house, taste[rng.integers(0, 3, count)], rng.integers(0, 14, count))
    is_gable = rng.random(count) < 0.6
    out.build(
        places[has], angle[has], rng.uniform(3, 6.5, count), rng.uniform(2.5, 4, count), 2.4,
        np.where(is_gable, 1.4, 0.0), roof=np.where(is_gable, GABLE, FLAT), covering=covering,
        wall=3,
    )  # fmt: skip
