# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One world: asked for the features of any district, it lays them out from its seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
from visual_navsat.geometry.region import Region
from visual_navsat_sim.worlds import lattice
from visual_navsat_sim.worlds.countryside import lay_farmland, lay_forest, lay_meadow
from visual_navsat_sim.worlds.estates import lay_estate, lay_industry
from visual_navsat_sim.worlds.features import FeatureList, Features
from visual_navsat_sim.worlds.knot_field import KnotField
from visual_navsat_sim.worlds.noise import hash_bits, seeded_rng
from visual_navsat_sim.worlds.polygons import inset
from visual_navsat_sim.worlds.relief import height_m, unmapped_height_m, water_distance_m
from visual_navsat_sim.worlds.residential import lay_centre, lay_residential
from visual_navsat_sim.worlds.roads import HALF_WIDTH_M, lay_road

_CACHED_DISTRICTS = 400
_WATER_STEP_M = 16.0
_RELIEF_STEP_M = 40.0
_SHORES_M = {'buildings': 9.0, 'trees': 1.0, 'cars': 2.0}  # least distance from water
# What fills the inside of a mesh, by what the mesh is used for.
_LAYOUTS: dict[str, Callable[[FeatureList, np.ndarray, np.random.Generator], None]] = {
    'centre': lay_centre,
    'estate': lay_estate,
    'industry': lay_industry,
    'residential': partial(lay_residential, is_village=False),
    'village': partial(lay_residential, is_village=True),
    'farmland': lay_farmland,
    'forest': lay_forest,
    'meadow': partial(lay_meadow, is_park=False),
    'park': partial(lay_meadow, is_park=True),
}


class World:
    """
    An unbounded plane, in metres east and north of an origin, that a seed decides entirely.

    Only the districts used last are kept. Safe to use from several threads.
    """

    def __init__(self, seed: int, *, relief: float = 1.0) -> None:
        """
        Plan a world; nothing is laid out before it is asked for.

        :param seed: any integer; worlds of different seeds have nothing in common.
        :param relief: scale of the height of its hills; 1 is gentle, 0 flat.
        """
        self.relief = relief
        self.seed = int(hash_bits(seed, 1) >> np.uint64(16))
        self._remembered = lru_cache(maxsize=_CACHED_DISTRICTS)(self._lay_out)
        self.water = KnotField(self.water_distance_m, _WATER_STEP_M)
        self.unmapped_height = KnotField(self.unmapped_height_m, _RELIEF_STEP_M)

    def features(self, column: int, row: int) -> Features:
        """Return everything in one mesh of the road net, and on its southern and western road."""
        return self._remembered(column, row)

    def features_near(self, region: Region) -> list[Features]:
        """Return the features of every district that may reach into a region."""
        size = lattice.MESH_M
        columns = range(int(region.west_m // size) - 2, int(region.east_m // size) + 2)
        rows = range(int(region.south_m // size) - 2, int(region.north_m // size) + 2)
        return [
            self.features(column, row)
            for row in rows
            for column in columns
            if not lattice.mesh_region(self.seed, column, row).intersection(region).is_empty
        ]

    def kind_at(self, column: int, row: int) -> str:
        """Return what a mesh of the road net is used for, such as ``farmland``."""
        return lattice.district_kind(self.seed, column, row)

    def water_distance_m(self, east_m, north_m) -> np.ndarray:
        """Return how far inside the water points are, in metres; negative on land."""
        return water_distance_m(self.seed, east_m, north_m)

    def height_m(self, east_m, north_m) -> np.ndarray:
        """Return the height of the ground above that of the rivers, metres."""
        return self.relief * height_m(self.seed, east_m, north_m)

    def unmapped_height_m(self, east_m, north_m) -> np.ndarray:
        """Return the part of the height that the elevation model of an orthophoto misses."""
        return self.relief * unmapped_height_m(self.seed, east_m, north_m)

    def _lay_out(self, column: int, row: int) -> Features:
        seed, out = self.seed, FeatureList(self.seed)
        rng = seeded_rng(seed, column, row, 2)
        kind = self.kind_at(column, row)
        for axis in (lattice.EAST, lattice.NORTH):
            beside = (column, row - 1) if axis == lattice.EAST else (column - 1, row)
            in_town = kind in lattice.TOWN_KINDS or self.kind_at(*beside) in lattice.TOWN_KINDS
            road = lattice.road_class(seed, column, row, axis)
            lay_road(out, lattice.edge(seed, column, row, axis), road, rng, in_town)
        polygon = self._inner_polygon(column, row)
        _LAYOUTS[kind](out, polygon, rng)
        return self._without_drowned(out.freeze())

    def _inner_polygon(self, column: int, row: int) -> np.ndarray:
        """Return the mesh less the widest of its roads."""
        sides = [(column, row, 0), (column + 1, row, 1), (column, row + 1, 0), (column, row, 1)]
        widest = max(HALF_WIDTH_M[lattice.road_class(self.seed, *side)] for side in sides)
        return inset(lattice.mesh_polygon(self.seed, column, row), widest)

    def _without_drowned(self, features: Features) -> Features:
        """Return the features less what would stand in water."""
        kept = {}
        for name, shore_m in _SHORES_M.items():
            things = getattr(features, name)
            kept[name] = things[self.water_distance_m(things['east'], things['north']) < -shore_m]
        return replace(features, **kept)
