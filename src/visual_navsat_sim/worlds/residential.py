# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where people live: streets, lots with houses and gardens, and the dense centre of a town."""

from __future__ import annotations

import numpy as np
from visual_navsat_sim.worlds.features import FeatureList, FLAT, GABLE, HIP, Layer
from visual_navsat_sim.worlds.lots import HOUSE_COVERINGS, lay_lots, Lots
from visual_navsat_sim.worlds.materials import material
from visual_navsat_sim.worlds.polygons import (
    area_m2,
    axes,
    clip,
    convex_core,
    inset,
    oriented_box,
    split,
)
from visual_navsat_sim.worlds.roads import lay_car_park, lay_street, reach_out

# How common each covering of the palette is in the middle of a town.
_TOWN_COVERINGS = np.array([20, 18, 6, 8, 4, 7, 3, 8, 2, 12, 9, 9, 3, 1]) / 110


def lay_residential(
    out: FeatureList, polygon: np.ndarray, rng: np.random.Generator, *, is_village: bool
) -> None:
    """Add streets with detached houses; a village has bent streets and wide gardens."""
    out.area(polygon, material('grass', rng.integers(0, 6)), Layer.DISTRICT)
    wobble = rng.uniform(0.7, 1.2) if is_village else rng.choice([0.05, 0.3])
    parts, streets = split(
        inset(polygon, 3.0), rng, 13000 if is_village else 8200, gap_m=10.0, wobble=wobble
    )
    taste = rng.choice(14, 3, p=HOUSE_COVERINGS)  # the coverings that are usual here
    lot_width = rng.uniform(26, 36) if is_village else rng.uniform(17, 25)
    for line in streets:
        lay_street(out, reach_out(line, 6.0), rng, width_m=rng.choice([5.0, 5.5, 6.5]))
    lots = [lot for part in parts for lot in _lots(convex_core(part), lot_width)]
    polygons, facing = [lot for lot, _ in lots], [facing for _, facing in lots]
    lay_lots(out, Lots.from_polygons(polygons, facing), taste, rng)


def lay_centre(out: FeatureList, polygon: np.ndarray, rng: np.random.Generator) -> None:
    """Add blocks of tall houses side by side around courtyards."""
    out.area(polygon, material('paving', rng.integers(0, 4)), Layer.DISTRICT)
    parts, streets = split(
        inset(polygon, 2.0), rng, 7600, gap_m=14.0, wobble=rng.choice([0.1, 0.9])
    )
    for line in streets:
        lay_street(out, reach_out(line, 5.0), rng, width_m=7.5)
    taste = rng.choice(14, 5, p=_TOWN_COVERINGS)
    for part in parts:
        _lay_perimeter_block(out, part, taste, rng)


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


def _lay_perimeter_block(
    out: FeatureList, block: np.ndarray, taste: np.ndarray, rng: np.random.Generator
) -> None:
    out.area(block, material('paving', rng.integers(0, 4)), Layer.PARCEL)
    court = inset(block, 15.0)
    if len(court):
        ground = rng.choice(['grass', 'asphalt', 'gravel', 'paving'])
        out.area(court, material(ground, rng.integers(0, 4)), Layer.PATCH)
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
