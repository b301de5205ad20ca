"""Where the vehicle may be, before an image is looked at: what narrows retrieval and search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.map_field import Region

# A Gaussian of two dimensions lies within so many sigmas 999 times of 1000: sqrt(-2 ln 0.001).
SIGMAS_999 = 3.717


@dataclass(frozen=True)
class Prior:
    """One or more boxes in a local frame, in one of which the vehicle is; they may overlap."""

    frame: LocalFrame
    regions: tuple[Region, ...]

    @classmethod
    def around(
        cls,
        frame: LocalFrame,
        center_enu_m: np.ndarray,
        covariance_enu_m2: np.ndarray,
        margin_m: float = 0.0,
    ) -> Prior:
        """
        Return the box around 99.9 % of a Gaussian.

        :param center_enu_m: (2,) east and north in ``frame``.
        :param covariance_enu_m2: (2, 2).
        :param margin_m: added on every side.
        """
        reach = SIGMAS_999 * np.sqrt(np.diag(covariance_enu_m2)) + margin_m
        low, high = np.asarray(center_enu_m) - reach, np.asarray(center_enu_m) + reach
        return cls(frame, (Region(*map(float, (*low, *high))),))

    @property
    def area_m2(self) -> float:
        """Ground in the boxes; where they overlap it counts as often."""
        return sum(box_area_m2(box) for box in self.regions)

    def moved(self, offset_m: np.ndarray, margin_m: float) -> Prior:
        """Return the boxes moved by (2,) metres east and north, and widened on every side."""
        east, north = (float(v) for v in offset_m)
        return Prior(
            self.frame,
            tuple(
                Region(
                    box.west_m + east - margin_m,
                    box.south_m + north - margin_m,
                    box.east_m + east + margin_m,
                    box.north_m + north + margin_m,
                )
                for box in self.regions
            ),
        )

    def regions_in(self, frame: LocalFrame) -> list[Region]:
        """Return the boxes, in another frame, around the same ground."""
        return [_reframed(box, self.frame, frame) for box in self.regions]

    def touches(self, boxes_m: np.ndarray, frame: LocalFrame) -> np.ndarray:
        """
        Return (N,) whether each box shares ground with the prior.

        :param boxes_m: (N, 4) west, south, east, north in ``frame``, as of ``tiles_bounds_m``.
        """
        west, south, east, north = np.asarray(boxes_m, float).reshape(-1, 4).T
        touched = np.zeros(len(west), bool)
        for box in self.regions_in(frame):
            touched |= (
                (west < box.east_m)
                & (east > box.west_m)
                & (south < box.north_m)
                & (north > box.south_m)
            )
        return touched


def box_area_m2(box: Region) -> float:
    """Return the area of a box."""
    return (box.east_m - box.west_m) * (box.north_m - box.south_m)


def intersections(boxes: Sequence[Region], others: Sequence[Region]) -> list[Region]:
    """Return the ground that each of some boxes shares with each of some others."""
    shared = [
        Region(
            max(a.west_m, b.west_m),
            max(a.south_m, b.south_m),
            min(a.east_m, b.east_m),
            min(a.north_m, b.north_m),
        )
        for a in boxes
        for b in others
    ]
    return [box for box in shared if box.west_m < box.east_m and box.south_m < box.north_m]


def _reframed(box: Region, source: LocalFrame, target: LocalFrame) -> Region:
    if (source.origin_lat, source.origin_long) == (target.origin_lat, target.origin_long):
        return box
    easts = np.array([box.west_m, (box.west_m + box.east_m) / 2, box.east_m])
    norths = np.array([box.south_m, (box.south_m + box.north_m) / 2, box.north_m])
    outline = np.stack(np.meshgrid(easts, norths), axis=-1).reshape(-1, 2)
    moved = target.enu_from_geodetic(*source.geodetic_from_enu(outline))
    return Region(*map(float, (*moved.min(axis=0), *moved.max(axis=0))))
