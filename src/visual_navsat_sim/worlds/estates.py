# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Large buildings: housing estates of slabs, industry and its yards, car parks."""

from __future__ import annotations

import numpy as np
from visual_navsat_sim.worlds.features import FeatureList, FLAT, GABLE, Layer
from visual_navsat_sim.worlds.materials import material
from visual_navsat_sim.worlds.patches import add_patches, blob, scatter_patches
from visual_navsat_sim.worlds.polygons import (
    axes,
    closed,
    contains,
    convex_core,
    inset,
    oriented_box,
    rectangle,
    split,
)
from visual_navsat_sim.worlds.roads import lay_car_park, lay_street, reach_out

# Coverings that suit a flat roof and a shed, as numbered in the palette.
_FLAT_COVERINGS = (9, 10, 11, 12)
_SHED_COVERINGS = (7, 8, 10, 12, 13)


def lay_estate(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add slabs of flats in rows on lawns, with footpaths, trees and car parks."""
    out.area(polygon, material('grass', rng.integers(0, 6)), Layer.DISTRICT)
    parts, streets = split(inset(polygon, 4.0), rng, 26000, gap_m=12.0, wobble=0.15)
    for line in streets:
        lay_street(out, reach_out(line, 7.0), rng, width_m=7.0)
    eave = float(rng.choice([15.0, 15.0, 27.0]))
    for part in map(convex_core, parts):
        center, length, width, angle = oriented_box(part)
        along, across = axes(angle + (np.pi / 2 if rng.random() < 0.4 else 0))
        turned = float(np.arctan2(along[1], along[0]))
        reach = length if turned == angle else width
        spread = width if turned == angle else length
        rows = max(1, int(spread // 46))
        for row in range(rows):
            middle = center + across * (row - (rows - 1) / 2) * spread / rows
            _lay_slab(out, part, middle, min(reach - 24, rng.uniform(50, 90)), turned, eave, rng)
            path = np.stack([middle - along * reach / 2, middle + along * reach / 2])
            out.line(path + across * 10, 2.2, material('paving', 2), Layer.PATH)
        scatter_patches(out, part, ('grass', 'grass', 'soil'), 9, 7.0, Layer.PATCH, rng)
        _scatter_trees(out, part, rng, count=int(length * width / rng.uniform(160, 500)))


def lay_industry(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add sheds on paved yards, with lorries, containers and car parks."""
    out.area(polygon, material('rough', rng.integers(0, 3)), Layer.DISTRICT)
    parts, streets = split(inset(polygon, 5.0), rng, 27000, gap_m=14.0, wobble=0.1)
    for line in streets:
        lay_street(out, reach_out(line, 8.0), rng, width_m=8.0)
    for part in parts:
        yard = inset(part, 5.0)
        if not len(yard):
            continue
        surface = rng.choice(['asphalt', 'concrete', 'gravel'], p=[0.5, 0.3, 0.2])
        out.area(yard, material(surface, rng.integers(0, 5)), Layer.PARCEL)
        _lay_edges(out, yard, rng)
        yard = convex_core(yard)
        scatter_patches(out, yard, ('asphalt', 'concrete', 'gravel'), 18, 2.2, Layer.PATCH, rng)
        _lay_repairs(out, yard, rng)
        _lay_yard(out, yard, rng)
        _lay_stacks(out, yard, rng)
        _scatter_trees(out, part, rng, count=24, edge_only=True)


def _lay_slab(out, part, middle, length, angle, eave, rng) -> None:
    if length < 25 or not contains(part, rectangle(middle, length, 14, angle)).all():
        return
    _, across = axes(angle)
    covering = int(rng.choice(_FLAT_COVERINGS))
    out.building(middle, length, 12.5, angle, eave, covering=covering, wall=int(rng.choice(6)))
    _lay_roof_things(out, middle, length, 10, angle, eave, rng)
    beside = middle + across * 19.0
    if contains(part, rectangle(beside, length * 0.7, 17.5, angle)).all():
        lay_car_park(out, beside, length * 0.7, 16.5, angle, rng)


def _lay_yard(out: FeatureList, yard: np.ndarray, rng: np.random.Generator) -> None:
    center, length, width, angle = oriented_box(yard)
    along, across = axes(angle)
    slots = max(1, round(length / rng.uniform(45, 85)))
    is_empty = True
    for slot in range(slots):
        middle = center + along * length * ((slot + 0.5) / slots - 0.5)
        size = length / slots * rng.uniform(0.55, 0.85), width * rng.uniform(0.3, 0.6)
        shed = middle + across * width * rng.uniform(-0.15, 0.15)
        if not contains(yard, rectangle(shed, *size, angle), 2.0).all():
            size = size[0] * 0.6, size[1] * 0.6
            if not contains(yard, rectangle(shed, *size, angle), 1.0).all():
                continue
        is_empty = False
        eave = rng.uniform(5, 11)
        roof = FLAT if rng.random() < 0.55 else GABLE
        covering = int(rng.choice(_SHED_COVERINGS if roof == GABLE else _FLAT_COVERINGS))
        rise = 0.07 * min(size) if roof == GABLE else 0.0
        turn = 0.0 if size[0] >= size[1] else np.pi / 2
        out.building(
            shed, max(size), min(size), angle + turn, eave,
            rise=rise, roof=roof, covering=covering, wall=int(rng.choice([0, 1, 4])),
        )  # fmt: skip
        if roof == FLAT:
            _lay_roof_things(out, shed, size[0] - 4, size[1] - 4, angle, eave, rng)
        elif rng.random() < 0.7:
            _lay_skylights(out, shed, max(size), min(size), angle + turn, eave + rise / 2)
        _lay_apron(out, yard, middle, shed, size, angle, rng)
    if is_empty:
        for share in (0.8, 0.6, 0.4):
            size = share * length, share * width
            if contains(yard, rectangle(center, *size, angle)).all():
                lay_car_park(out, center, *size, angle, rng)
                break


def _lay_repairs(out: FeatureList, yard: np.ndarray, rng: np.random.Generator) -> None:
    """Add the strips and squares in which a yard was paved at different times."""
    _, length, width, angle = oriented_box(yard)
    count = int(length * width / 700)
    places = _strewn(yard, count, 0.45, rng)
    size = rng.lognormal(2.3, 0.6, (count, 2))
    turn = angle + rng.choice([0, np.pi / 2], count)
    strips = rectangle(places, size[:, 0] * 1.6, size[:, 1] * 0.8, turn)
    inside = contains(yard, strips.reshape(-1, 2), 1.0).reshape(-1, 4).all(axis=1)
    add_patches(out, strips[inside], ('asphalt', 'asphalt', 'concrete'), Layer.PATCH, rng)


def _strewn(yard: np.ndarray, count: int, reach: float, rng: np.random.Generator) -> np.ndarray:
    """Return (N, 2) places in the box around a yard, up to a share of its sides off the middle."""
    center, length, width, angle = oriented_box(yard)
    along, across = axes(angle)
    places = center + rng.uniform(-reach, reach, (count, 1)) * length * along
    return places + rng.uniform(-reach, reach, (count, 1)) * width * across


def _lay_edges(out: FeatureList, yard: np.ndarray, rng: np.random.Generator) -> None:
    """Add the fence or hedge around a yard, and the gates through which lorries come."""
    outline = closed(yard)
    is_green = rng.random() < 0.4
    fence = material('hedge', rng.integers(0, 2)) if is_green else material('concrete', 1)
    out.line(outline, 1.6 if is_green else 0.3, fence, Layer.LOT_LINE)
    edges = np.diff(outline, axis=0)
    lengths = np.hypot(*edges.T)
    for index in np.argsort(lengths)[-2:]:
        outward = np.array([edges[index, 1], -edges[index, 0]]) / lengths[index]
        gate = yard[index] + edges[index] * rng.uniform(0.25, 0.75) + outward * 4.0
        angle = float(np.arctan2(outward[1], outward[0]))
        out.area(rectangle(gate, 14.0, 7.5, angle), material('asphalt', 2), Layer.LOT_LINE)


def _lay_stacks(out: FeatureList, yard: np.ndarray, rng: np.random.Generator) -> None:
    """Add stored goods: rows of containers, pallets or heaps where the yard is free."""
    _, length, width, angle = oriented_box(yard)
    spots = _strewn(yard, int(length * width / 900), 0.48, rng)
    spots = spots[contains(yard, spots, 9.0)]
    spots = spots[_stand_clear(spots, out.obstacles(cars=False), 10.0)]
    taken: list[np.ndarray] = []
    for spot in spots:
        if any(np.abs(spot - other).sum() < 22.0 for other in taken):
            continue
        taken.append(spot)
        kind = rng.random()
        if kind < 0.25:
            heap = blob(spot, rng.uniform(3, 8), rng, 0.8)
            out.area(heap, material(rng.choice(['sand', 'gravel', 'soil']), 0), Layer.LOT)
            continue
        size = (6.1, 2.45, 2.6) if kind < 0.55 else tuple(rng.uniform(1.2, 3.0, 3))
        colour, rows = int(rng.integers(0, 14)), int(rng.integers(1, 4))
        turn = angle + rng.choice([0, np.pi / 2])
        step_along, step_across = axes(turn)
        row, column = (grid.ravel() for grid in np.indices((rows, 5)))
        chosen = column < rng.integers(1, 6, rows)[row]
        row, column = row[chosen, None], column[chosen, None]
        places = spot + step_along * (column - 2) * (size[0] + 0.3)
        places = places + step_across * (row - 1) * (size[1] + 0.4)
        other = rng.integers(0, 14, len(places))
        covering = np.where(rng.random(len(places)) < 0.6, colour, other)
        out.build(places, turn, size[0], size[1], size[2], 0.0, covering=covering, wall=3)


def _lay_apron(out, yard, middle, shed, size, angle, rng) -> None:
    """Add what stands beside a shed: a car park, or containers and lorries."""
    along, across = axes(angle)
    side = rng.choice([-1, 1])
    beside = shed + across * side * (size[1] / 2 + 11)
    if contains(yard, rectangle(beside, size[0] * 0.9, 17, angle)).all() and rng.random() < 0.65:
        lay_car_park(out, beside, size[0] * 0.9, 16.5, angle, rng)
    other = shed - across * side * (size[1] / 2 + 6)
    for index in range(int(size[0] // 4)):
        spot = other + along * ((index + 0.5) * 4 - size[0] / 2)
        if rng.random() < 0.5 and contains(yard, rectangle(spot, 3, 12, angle)).all():
            if rng.random() < 0.5:
                out.building(
                    spot, 6.1, 2.45, angle + np.pi / 2, 2.6,
                    covering=int(rng.choice([0, 1, 2, 8, 13])), wall=int(rng.choice(6)),
                )  # fmt: skip
            else:
                out.car(spot, angle + np.pi / 2, 0.5, rng, rng.uniform(7, 13), 2.5)
    patch = rectangle(middle, size[0] * 0.5, size[1] * 0.8, angle + rng.normal(0, 0.2))
    out.area(patch, material('asphalt', rng.integers(0, 5)), Layer.PATCH)


def _lay_roof_things(out, center, length, width, angle, eave, rng) -> None:
    """Add vents, stair heads and skylights to a flat roof."""
    along, across = axes(angle)
    count = max(0, int(length * width / 70))
    spots = center + along * rng.uniform(-0.46, 0.46, (count, 1)) * length
    spots = spots + across * rng.choice([-0.25, 0.0, 0.25], (count, 1)) * width
    size = rng.uniform(0.8, 3.2, count)
    out.build(
        spots, angle, size, rng.uniform(0.6, 1.0, count) * size,
        eave + rng.uniform(0.5, 2.2, count), 0.0, base=eave,
        covering=rng.choice([8, 9, 10, 12], count), wall=rng.choice([0, 1, 4], count),
    )  # fmt: skip


def _lay_skylights(out, center, length, width, angle, height) -> None:
    """Add panes in two rows on the slopes of a shed."""
    along, across = axes(angle)
    stations = np.arange(-length / 2 + 4, length / 2 - 4, 6.0)
    u, v = (grid.reshape(-1, 1) for grid in np.meshgrid(stations, [-width / 4, width / 4]))
    out.build(
        center + u * along + v * across, angle + np.pi / 2, width * 0.22, 1.1, height + 0.1, 0.0,
        base=height, covering=8, wall=0,
    )  # fmt: skip


def _scatter_trees(out, part, rng, count: int, edge_only: bool = False) -> None:
    low, high = part.min(axis=0), part.max(axis=0)
    points = rng.uniform(low, high, (count * (6 if edge_only else 1), 2))
    inside = contains(part, points, 1.0)
    if edge_only:
        inside &= ~contains(part, points, 5.0)
    points = points[inside]
    # Trees stand clear of walls and bays.
    standing = out.obstacles()
    is_near = (standing[:, :2] > low - 60).all(axis=1) & (standing[:, :2] < high + 60).all(axis=1)
    points = points[_stand_clear(points, standing[is_near], 1.8)]
    radius = rng.uniform(1.2, 4.0, len(points))
    out.plant(points, radius, radius * 2.5, rng.integers(0, 8, len(points)), rng)
    for point in points[:: max(1, len(points) // 3)]:
        bed = rectangle(point, 6, 4, rng.uniform(0, 3))
        if not edge_only:
            out.area(bed, material('soil', rng.integers(0, 3)), Layer.LOT)


def _stand_clear(points: np.ndarray, circles: np.ndarray, margin_m: float) -> np.ndarray:
    """Return which of (N, 2) points are that far from all of (M, 3) circles, (N,) bool."""
    away = ((points[:, None] - circles[None, :, :2]) ** 2).sum(axis=2)
    return (away > (circles[:, 2] + margin_m) ** 2).all(axis=1)
