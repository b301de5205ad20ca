# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A box in a plane, in metres: the one rectangle for areas, tiles, priors and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame


@dataclass(frozen=True)
class Region:
    """A north-up box in a local frame, or in any other plane whose axes run east and north."""

    west_m: float
    south_m: float
    east_m: float
    north_m: float

    @classmethod
    def around(cls, points_m: np.ndarray) -> Region:
        """Return the smallest box that holds (..., 2) points east and north."""
        points = np.asarray(points_m, float).reshape(-1, 2)
        return cls(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())

    @classmethod
    def union(cls, boxes: Iterable[Region]) -> Region:
        """Return the smallest box that holds all of some boxes, at least one."""
        west, south, east, north = zip(*(box.bounds for box in boxes), strict=True)
        return cls(min(west), min(south), max(east), max(north))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north."""
        return self.west_m, self.south_m, self.east_m, self.north_m

    @property
    def size_m(self) -> tuple[float, float]:
        """Width and height."""
        return self.east_m - self.west_m, self.north_m - self.south_m

    @property
    def area_m2(self) -> float:
        """Width times height."""
        width_m, height_m = self.size_m
        return width_m * height_m

    @property
    def is_empty(self) -> bool:
        """Whether the box has no ground in it."""
        return self.west_m >= self.east_m or self.south_m >= self.north_m

    def moved(self, offset_m: Iterable[float]) -> Region:
        """Return the box moved by (2,) metres east and north."""
        east_m, north_m = (float(metres) for metres in offset_m)
        return Region(
            self.west_m + east_m,
            self.south_m + north_m,
            self.east_m + east_m,
            self.north_m + north_m,
        )

    def padded(self, margin_m: float) -> Region:
        """Return the box widened on every side."""
        return Region(
            self.west_m - margin_m,
            self.south_m - margin_m,
            self.east_m + margin_m,
            self.north_m + margin_m,
        )

    def intersection(self, other: Region) -> Region:
        """Return the ground that both cover; it :attr:`is_empty` where they share none."""
        return Region(
            max(self.west_m, other.west_m),
            max(self.south_m, other.south_m),
            min(self.east_m, other.east_m),
            min(self.north_m, other.north_m),
        )

    def reframed(self, source: LocalFrame, target: LocalFrame) -> Region:
        """Return the box around the same ground in another local frame."""
        if source == target:
            return self
        easts = [self.west_m, (self.west_m + self.east_m) / 2, self.east_m]
        norths = [self.south_m, (self.south_m + self.north_m) / 2, self.north_m]
        outline_m = np.stack(np.meshgrid(easts, norths), axis=-1)
        return Region.around(target.enu_from_geodetic(*source.geodetic_from_enu(outline_m)))


def intersections(boxes: Iterable[Region], others: Sequence[Region]) -> list[Region]:
    """Return the ground that each of some boxes shares with each of some others."""
    shared = (box.intersection(other) for box in boxes for other in others)
    return [box for box in shared if not box.is_empty]
