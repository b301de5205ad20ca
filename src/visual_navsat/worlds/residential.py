"""Where people live: streets, lots with houses and gardens, and the dense centre of a town."""

from __future__ import annotations

import numpy as np

from visual_navsat.worlds.features import (
    FLAT,
    GABLE,
    HIP,
    LAYER_DISTRICT,
    LAYER_LOT,
    LAYER_PARCEL,
    LAYER_PATCH,
    FeatureList,
)
from visual_navsat.worlds.materials import material
from visual_navsat.worlds.patches import scatter_patches
from visual_navsat.worlds.polygons import (
    area_m2,
    axes,
    clip,
    contains,
    inset,
    oriented_box,
    rectangle,
    split,
)
from visual_navsat.worlds.roads import lay_car_park, lay_street

# How common each covering of the palette is, on houses and in the middle of a town.
_HOUSE_COVERINGS = np.array([18, 14, 14, 12, 7, 8, 4, 5, 1, 12, 2, 2, 3, 1]) / 103
_TOWN_COVERINGS = np.array([20, 18, 6, 8, 4, 7, 3, 8, 2, 12, 9, 9, 3, 1]) / 110


def lay_residential(
    out: FeatureList, polygon: np.ndarray, rng: np.random.Generator, *, is_village: bool
) -> None:
    """Add streets with detached houses; a village has bent streets and wide gardens."""
    out.area(polygon, material('grass', rng.integers(0, 6)), LAYER_DISTRICT)
    wobble = rng.uniform(0.7, 1.2) if is_village else rng.choice([0.05, 0.3])
    parts, streets = split(
        inset(polygon, 3.0), rng, 13000 if is_village else 8200, gap_m=10.0, wobble=wobble
    )
    taste = rng.choice(14, 3, p=_HOUSE_COVERINGS)  # the coverings that are usual here
    lot_width = rng.uniform(26, 36) if is_village else rng.uniform(17, 25)
    for line in streets:
        lay_street(out, _reach_out(line, 6.0), rng, width_m=rng.choice([5.0, 5.5, 6.5]))
    for part in parts:
        for lot, facing in _lots(part, lot_width):
            _lay_lot(out, lot, facing, taste, rng)


