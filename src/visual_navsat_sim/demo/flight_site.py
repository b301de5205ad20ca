# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where the demo takes place: a varied square of a world, laid out on the Earth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat_sim.worlds.lattice import MESH_M, TOWN_KINDS
from visual_navsat_sim.worlds.world import World

# Where simulated drones of PX4 start; the real ground there looks different.
HOME_LAT, HOME_LONG = 47.397742, 8.545594


@dataclass(frozen=True)
class Site:
    """A square of a world, and its coordinates on WGS 84."""

    world: World
    region: Region
    frame: LocalFrame  # its origin is the square's centre

    @classmethod
    def around(cls, world: World, center_m: tuple[float, float], size_m: float) -> Site:
        """Return the square around a point of a world, which lies at home on the Earth."""
        region = Region(*center_m, *center_m).padded(size_m / 2)
        return cls(world, region, LocalFrame(HOME_LAT, HOME_LONG))

    @property
    def size_m(self) -> float:
        """Length of a side."""
        return self.region.size_m[0]

    @property
    def center_m(self) -> np.ndarray:
        """East and north of the centre in the world, (2,)."""
        west, south, east, north = self.region.bounds
        return np.array([west + east, south + north]) / 2

    def geodetic(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Return latitude and longitude in degrees of a point of the world."""
        lat, long = self.frame.geodetic_from_enu(np.array([east_m, north_m]) - self.center_m)
        return float(lat), float(long)

    def world_from_geodetic(self, lat: float, long: float) -> np.ndarray:
        """Return east and north in the world, metres (2,), of a point in degrees."""
        return self.center_m + self.frame.enu_from_geodetic(lat, long)


def choose_site(world: World, size_m: float) -> Site:
    """Return the most varied square within a few kilometres of the world's origin."""
    candidates = [(column, row) for row in range(-5, 6) for column in range(-5, 6)]
    column, row = max(candidates, key=lambda mesh: _variety(world, *mesh))
    return Site.around(world, (MESH_M * (column + 0.5), MESH_M * (row + 0.5)), size_m)


def _variety(world: World, column: int, row: int) -> float:
    """Return how much there is to see around a mesh: land uses, some town, a little water."""
    around = (-1, 0, 1)
    kinds = [world.kind_at(column + x, row + y) for y in around for x in around]
    offsets = (np.arange(12) - 5.5) * 100.0
    east, north = np.meshgrid(offsets + MESH_M * (column + 0.5), offsets + MESH_M * (row + 0.5))
    wet = float((world.water_distance_m(east, north) > 0).mean())
    built_up = sum(kind in TOWN_KINDS for kind in kinds) / len(kinds)
    water_bonus = 1.0 if 0.02 < wet < 0.12 else -10 * max(0.0, wet - 0.12)
    return len(set(kinds)) - 5 * abs(built_up - 0.55) + water_bonus
