# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The things on one piece of ground, as arrays that can be drawn at any scale and any light."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np


class Layer(IntEnum):
    """Things that lie on the ground, in the order in which they are painted."""

    DISTRICT = 0
    PARCEL = 1
    PATCH = 2
    PATH = 3
    LOT = 4
    LOT_LINE = 5
    SIDEWALK = 6
    KERB = 7
    STREET = 8
    STREET_LINE = 9
    WATER = 10
    VERGE = 11
    ROAD_KERB = 12
    ROAD = 13
    ROAD_LINE = 14


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
        ('presence', 'f4'),  # probability that a car is here, 0 to 1
        ('key', 'i8'),  # decides with the epoch whether a car is there, and its colour
    ]
)


@dataclass(frozen=True)
class Shapes:
    """Polygons on the ground, and lines with a width, packed so that they are moved at once."""

    points: np.ndarray  # (T, 2) east, north, shape after shape
    starts: np.ndarray  # (N + 1,) where the points of each shape begin
    materials: np.ndarray  # (N,) uint8
    layers: np.ndarray  # (N,) uint8
    widths_m: np.ndarray  # (N,) float32; 0 is a filled polygon
    bounds: np.ndarray  # (N, 4) west, south, east, north


@dataclass(frozen=True)
class Field:
    """Farmland that is worked in rows."""

    polygon: np.ndarray  # (P, 2) east, north
    angle: float  # of the rows, rad from east
    key: int  # decides with the epoch which crop grows here
    is_headland: bool = False

    @property
    def bounds(self) -> np.ndarray:
        """West, south, east and north, (4,)."""
        return np.concatenate([self.polygon.min(axis=0), self.polygon.max(axis=0)])


@dataclass(frozen=True)
class Features:
    """Everything on one piece of ground."""

    shapes: Shapes
    fields: tuple[Field, ...]
    buildings: np.ndarray  # (N,) BUILDING
    trees: np.ndarray  # (N,) TREE
    cars: np.ndarray  # (N,) CAR