def lay_centre(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add blocks of tall houses side by side around courtyards."""
    out.area(polygon, material('paving', rng.integers(0, 4)), LAYER_DISTRICT)
    parts, streets = split(
        inset(polygon, 2.0), rng, 7600, gap_m=14.0, wobble=rng.choice([0.1, 0.9])
    )
    for line in streets:
        lay_street(out, _reach_out(line, 5.0), rng, width_m=7.5)
    taste = rng.choice(14, 5, p=_TOWN_COVERINGS)
    for part in parts:
        _lay_perimeter_block(out, part, taste, rng)


def _reach_out(line: np.ndarray, length_m: float) -> np.ndarray:
    """Return a street lengthened at both ends to join the next one, with points for a bend."""
    along = (line[1] - line[0]) / max(np.hypot(*(line[1] - line[0])), 1e-6)
    start, end = line[0] - length_m * along, line[1] + length_m * along
    return start + np.linspace(0, 1, 5)[:, None] * (end - start)


def _lots(block: np.ndarray, lot_width_m: float):
    """Yield (lot polygon, unit vector from the lot to its street) of a block."""
    center, length, width, angle = oriented_box(block)
    along, across = axes(angle)
    rows = (-1, 1) if width > 38 else (1,)
    count = max(1, round(length / lot_width_m))
    for side in rows:
        row = clip(block, center, across * side) if len(rows) == 2 else block
        for index in range(count):
            start = center + along * length * (index / count - 0.5)
            end = center + along * length * ((index + 1) / count - 0.5)
            lot = clip(row, start, along)
            if len(lot):
                lot = clip(lot, end, -along)
            if area_m2(lot) > 220:
                yield lot, across * side


def _lay_lot(
    out: FeatureList,
    lot: np.ndarray,
    facing: np.ndarray,
    taste: np.ndarray,
    rng: np.random.Generator,
) -> None:
    along = np.array([facing[1], -facing[0]])
    middle = (lot.min(axis=0) + lot.max(axis=0)) / 2
    depth = (lot - middle) @ facing
    front = middle + facing * depth.max()
    reach = depth.max() - depth.min()
    garden = inset(lot, 0.35)
    out.area(garden, material('grass', rng.integers(0, 6)), LAYER_PARCEL)
    _lay_boundary(out, garden, rng)
    scatter_patches(out, garden, ('grass', 'grass', 'meadow', 'soil'), 20, 3.5, LAYER_PATCH, rng)
    size = np.array([rng.uniform(9, 14), rng.uniform(7.5, 10)])
    if rng.random() < 0.3:
        size = size[::-1]
    setback = rng.uniform(5, 9) + size[1] / 2
    center = front - facing * setback + along * rng.uniform(-2.5, 2.5)
    angle = float(np.arctan2(along[1], along[0]) + rng.normal(0, 0.03))
    if not contains(lot, rectangle(center, *(size + 1.0), angle)).all():
        _lay_garden(out, lot, middle, rng, count=rng.integers(2, 6))
        return
    _lay_house(out, center, size, angle, taste, rng)
    side = 1 if rng.random() < 0.5 else -1
    drive_at = along * side * (size[0] / 2 + 1.9)
    drive = front - facing * setback * 0.5 + (center - front) @ along * along + drive_at
    drive_angle = float(np.arctan2(facing[1], facing[0]))
    surface = ('gravel', 'paving', 'asphalt')[rng.integers(0, 3)]
    out.area(
        rectangle(drive, setback + 4, 3.2, drive_angle),
        material(surface, rng.integers(0, 3)),
        LAYER_LOT,
    )
    out.car(drive - facing * 1.5, drive_angle + np.pi * (side > 0), 0.45, rng)
    terrace = center - facing * (size[1] / 2 + 1.5)
    out.area(rectangle(terrace, 5, 3.4, angle), material('paving', rng.integers(0, 4)), LAYER_LOT)
    back = front - facing * (reach - 5) + along * rng.uniform(-5, 5)
    if rng.random() < 0.55 and contains(lot, rectangle(back, 7, 6, angle)).all():
        covering = taste[rng.integers(0, 3)] if rng.random() < 0.4 else rng.integers(0, 14)
        rise, roof = (1.4, GABLE) if rng.random() < 0.6 else (0.0, FLAT)
        length, width = rng.uniform(3, 6.5), rng.uniform(2.5, 4)
        out.building(
            back, length, width, angle, 2.4, rise=rise, roof=roof, covering=covering, wall=3
        )
    _lay_garden(out, lot, center - facing * (reach - setback) / 2, rng, rng.integers(1, 7))


def _lay_house(out, center, size, angle, taste, rng) -> None:
    length, width = size
    along, across = axes(angle)
    usual = rng.random() < 0.75
    covering = int(taste[rng.integers(0, 3)] if usual else rng.choice(14, p=_HOUSE_COVERINGS))
    wall, eave = int(rng.integers(0, 6)), float(rng.choice([2.9, 3.2, 5.6, 6.2]))
    roof = int(rng.choice([GABLE, GABLE, GABLE, HIP, FLAT]))
    rise = 0.0 if roof == FLAT else width * rng.uniform(0.24, 0.5)
    looks = {'covering': covering, 'wall': wall}
    out.building(center, length, width, angle, eave, rise=rise, roof=roof, **looks)
    if rng.random() < 0.45:
        # A wing; its ridge is lower, so it goes under the main roof.
        side, shift = rng.choice([-1, 1]), rng.uniform(-0.2, 0.2) * length
        wing = center + across * side * width * 0.45 + along * shift
        out.building(
            wing, width * 0.9, length * 0.42, angle + np.pi / 2, eave - 0.3,
            rise=0.6 * rise, roof=roof, **looks,
        )  # fmt: skip
    if roof != FLAT:
        chimney = center + along * rng.uniform(-0.3, 0.3) * length + across * 0.6
        top = eave + rise + 0.7
        out.building(chimney, 0.9, 0.7, angle, top, base=eave + rise * 0.7, covering=9, wall=3)


def _lay_boundary(out: FeatureList, garden: np.ndarray, rng: np.random.Generator) -> None:
    """Add a hedge or a fence around a garden."""
    if len(garden) < 3 or rng.random() < 0.3:
        return
    kind = material('hedge', rng.integers(0, 2)) if rng.random() < 0.5 else material('soil', 2)
    width = rng.uniform(0.8, 1.3) if kind == material('hedge', 0) else 0.25
    closed = np.concatenate([garden, garden[:1]])
    out.line(closed, width, kind, LAYER_PATCH)


def _lay_garden(out: FeatureList, lot: np.ndarray, around, rng, count: int) -> None:
    """Add trees, shrubs, vegetable beds and now and then a pool."""
    points = around + rng.normal(0, 7.0, (int(count) * 2, 2))
    points = points[contains(lot, points, 0.8)] if len(lot) > 2 else points[:0]
    if len(points):
        radius = rng.choice([0.7, 1.1, 1.9, 2.8, 3.6], len(points)) * rng.uniform(
            0.8, 1.2, len(points)
        )
        species = rng.integers(0, 8, len(points))
        out.plant(points, radius, radius * 2.3, species, rng)
    angle = rng.uniform(0, np.pi)
    place = around + rng.normal(0, 4.0, 2)
    if rng.random() < 0.3:
        bed = rectangle(place, rng.uniform(3, 9), rng.uniform(2, 5), angle)
        if contains(lot, bed).all():
            out.area(bed, material('soil', rng.integers(0, 3)), LAYER_LOT)
    elif rng.random() < 0.12:
        pool = rectangle(place, 7, 3.6, angle)
        if contains(lot, pool).all():
            out.area(rectangle(place, 9, 5.6, angle), material('paving', 1), LAYER_LOT)
            out.area(pool, material('pool'), LAYER_LOT)


def _lay_perimeter_block(
    out: FeatureList, block: np.ndarray, taste: np.ndarray, rng: np.random.Generator
) -> None:
    out.area(block, material('paving', rng.integers(0, 4)), LAYER_PARCEL)
    court = inset(block, 15.0)
    if len(court):
        ground = rng.choice(['grass', 'asphalt', 'gravel', 'paving'])
        out.area(court, material(ground, rng.integers(0, 4)), LAYER_PATCH)
        middle, length, width, angle = oriented_box(court)
        if width > 18 and length > 26 and rng.random() < 0.5:
            lay_car_park(out, middle, length * 0.7, 17.5, angle, rng)
        else:
            places = middle + rng.normal(0, 9.0, (rng.integers(2, 9), 2))
            radius = rng.uniform(1.8, 4.2, len(places))
            out.plant(places, radius, radius * 2.4, rng.integers(0, 6, len(places)), rng)
    height = rng.choice([9.0, 12.5, 16.0])
    corners = inset(block, 7.5)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        run = float(np.hypot(*(end - start)))
        if run < 14:
            continue
        angle = float(np.arctan2(*(end - start)[::-1]))
        count = max(1, round((run - 12) / rng.uniform(14, 24)))
        step = (run - 11) / count
        for index in range(count):
            if rng.random() < 0.1:
                continue
            center = start + (end - start) * (5.5 + step * (index + 0.5)) / run
            eave = height + rng.choice([-3.2, 0, 0, 0, 3.2])
            roof = int(rng.choice([GABLE, GABLE, HIP, FLAT]))
            out.building(
                center, step - 0.2, rng.uniform(10.5, 12.5), angle, eave,
                rise=0.0 if roof == FLAT else 4.0, roof=GABLE if roof == HIP else roof,
                covering=int(taste[rng.integers(0, 5)]), wall=int(rng.integers(0, 6)),
            )  # fmt: skip
