# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Ground of which a photo would look alike, as its height and its slopes are alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from visual_navsat.correlation.heading_scale_grid import SEARCHED_SIGMAS
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.relief_photo import ReliefPhoto
from visual_navsat.localization.height_over_ground import LOWEST_M

_ALIKE_SCALE = 0.12  # the most that a group's scales differ from that of its middle
# What is left of the difference between two looks at the best scale, over the photo's points:
# root mean square, as a share of their distance from its centre, and at most.
_ALIKE_SHARE = 0.1
_WIDEST = 0.45
_CELL_SHARE = 0.25  # of the height: smaller cells make the search slow, larger ones are less level
_MIN_CELL_M, _MAX_CELL_M = 40.0, 400.0
_POINTS = np.stack(np.meshgrid([0.1, 0.5, 0.9], [0.1, 0.5, 0.9]), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class GroundGroup:
    """Ground of which a photo would look alike, but for a scale."""

    center_m: np.ndarray  # (2,) a place in it that stands for all
    height_m: float  # of the photo over it
    scale_tolerance: float  # either way, of what the photo would show there
    regions: tuple[Region, ...]  # in the terrain's frame; those of all groups do not overlap


def group_ground(photo: ReliefPhoto, where: Region, alike_m: float) -> tuple[GroundGroup, ...]:
    """
    Return the groups that together cover some ground that the photo is high enough above.

    :param where: in the terrain's frame.
    :param alike_m: by which points of the photo may be off in the mean over one group, at most.
    """
    cells = _Cells.of(photo, where)
    centers_m = cells.centers_m.reshape(-1, 2)
    heights_m = photo.height_over(centers_m)
    points_m = photo.ground_points(centers_m, _POINTS).reshape(len(centers_m), -1)
    unsure = SEARCHED_SIGMAS * photo.height_sigma_m / heights_m
    unsure = np.hypot(unsure, cells.uneven_m.ravel() / heights_m)
    is_left = heights_m > min(LOWEST_M, 0.999 * heights_m.max())
    groups = []
    while is_left.any():
        # A little above the lowest height, so that the group reaches down to it.
        wanted_m = heights_m[is_left].min() * (1 + _ALIKE_SCALE)
        first = np.where(is_left, np.abs(heights_m - wanted_m), np.inf).argmin()
        square = points_m[first] @ points_m[first]
        scales = points_m @ points_m[first] / square
        rest_m = points_m - scales[:, None] * points_m[first]
        rms_m = np.sqrt((rest_m**2).sum(axis=1) / len(_POINTS))
        least_m = min(_ALIKE_SHARE * np.sqrt(square / len(_POINTS)), alike_m)
        is_in = is_left & (np.abs(scales - 1) <= _ALIKE_SCALE) & (rms_m <= least_m)
        is_in[first] = True
        is_left &= ~is_in
        tolerance = float((np.abs(scales - 1) + unsure)[is_in].max())
        regions = cells.boxes(is_in.reshape(cells.uneven_m.shape))
        groups.append(
            GroundGroup(
                centers_m[first], float(heights_m[first]), min(tolerance, _WIDEST), regions
            )
        )
    return tuple(groups)


@dataclass(frozen=True)
class _Cells:
    """Squares of ground, rows from north to south."""

    region: Region
    side_m: tuple[float, float]  # east and north
    centers_m: np.ndarray  # (rows, columns, 2)
    uneven_m: np.ndarray  # (rows, columns) half of the range of heights

    @classmethod
    def of(cls, photo: ReliefPhoto, where: Region) -> _Cells:
        """Return the cells that cover a box."""
        ground = photo.terrain.range_in(where)
        usual_m = photo.altitude_m - (photo.unknown_m if ground is None else ground.median_m)
        cell_m = min(max(_CELL_SHARE * usual_m, _MIN_CELL_M), _MAX_CELL_M)
        columns, rows = (max(1, round(size / cell_m)) for size in where.size_m)
        sides = where.size_m[0] / columns, where.size_m[1] / rows
        steps = np.linspace(0.0, 1.0, 5)
        east_m = where.west_m + sides[0] * (np.arange(columns)[:, None] + steps)
        north_m = where.north_m - sides[1] * (np.arange(rows)[:, None] + steps)
        heights_m = photo.terrain.height_at(east_m[None, :, None, :], north_m[:, None, :, None])
        heights_m = np.where(np.isfinite(heights_m), heights_m, photo.unknown_m)
        centers_m = np.stack(np.meshgrid(east_m[:, 2], north_m[:, 2]), axis=-1)
        return cls(where, sides, centers_m, np.ptp(heights_m, axis=(2, 3)) / 2)

    def boxes(self, is_in: np.ndarray) -> tuple[Region, ...]:
        """Return few boxes that hold exactly the cells of a (rows, columns) bool."""
        left = np.array(is_in)
        boxes = []
        for row, column in np.argwhere(is_in):
            if not left[row, column]:
                continue
            beyond = np.flatnonzero(~left[row, column:])
            end = column + (beyond[0] if len(beyond) else left.shape[1] - column)
            gaps = np.flatnonzero(~np.asarray(left[row:, column:end].all(axis=1)))
            bottom = row + (gaps[0] if len(gaps) else len(left) - row)
            left[row:bottom, column:end] = False
            boxes.append(self._box(int(row), int(column), int(bottom), int(end)))
        return tuple(boxes)

    def _box(self, top: int, left: int, bottom: int, right: int) -> Region:
        west_m, north_m = self.region.west_m, self.region.north_m
        east, north = self.side_m
        return Region(
            west_m + left * east, north_m - bottom * north, west_m + right * east,
            north_m - top * north,
        )  # fmt: skip
