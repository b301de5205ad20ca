# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Open ground: fields in rows with headlands and hedges, forest, meadows and parks."""

from __future__ import annotations

import numpy as np
from visual_navsat_sim.worlds.features import FeatureList, Field, GABLE, Layer
from visual_navsat_sim.worlds.materials import CONIFERS, material
from visual_navsat_sim.worlds.noise import hash_bits, hash_uniform, smooth_noise
from visual_navsat_sim.worlds.patches import blob, scatter_patches
from visual_navsat_sim.worlds.polygons import (
    area_m2,
    axes,
    clip,
    closed,
    contains,
    convex_core,
    encloses,
    inset,
    oriented_box,
    rectangle,
    split,
)
from visual_navsat_sim.worlds.roads import lay_track

_FOREST_STEP_M = 4.4  # between trees of a closed stand


def lay_farmland(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add fields with headlands, grass margins, hedgerows, tracks and sometimes a farm."""
    out.area(polygon, material('rough', rng.integers(0, 3)), Layer.DISTRICT)
    parts, cuts = split(
        inset(polygon, 1.5), rng, rng.choice([22000, 40000, 70000]), gap_m=3.0, wobble=0.35
    )
    for line in cuts:
        chance = rng.random()
        if chance < 0.3:
            lay_track(out, line, rng)
        elif chance < 0.7:
            _lay_hedgerow(out, line, rng)
    farm = rng.integers(0, len(parts)) if parts and rng.random() < 0.35 else -1
    for index, part in enumerate(parts):
        if index == farm:
            _lay_farm(out, part, rng)
        else:
            _lay_field(out, part, rng)


def lay_forest(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add a closed stand of trees with clearings and a ride or two."""
    out.area(polygon, material('forest_floor', rng.integers(0, 2)), Layer.DISTRICT)
    parts, rides = split(polygon, rng, 60000, gap_m=5.0, wobble=0.5)
    for ride in rides:
        lay_track(out, ride, rng)
    for part in parts:
        chance = rng.random()
        if chance < 0.1:
            # Felled or replanted: low, thin, with bare ground between.
            out.area(part, material('soil', rng.integers(0, 3)), Layer.PARCEL)
            _plant_stand(out, part, rng, height=2.5, density=0.4)
        else:
            _plant_stand(out, part, rng, height=rng.uniform(9, 21), density=0.97)


def lay_meadow(
    out: FeatureList, polygon: np.ndarray, rng: np.random.Generator, *, is_park: bool
) -> None:
    """Add grassland with clumps of trees; a park has lawns, paths and a sports pitch."""
    base = material('grass', rng.integers(0, 6)) if is_park else material('meadow', rng.choice(4))
    out.area(polygon, base, Layer.DISTRICT)
    parts, cuts = split(inset(polygon, 4.0), rng, 42000, gap_m=0.0, wobble=1.2)
    for part in parts:
        patch = 'grass' if is_park else 'meadow'
        out.area(part, material(patch, rng.integers(0, 6)), Layer.PARCEL)
        kinds = ('grass', 'meadow') if is_park else ('meadow', 'rough', 'meadow')
        part = convex_core(part)
        scatter_patches(out, part, kinds, rng.uniform(4, 14), 11.0, Layer.PATCH, rng)
        _plant_clumps(out, part, rng, count=int(rng.integers(3, 16)))
        _scatter_shrubs(out, part, rng, per_hectare=rng.choice([3, 20, 60]))
        if not is_park and rng.random() < 0.5:
            _lay_hedgerow(out, part[rng.integers(0, len(part)) - np.array([0, 1])], rng)
    if is_park:
        for line in cuts:
            out.line(_bend(line, rng), 2.6, material('gravel', rng.choice(3)), Layer.PATH)
        _lay_pitch(out, polygon, rng)


def _lay_field(out: FeatureList, part: np.ndarray, rng: np.random.Generator) -> None:
    field = inset(part, rng.uniform(0.5, 2.0))
    if not len(field):
        return
    key = int(rng.integers(0, 2**62))
    center, length, _, angle = oriented_box(field)
    along, _ = axes(angle)
    out.fields.append(Field(field, angle + np.pi / 2, key, is_headland=True))
    middle = clip(field, center + along * (length / 2 - 11), -along)
    middle = clip(middle, center - along * (length / 2 - 11), along)
    if area_m2(middle) > 1000:
        out.fields.append(Field(middle, angle, key))
    if rng.random() < 0.25:
        # A wet hollow or a copse that the plough goes around.
        spot = center + rng.normal(0, length / 8, 2)
        outline = blob(spot, rng.uniform(8, 20), rng)
        out.area(outline, material('rough', rng.choice(3)), Layer.PATCH)
        _plant(out, spot + rng.normal(0, 4.5, (rng.integers(3, 14), 2)), rng)


def _lay_hedgerow(out: FeatureList, line: np.ndarray, rng: np.random.Generator) -> None:
    out.line(line, rng.uniform(2.5, 5.0), material('rough', rng.choice(3)), Layer.PATCH)
    length = float(np.hypot(*(line[1] - line[0])))
    share = rng.uniform(0, 1, int(length / rng.uniform(4, 14)))
    points = line[0] + share[:, None] * (line[1] - line[0])
    _plant(out, points + rng.normal(0, 0.9, points.shape), rng)


def _lay_farm(out: FeatureList, part: np.ndarray, rng: np.random.Generator) -> None:
    out.area(part, material('meadow', rng.choice(4)), Layer.PARCEL)
    center, _, _, angle = oriented_box(part)
    along, across = axes(angle)
    out.area(rectangle(center, 62, 46, angle), material('gravel', rng.choice(3)), Layer.PATCH)
    for index, (u, v) in enumerate(((-22, 14), (0, -16), (20, 12), (24, -14))):
        size = (rng.uniform(22, 36), rng.uniform(11, 15)) if index else (13.0, 9.0)
        turn = angle + rng.choice([0, np.pi / 2]) + rng.normal(0, 0.04)
        place = center + along * u * 1.3 + across * v * 1.3
        out.building(
            place, *size, turn, 3.2 + index, rise=size[1] * 0.25, roof=GABLE,
            covering=int(rng.integers(0, 14)), wall=int(rng.choice(6)),
        )  # fmt: skip
    _plant(out, center + rng.normal(0, 34, (26, 2)), rng)


def _plant_stand(
    out: FeatureList,
    part: np.ndarray,
    rng: np.random.Generator,
    height: float,
    density: float,
) -> None:
    """Plant a forest on a net that covers the plane, so that nothing overlaps in one colour."""
    seed = out.seed
    low, high = part.min(axis=0), part.max(axis=0)
    columns = np.arange(int(low[0] // _FOREST_STEP_M), int(high[0] // _FOREST_STEP_M) + 1)
    rows = np.arange(int(low[1] // _FOREST_STEP_M), int(high[1] // _FOREST_STEP_M) + 1)
    column, row = (grid.ravel() for grid in np.meshgrid(columns, rows))
    jitter = hash_uniform(seed, column[:, None], row[:, None], np.arange(6)[None])
    points = (np.stack([column, row], axis=1) + 0.5 + 0.7 * (jitter[:, :2] - 0.5)) * _FOREST_STEP_M
    points = points + _drift(seed, points)
    openness = smooth_noise(seed + 51, points[:, 0], points[:, 1], 60.0, 2)
    inside = encloses(part, points) & (jitter[:, 2] < density) & (openness < 0.75)
    points, jitter, column, row = points[inside], jitter[inside], column[inside], row[inside]
    leaning = smooth_noise(seed + 52, points[:, 0], points[:, 1], 170.0, 2)
    is_conifer = leaning + 0.35 * (jitter[:, 3] - 0.5) > rng.uniform(-0.35, 0.35)
    chance = jitter[:, 4]
    species = np.where(is_conifer, np.array(CONIFERS)[(chance * 2).astype(int)], chance * 6)
    vigour = 0.7 + 0.6 * jitter[:, 5]
    radius = np.where(is_conifer, 1.9, 2.6) * vigour * min(1.0, 0.4 + height / 15)
    trees = out.plant(points, radius, height * vigour, species.astype(int), rng)
    trees['group'] = (column % 2) + 2 * (row % 2)
    trees['shape'] = hash_bits(seed, column, row, 61) % np.uint64(16)


def _drift(seed: int, points: np.ndarray) -> np.ndarray:
    """Return (N, 2) metres by which the planting net is drawn askew, so that no rows show."""
    east, north = points.T
    return np.column_stack(
        [
            2.4 * smooth_noise(seed + axis, east, north, 27.0)
            + 14.0 * smooth_noise(seed + axis + 10, east, north, 160.0)
            for axis in (53, 54)
        ]
    )


def _scatter_shrubs(out: FeatureList, part: np.ndarray, rng, per_hectare: float) -> None:
    low, high = part.min(axis=0), part.max(axis=0)
    points = rng.uniform(low, high, (int(per_hectare * np.prod(high - low) / 1e4), 2))
    # Scrub comes in drifts.
    points = points[smooth_noise(31, points[:, 0], points[:, 1], 45.0, 2) > -0.1]
    points = points[contains(part, points, 1.0)]
    radius = rng.uniform(0.6, 1.7, len(points))
    out.plant(points, radius, 1.8 * radius, rng.integers(0, 8, len(points)), rng)


def _plant_clumps(out: FeatureList, part: np.ndarray, rng, count: int) -> None:
    low, high = part.min(axis=0), part.max(axis=0)
    for _ in range(count):
        spot = rng.uniform(low, high)
        points = spot + rng.normal(0, rng.uniform(3, 16), (rng.integers(1, 16), 2))
        points = points[contains(part, points, 1.0)]
        _plant(out, points, rng)


def _plant(out: FeatureList, points: np.ndarray, rng: np.random.Generator) -> None:
    radius = rng.uniform(1.3, 4.2, len(points))
    species = np.where(rng.random(len(points)) < 0.75, rng.integers(0, 6), rng.choice(8))
    out.plant(points, radius, radius * 2.6, species, rng)


def _bend(line: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    share = np.linspace(0, 1, 9)[:, None]
    along = line[1] - line[0]
    across = np.array([-along[1], along[0]])
    return line[0] + share * along + rng.uniform(-0.1, 0.1) * np.sin(np.pi * share) * across


def _lay_pitch(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add a football pitch, mown in stripes."""
    center, _, _, angle = oriented_box(polygon)
    angle += rng.choice([0, np.pi / 2])
    along, across = axes(angle)
    center = center + rng.uniform(-60, 60, 2)
    out.area(rectangle(center, 112, 76, angle), material('pitch', 0), Layer.LOT)
    for stripe in range(-4, 5):
        place = center + along * stripe * 11.0
        out.area(rectangle(place, 5.5, 68, angle), material('pitch', 1), Layer.LOT)
    # Along the pitch from its middle: the outline, the halfway line and both penalty areas.
    boxes = (0, 100, 64), (0, 0.1, 64), (-41.75, 16.5, 40), (41.75, 16.5, 40)
    for offset, length, width in boxes:
        box = closed(rectangle(center + along * offset, length, width, angle))
        out.line(box, 0.14, material('marking'), Layer.LOT_LINE)
    turn = np.linspace(0, 2 * np.pi, 25)
    circle = center + 9.15 * (np.cos(turn)[:, None] * along + np.sin(turn)[:, None] * across)
    out.line(circle, 0.14, material('marking'), Layer.LOT_LINE)
