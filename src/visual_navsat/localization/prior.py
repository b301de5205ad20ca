# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The prior: where the vehicle may be before its image is seen; it narrows the search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region

# Radius that holds 99.9 % of a Gaussian in two dimensions: sqrt(-2 ln 0.001). The box around it
# holds 99.96 %, which leaves less doubt than max_false_rate allows; 5 sigma would take 1.8 times
# the search.
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
        return cls(frame, (Region.around(np.stack([low, high])),))

    @property
    def area_m2(self) -> float:
        """Sum of the boxes' areas, overlaps included."""
        return sum(box.area_m2 for box in self.regions)

    def moved(self, offset_m: np.ndarray, margin_m: float) -> Prior:
        """Return the boxes moved by (2,) metres east and north, and widened on every side."""
        boxes = (box.moved(offset_m).padded(margin_m) for box in self.regions)
        return Prior(self.frame, tuple(boxes))

    def regions_in(self, frame: LocalFrame) -> list[Region]:
        """Return the boxes, in another frame, around the same ground."""
        return [box.reframed(self.frame, frame) for box in self.regions]

    def touches(self, boxes_m: np.ndarray, frame: LocalFrame) -> np.ndarray:
        """
        Return (N,) whether each box shares ground with the prior.

        :param boxes_m: (N, 4) west, south, east, north in ``frame``, as of ``tiles_bounds_m``.
        """
        west, south, east, north = np.asarray(boxes_m, float).reshape(-1, 4).T
        touched = np.zeros(len(west), bool)
        for box in self.regions_in(frame):
            in_columns = (west < box.east_m) & (east > box.west_m)
            touched |= in_columns & (south < box.north_m) & (north > box.south_m)
        return touched