class FeatureList:
    """Collects features while a district is being laid out."""

    def __init__(self, seed: int) -> None:
        """:param seed: of the world."""
        self.seed = seed
        self.fields: list[Field] = []
        self._trees: list[np.ndarray] = []
        # Arrays of many, and single ones.
        self._buildings: tuple[list[np.ndarray], list[tuple]] = [], []
        self._cars: tuple[list[np.ndarray], list[tuple]] = [], []
        self._points: list[np.ndarray] = []
        self._looks: list[tuple[int, int, int, float]] = []  # corners, material, layer, width

    def area(self, polygon: np.ndarray, material: int, layer: int) -> None:
        """Add a filled polygon."""
        if len(polygon) > 2:
            self.line(polygon, 0.0, material, layer)

    def areas(self, polygons: np.ndarray, materials: int | np.ndarray, layer: int) -> None:
        """Add (N, P, 2) filled polygons; ``materials`` is one number or (N,)."""
        self._points.append(polygons.reshape(-1, 2))
        for material in np.broadcast_to(materials, len(polygons)).tolist():
            self._looks.append((polygons.shape[1], material, layer, 0.0))

    def line(self, points: np.ndarray, width_m: float, material: int, layer: int) -> None:
        """Add a line with a width."""
        self.lines(points[None], width_m, material, layer)

    def lines(self, points: np.ndarray, width_m: float, material: int, layer: int) -> None:
        """Add (N, P, 2) lines that look alike."""
        self._points.append(points.reshape(-1, 2))
        self._looks.extend([(points.shape[1], material, layer, width_m)] * len(points))

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
    ) -> None:
        """Add a building; heights in metres above ground, ``rise`` from eave to ridge."""
        size = length, width, angle, 0.0, eave, eave + rise
        self._buildings[1].append((*center, *size, roof, covering, wall))

    def build(self, places: np.ndarray, angle, length, width, eave, rise, **looks) -> None:
        """Add buildings at (N, 2) places; everything else is a number or (N,)."""
        block = np.zeros(len(places), BUILDING)
        block['east'], block['north'] = places.T
        block['angle'], block['length'], block['width'] = angle, length, width
        block['eave'] = eave
        block['ridge'] = block['eave'] + rise
        for name, value in looks.items():
            block[name] = value
        self._buildings[0].append(block)

    def car(
        self,
        center: Iterable[float],
        angle: float,
        presence: float,
        rng: np.random.Generator,
        length: float,
        width: float,
    ) -> None:
        """Add a place where a car or a lorry may stand."""
        key = int(rng.integers(0, 2**62))
        self._cars[1].append((*center, angle, length, width, presence, key))

    def park(self, places: np.ndarray, angle, presence: float, rng: np.random.Generator) -> None:
        """Add places at (N, 2) points where cars of the usual size may stand."""
        block = np.zeros(len(places), CAR)
        block['east'], block['north'] = places.T
        block['angle'], block['presence'] = angle, presence
        block['length'], block['width'] = 4.4, 1.8
        block['key'] = rng.integers(0, 2**62, len(places))
        self._cars[0].append(block)

    def plant(
        self, points: np.ndarray, radius, height, species, rng: np.random.Generator
    ) -> np.ndarray:
        """Add trees at (N, 2) points and return them; the rest are numbers or (N,) arrays."""
        trees = np.zeros(len(points), TREE)
        trees['east'], trees['north'] = points.T
        trees['radius'], trees['height'], trees['species'] = radius, height, species
        trees['shape'] = rng.integers(0, 16, len(points))
        trees['group'] = np.arange(len(points)) % 4
        self._trees.append(trees)
        return trees

    def obstacles(self, *, cars: bool = True) -> np.ndarray:
        """Return (N, 3) east, north and radius of the circles that hold what stands here."""
        circles = [
            np.column_stack([part['east'], part['north'],
                             np.hypot(part['length'], part['width']) / 2])
            for part in (_joined(self._buildings, BUILDING), _joined(self._cars, CAR))[: 1 + cars]
        ]  # fmt: skip
        return np.concatenate(circles)

    def freeze(self) -> Features:
        """Return what was collected, as arrays."""
        return Features(
            _pack(self._points, self._looks),
            tuple(self.fields),
            _joined(self._buildings, BUILDING),
            _joined((self._trees, []), TREE),
            _joined(self._cars, CAR),
        )


def places_of(things: np.ndarray) -> np.ndarray:
    """Return (N, 2) east and north of (N,) BUILDING, TREE or CAR."""
    return np.stack([things['east'], things['north']], axis=1)


def join(blocks: list[np.ndarray]) -> np.ndarray:
    """Return structured arrays of one type (at least one of them) end to end."""
    # np.concatenate compares the types field by field, which takes longer than the copying.
    joined = np.empty(sum(map(len, blocks)), blocks[0].dtype)
    start = 0
    for block in blocks:
        joined[start:][: len(block)] = block
        start += len(block)
    return joined


def _joined(parts: tuple[list[np.ndarray], list[tuple]], dtype: np.dtype) -> np.ndarray:
    blocks, singles = parts
    return join([*blocks, np.array(singles, dtype)])


def _pack(points: list[np.ndarray], looks: list[tuple[int, int, int, float]]) -> Shapes:
    corners, materials, layers, widths = np.array(looks, float).reshape(-1, 4).T
    starts = np.concatenate([[0], np.cumsum(corners)]).astype(int)
    packed = np.concatenate([np.zeros((0, 2)), *points])
    low, high = (reach.reduceat(packed, starts[:-1]) for reach in (np.minimum, np.maximum))
    bounds = np.column_stack([low - widths[:, None], high + widths[:, None]])
    return Shapes(
        packed,
        starts,
        materials.astype(np.uint8),
        layers.astype(np.uint8),
        widths.astype(np.float32),
        bounds,
    )
