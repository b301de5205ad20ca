"""Where the demo takes place: a varied square of a world, laid out on the Earth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat_sim.worlds.lattice import MESH_M
from visual_navsat_sim.worlds.world import World

# Where simulated drones of PX4 start; nothing there looks like the world.
HOME_LAT, HOME_LONG = 47.397742, 8.545594

_BUILT_UP = {'centre', 'estate', 'residential', 'village', 'industry'}


@dataclass(frozen=True)
class Place:
    """A square of a world, north up, and its coordinates on WGS 84."""

    world: World
    center_east_m: float  # in the world
    center_north_m: float
    size_m: float
    frame: LocalFrame  # its origin is the square's centre

    @property
    def west_m(self) -> float:
        return self.center_east_m - self.size_m / 2

    @property
    def north_m(self) -> float:
        return self.center_north_m + self.size_m / 2

    def geodetic(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Return latitude and longitude in degrees of a point of the world."""
        enu = np.array([east_m - self.center_east_m, north_m - self.center_north_m])
        lat, long = self.frame.geodetic_from_enu(enu)
        return float(lat), float(long)

    def world_from_geodetic(self, lat: float, long: float) -> np.ndarray:
        """Return east and north in the world, metres (2,), of a point in degrees."""
        center = np.array([self.center_east_m, self.center_north_m])
        return center + self.frame.enu_from_geodetic(lat, long)


def choose_place(world: World, size_m: float) -> Place:
    """Return the most varied square within a few kilometres of the world's origin."""
    candidates = [(column, row) for row in range(-5, 6) for column in range(-5, 6)]
    column, row = max(candidates, key=lambda mesh: _variety(world, *mesh))
    east, north = MESH_M * (column + 0.5), MESH_M * (row + 0.5)
    return Place(world, east, north, size_m, LocalFrame(HOME_LAT, HOME_LONG))


def _variety(world: World, column: int, row: int) -> float:
    """Return how much there is to see around a mesh: land uses, some town, a little water."""
    around = (-1, 0, 1)
    kinds = [world.kind_at(column + x, row + y) for y in around for x in around]
    offsets = (np.arange(12) - 5.5) * 100.0
    east, north = np.meshgrid(offsets + MESH_M * (column + 0.5), offsets + MESH_M * (row + 0.5))
    wet = float((world.water_distance_m(east, north) > 0).mean())
    built_up = sum(kind in _BUILT_UP for kind in kinds) / len(kinds)
    water_bonus = 1.0 if 0.02 < wet < 0.12 else -10 * max(0.0, wet - 0.12)
    return len(set(kinds)) - 5 * abs(built_up - 0.55) + water_bonus
