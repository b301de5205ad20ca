"""The things on one piece of ground, as arrays that can be drawn at any scale and any light."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

# Things that lie on the ground are painted in this order.
(
    LAYER_DISTRICT,
    LAYER_PARCEL,
    LAYER_PATCH,
    LAYER_PATH,
    LAYER_LOT,
    LAYER_LOT_LINE,
    LAYER_SIDEWALK,
    LAYER_KERB,
    LAYER_STREET,
    LAYER_STREET_LINE,
    LAYER_WATER,
    LAYER_VERGE,
    LAYER_ROAD_KERB,
    LAYER_ROAD,
    LAYER_ROAD_LINE,
) = range(15)

BUILDING = np.dtype(
    [
        ('east', 'f8'),
        ('north', 'f8'),
        ('length', 'f4'),
        ('width', 'f4'),
        ('angle', 'f4'),  # of the length and the ridge, rad from east
        ('base', 'f4'),  # height of its foot above ground, m: 0, or on a roof
        ('eave', 'f4'),  # height where the walls end, m
        ('ridge', 'f4'),  # height of the ridge, m
        ('roof', 'u1'),  # FLAT, GABLE or HIP
        ('covering', 'u1'),
        ('wall', 'u1'),
    ]
)
FLAT, GABLE, HIP = range(3)

TREE = np.dtype(
    [
        ('east', 'f8'),
        ('north', 'f8'),
        ('radius', 'f4'),
        ('height', 'f4'),
        ('species', 'u1'),
        ('shape', 'u1'),
        ('group', 'u1'),  # trees of one group do not overlap, so that they are filled at once
    ]
)

CAR = np.dtype(
    [
        ('east', 'f8'),
        ('north', 'f8'),
        ('angle', 'f4'),
        ('length', 'f4'),
        ('width', 'f4'),
        ('presence', 'f4'),  # how often somebody is parked or driving here, 0 to 1
        ('key', 'i8'),  # tells an epoch whether this one is there, and its colour
    ]
)


@dataclass(frozen=True)
class Shape:
    """A polygon on the ground, or a line with a width."""

    points: np.ndarray  # (P, 2) east, north
    material: int
    layer: int
    width_m: float = 0.0  # 0 is a filled polygon


@dataclass(frozen=True)
class Field:
    """Farmland that is worked in rows."""

    polygon: np.ndarray  # (P, 2) east, north
    angle: float  # of the rows, rad from east
    key: int  # tells an epoch which crop grows here
    is_headland: bool = False


@dataclass(frozen=True)
class Features:
    """Everything on one piece of ground."""

    shapes: tuple[Shape, ...]
    shape_bounds: np.ndarray  # (N, 4) west, south, east, north
    fields: tuple[Field, ...]
    field_bounds: np.ndarray  # (N, 4)
    buildings: np.ndarray  # (N,) BUILDING
    trees: np.ndarray  # (N,) TREE
    cars: np.ndarray  # (N,) CAR


class FeatureList:
    """Collects features while a district is being laid out."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.fields: list[Field] = []
        self.buildings: list[tuple] = []
        self.trees: list[np.ndarray] = []
        self.cars: list[tuple] = []

    def area(self, polygon: np.ndarray, material: int, layer: int) -> None:
        """Add a filled polygon."""
        if len(polygon) > 2:
            self.shapes.append(Shape(polygon, material, layer))

    def line(self, points: np.ndarray, width_m: float, material: int, layer: int) -> None:
        """Add a line with a width."""
        self.shapes.append(Shape(np.asarray(points, float), material, layer, width_m))

    def building(
        self,
        center: Iterable[float],
        length: float,
        width: float,
        angle: float,
        eave: float,
        *,
        rise: float = 0.0,
        roof: int = FLAT,
        covering: int = 0,
        wall: int = 0,
        base: float = 0.0,
    ) -> None:
        """Add a building; heights in metres above ground, ``rise`` from eave to ridge."""
        east, north = center
        self.buildings.append(
            (east, north, length, width, angle, base, eave, eave + rise, roof, covering, wall)
        )

    def plant(self, points: np.ndarray, radius, height, species, rng: np.random.Generator) -> None:
        """Add trees at (N, 2) points; the rest are numbers or (N,) arrays."""
        trees = np.zeros(len(points), TREE)
        trees['east'], trees['north'] = points.T
        trees['radius'], trees['height'], trees['species'] = radius, height, species
        trees['shape'] = rng.integers(0, 16, len(points))
        trees['group'] = np.arange(len(points)) % 4
        self.trees.append(trees)

    def car(
        self,
        center: Iterable[float],
        angle: float,
        presence: float,
        rng: np.random.Generator,
        length: float = 4.4,
        width: float = 1.8,
    ) -> None:
        """Add a place where a car may stand."""
        east, north = center
        key = int(rng.integers(0, 2**62))
        self.cars.append((east, north, angle, length, width, presence, key))

    def freeze(self) -> Features:
        """Return what was collected, as arrays."""
        trees = np.concatenate(self.trees) if self.trees else np.zeros(0, TREE)
        return Features(
            shapes=tuple(self.shapes),
            shape_bounds=_bounds([(s.points, s.width_m) for s in self.shapes]),
            fields=tuple(self.fields),
            field_bounds=_bounds([(f.polygon, 0.0) for f in self.fields]),
            buildings=np.array(self.buildings, BUILDING),
            trees=trees,
            cars=np.array(self.cars, CAR),
        )


def _bounds(shapes: list[tuple[np.ndarray, float]]) -> np.ndarray:
    bounds = np.zeros((len(shapes), 4))
    for row, (points, width_m) in zip(bounds, shapes, strict=True):
        row[:2] = points.min(axis=0) - width_m
        row[2:] = points.max(axis=0) + width_m
    return bounds
