# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A probability for every cell of the map: the point-mass half of the track filter."""

from __future__ import annotations

import cv2
import numpy as np
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.geometry.region import Region

_REACH_SIGMAS = 8.0  # beyond, a Gaussian adds nothing that counts


class BeliefGrid:
    """
    A point-mass belief over a region of ground; rows run north, columns east.

    What is believed to be off the region is one number, :attr:`outside`; together they are one.

    Motion shifts the grid's origin and not its values, so steps smaller than a cell are kept and
    blur nothing. Spread smaller than a cell is saved up until it counts.

    Source: Bergman, "Recursive Bayesian Estimation: Navigation and Tracking Applications", 1999.
    """

    def __init__(self, region: Region, cell_m: float, outside: float = 0.0) -> None:
        """
        Make a belief that knows nothing.

        :param outside: what is believed at first to be off the region.
        """
        self.cell_m = cell_m
        self._first_center_m = np.array([region.west_m, region.south_m]) + cell_m / 2
        extent = np.array(region.size_m) / cell_m
        columns, rows = np.maximum(np.ceil(extent - 1e-9).astype(int), 1)
        self._first_outside = outside
        self.outside = outside
        self.mass = np.full((rows, columns), (1.0 - outside) / (rows * columns))
        self._shift_m = np.zeros(2)
        self._saved_variance_m2 = 0.0

    @property
    def axes_m(self) -> tuple[np.ndarray, np.ndarray]:
        """East of each column's centre and north of each row's centre, metres."""
        east, north = self._first_center_m + self._shift_m
        rows, columns = self.mass.shape
        return east + self.cell_m * np.arange(columns), north + self.cell_m * np.arange(rows)

    def move(self, displacement_m: np.ndarray, sigma_m: float) -> None:
        """
        Shift the belief by a displacement and spread it by its uncertainty.

        What the displacement takes off the region is outside; its uncertainty takes nothing off.

        :param displacement_m: (2,) east and north.
        :param sigma_m: standard deviation per axis, metres.
        """
        before = float(self.mass.sum())
        self._shift_m += displacement_m
        whole = np.round(self._shift_m / self.cell_m).astype(int)
        if whole.any():
            self._shift_m -= whole * self.cell_m
            self._roll(whole)
        kept = float(self.mass.sum())
        self.outside += max(before - kept, 0.0)
        self._saved_variance_m2 += sigma_m**2
        sigma_cells = np.sqrt(self._saved_variance_m2) / self.cell_m
        if sigma_cells >= 0.5:  # a narrower kernel is one cell wide and spreads nothing
            self._saved_variance_m2 = 0.0
            largest = 2 * max(self.mass.shape) - 1
            size = int(min(2 * np.ceil(3 * sigma_cells) + 1, largest))
            self.mass = cv2.GaussianBlur(
                self.mass, (size, size), sigma_cells, borderType=cv2.BORDER_CONSTANT
            )
            self.mass = self.mass * (kept / max(float(self.mass.sum()), 1e-300))
        self._normalise()

    def mix(self, share: float, returning: float = 0.0) -> None:
        """
        Replace a share of the belief by the first one, for motion that nothing measured.

        :param returning: share of what is outside that comes back, anywhere.
        """
        back = returning * self.outside + share * (1.0 - self._first_outside)
        self.outside = (1 - share - returning) * self.outside + share * self._first_outside
        self.mass = (1 - share) * self.mass + back / self.mass.size
        self._normalise()

    def multiply(self, likelihood: np.ndarray, outside: float = 1.0) -> None:
        """
        Weigh the belief by a likelihood of the same shape as :attr:`mass`.

        :param outside: likelihood of what is off the region.
        """
        self.mass = self.mass * likelihood
        self.outside *= outside
        self._normalise()

    def peak(self, radius_m: float) -> tuple[np.ndarray, np.ndarray, float]:
        """
        Return mean (2,) m and covariance (2, 2) m^2 around the heaviest place, and its share.

        :param radius_m: what counts as one place.
        """
        smooth = cv2.GaussianBlur(
            self.mass, (0, 0), radius_m / self.cell_m / 2, borderType=cv2.BORDER_CONSTANT
        )
        row, column = np.unravel_index(smooth.argmax(), smooth.shape)
        east, north = self.axes_m
        mean = np.array([east[column], north[row]])
        for _ in range(2):  # more rounds change nothing
            weights = self.mass * self._is_within(mean, radius_m)
            share = float(weights.sum())
            if share <= 0.0:  # all of it is outside
                return mean, np.eye(2) * radius_m**2, 0.0
            mean = np.array([weights.sum(0) @ east, weights.sum(1) @ north]) / share
        de, dn = east - mean[0], north - mean[1]
        cross = dn @ weights @ de
        spread = np.array([[weights.sum(0) @ de**2, cross], [cross, weights.sum(1) @ dn**2]])
        within_a_cell = np.eye(2) * self.cell_m**2 / 12
        return mean, spread / share + within_a_cell, share

    def boxes(self, share: float, max_count: int) -> list[Region]:
        """
        Return the places that together hold a share of the belief.

        Empty if the cells of over ten times the average belief hold less than that, or if there
        are more than ``max_count`` places.
        """
        heavy = self.mass[self.mass > 10.0 / self.mass.size]
        if heavy.sum() < share:
            return []
        heavy = np.sort(heavy)[::-1]
        least = heavy[min(int(np.searchsorted(heavy.cumsum(), share)), len(heavy) - 1)]
        is_place = (self.mass >= least).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(is_place, connectivity=8)
        if count - 1 > max_count:
            return []
        east, north = (axis[0] - self.cell_m / 2 for axis in self.axes_m)
        left, bottom, columns, rows = (stats[1:, :4] * self.cell_m).T.astype(float)
        corners = [east + left, north + bottom, east + left + columns, north + bottom + rows]
        return [Region(*box) for box in np.column_stack(corners).tolist()]

    def paint(self, boxes_m: np.ndarray, values: np.ndarray) -> np.ndarray:
        """
        Return each cell's highest value of the boxes around it, or the lowest of all without one.

        :param boxes_m: (N, 4) west, south, east, north.
        :param values: (N,).
        """
        east, north = self.axes_m
        left, right = (np.searchsorted(east, boxes_m[:, side]) for side in (0, 2))
        bottom, top = (np.searchsorted(north, boxes_m[:, side]) for side in (1, 3))
        painted = np.full(self.mass.shape, values.min())
        for box in np.argsort(values, kind='stable'):  # the highest last, over all others
            rows, columns = slice(bottom[box], top[box]), slice(left[box], right[box])
            painted[rows, columns] = values[box]
        return painted

    def add_gaussian(
        self, values: np.ndarray, mean_m: np.ndarray, covariance_m2: np.ndarray, weight: float
    ) -> None:
        """
        Add a Gaussian's density times a weight to the values of the cells, in place.

        :param values: of the shape of :attr:`mass`.
        """
        east, north = self.axes_m
        reach_m = _REACH_SIGMAS * np.sqrt(np.diag(covariance_m2))
        (left, right), (bottom, top) = (
            np.searchsorted(axis, (mean_m[k] - reach_m[k], mean_m[k] + reach_m[k]))
            for k, axis in enumerate((east, north))
        )
        inverse = np.linalg.inv(covariance_m2)
        de, dn = east[left:right] - mean_m[0], (north[bottom:top] - mean_m[1])[:, None]
        distance_2 = inverse[0, 0] * de**2 + 2 * inverse[0, 1] * de * dn + inverse[1, 1] * dn**2
        peak = weight / (2 * np.pi * np.sqrt(np.linalg.det(covariance_m2)))
        values[bottom:top, left:right] += peak * np.exp(-distance_2 / 2)

    def share_within(self, center_m: np.ndarray, radius_m: float) -> float:
        """Return the share of the belief within a radius of a place."""
        return float(self.mass[self._is_within(center_m, radius_m)].sum())

    def _is_within(self, center_m: np.ndarray, radius_m: float) -> np.ndarray:
        east, north = self.axes_m
        return (east - center_m[0]) ** 2 + (north[:, None] - center_m[1]) ** 2 <= radius_m**2

    def _roll(self, cells: np.ndarray) -> None:
        """Move the values by whole cells (east, north); what comes in from outside is empty."""
        east, north = cells.tolist()
        moved, whole = np.zeros_like(self.mass), PixelBox(0, 0, *self.mass.shape)
        target = whole.moved(north, east).intersection(whole)
        if not target.is_empty:
            moved[target.slices] = self.mass[target.moved(-north, -east).slices]
        self.mass = moved

    def _normalise(self) -> None:
        total = self.mass.sum() + self.outside
        # Everything was ruled out, or the values overflowed.
        if not 1e-300 <= total < np.inf:
            self.outside = self._first_outside
            self.mass = np.full_like(self.mass, (1.0 - self.outside) / self.mass.size)
        else:
            self.mass = self.mass / total
            self.outside = float(self.outside / total)
