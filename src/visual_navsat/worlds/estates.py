"""Large buildings: housing estates of slabs, industry and its yards, car parks."""

from __future__ import annotations

import numpy as np

from visual_navsat.worlds.features import (
    FLAT,
    GABLE,
    LAYER_DISTRICT,
    LAYER_LOT,
    LAYER_PARCEL,
    LAYER_PATCH,
    LAYER_PATH,
    FeatureList,
)
from visual_navsat.worlds.materials import material
from visual_navsat.worlds.patches import blob, scatter_patches
from visual_navsat.worlds.polygons import axes, contains, inset, oriented_box, rectangle, split
from visual_navsat.worlds.roads import lay_car_park, lay_street

# Numbers of coverings that suit a flat roof and a shed (see the palette).
_FLAT_COVERINGS = (9, 10, 11, 12)
_SHED_COVERINGS = (7, 8, 10, 12, 13)


def lay_estate(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add slabs of flats in rows on lawns, with footpaths, trees and car parks."""
    lawn = material('grass', rng.integers(0, 6))
    out.area(polygon, lawn, LAYER_DISTRICT)
    parts, streets = split(inset(polygon, 4.0), rng, 26000, gap_m=12.0, wobble=0.15)
    for line in streets:
        lay_street(out, line, rng, width_m=7.0)
    eave = float(rng.choice([15.0, 15.0, 27.0]))
    for part in parts:
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
            out.line(path + across * 10, 2.2, material('paving', 2), LAYER_PATH)
        scatter_patches(out, part, ('grass', 'grass', 'soil'), 9, 7.0, LAYER_PATCH, rng)
        _scatter_trees(out, part, rng, count=int(length * width / rng.uniform(160, 500)))


def lay_industry(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add sheds on paved yards, with lorries, containers and car parks."""
    out.area(polygon, material('rough', rng.integers(0, 3)), LAYER_DISTRICT)
    parts, streets = split(inset(polygon, 5.0), rng, 27000, gap_m=14.0, wobble=0.1)
    for line in streets:
        lay_street(out, line, rng, width_m=8.0)
    for part in parts:
        yard = inset(part, 5.0)
        if not len(yard):
            continue
        surface = rng.choice(['asphalt', 'concrete', 'gravel'], p=[0.5, 0.3, 0.2])
        out.area(yard, material(surface, rng.integers(0, 5)), LAYER_PARCEL)
        scatter_patches(
            out, yard, ('asphalt', 'concrete', 'gravel', 'asphalt', 'rough'), 14, 7.0,
            LAYER_PATCH, rng,
        )  # fmt: skip
        _lay_yard(out, yard, rng)
        _lay_stacks(out, yard, rng)
        _scatter_trees(out, part, rng, count=10, edge_only=True)


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
    slots = max(1, round(length / rng.uniform(55, 95)))
    for slot in range(slots):
        middle = center + along * length * ((slot + 0.5) / slots - 0.5)
        size = length / slots * rng.uniform(0.55, 0.85), width * rng.uniform(0.3, 0.6)
        shed = middle + across * width * rng.uniform(-0.15, 0.15)
        if not contains(yard, rectangle(shed, *size, angle), 2.0).all():
            size = size[0] * 0.6, size[1] * 0.6
            if not contains(yard, rectangle(shed, *size, angle), 1.0).all():
                continue
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
        _lay_apron(out, yard, middle, shed, size, angle, rng)


def _lay_stacks(out: FeatureList, yard: np.ndarray, rng: np.random.Generator) -> None:
    """Add stored goods: rows of containers, pallets or heaps where the yard is free."""
    center, length, width, angle = oriented_box(yard)
    along, across = axes(angle)
    for _ in range(int(length * width / 900)):
        spot = center + along * rng.uniform(-0.48, 0.48) * length
        spot = spot + across * rng.uniform(-0.48, 0.48) * width
        reach = 14.0
        if not contains(yard, spot[None], 9.0).all() or any(
            abs(spot[0] - b[0]) + abs(spot[1] - b[1]) < reach + b[2] / 1.4 + b[3] / 1.4
            for b in out.buildings
        ):
            continue
        kind = rng.random()
        if kind < 0.25:
            heap = blob(spot, rng.uniform(3, 8), rng, 0.8)
            out.area(heap, material(rng.choice(['sand', 'gravel', 'soil']), 0), LAYER_LOT)
            continue
        size = (6.1, 2.45, 2.6) if kind < 0.55 else tuple(rng.uniform(1.2, 3.0, 3))
        colour, rows = int(rng.integers(0, 14)), rng.integers(1, 4)
        turn = angle + rng.choice([0, np.pi / 2])
        step_along, step_across = axes(turn)
        for row in range(rows):
            for column in range(rng.integers(1, 6)):
                place = spot + step_along * (column - 2) * (size[0] + 0.3)
                place = place + step_across * (row - 1) * (size[1] + 0.4)
                covering = colour if rng.random() < 0.6 else int(rng.integers(0, 14))
                out.building(place, size[0], size[1], turn, size[2], covering=covering, wall=3)


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
    out.area(patch, material('asphalt', rng.integers(0, 5)), LAYER_PATCH)


def _lay_roof_things(out, center, length, width, angle, eave, rng) -> None:
    """Add vents, stair heads and skylights to a flat roof."""
    along, across = axes(angle)
    for _ in range(int(length * width / 70)):
        spot = center + along * rng.uniform(-0.46, 0.46) * length
        spot = spot + across * rng.choice([-0.25, 0.0, 0.25]) * width
        size = rng.uniform(0.8, 3.2)
        out.building(
            spot, size, rng.uniform(0.6, 1.0) * size, angle, eave + rng.uniform(0.5, 2.2),
            base=eave, covering=int(rng.choice([8, 9, 10, 12])), wall=int(rng.choice([0, 1, 4])),
        )  # fmt: skip


def _scatter_trees(out, part, rng, count: int, edge_only: bool = False) -> None:
    low, high = part.min(axis=0), part.max(axis=0)
    points = rng.uniform(low, high, (count * (6 if edge_only else 1), 2))
    inside = contains(part, points, 1.0)
    if edge_only:
        inside &= ~contains(part, points, 5.0)
    # Trees stand clear of walls and bays.
    for building in out.buildings[-400:]:
        reach = np.hypot(building[2], building[3]) / 2 + 2.0
        near = np.hypot(points[:, 0] - building[0], points[:, 1] - building[1]) < reach
        inside &= ~near
    for car in out.cars[-900:]:
        inside &= np.hypot(points[:, 0] - car[0], points[:, 1] - car[1]) > 4.0
    points = points[inside]
    radius = rng.uniform(1.2, 4.0, len(points))
    out.plant(points, radius, radius * 2.5, rng.integers(0, 8, len(points)), rng)
    for point in points[:: max(1, len(points) // 3)]:
        bed = rectangle(point, 6, 4, rng.uniform(0, 3))
        if not edge_only:
            out.area(bed, material('soil', rng.integers(0, 3)), LAYER_LOT)
