# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The errors of an orthophoto: it is bent by a metre or two against the ground."""

from __future__ import annotations

import cv2
import numpy as np
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.knot_field import KnotField
from visual_navsat_sim.worlds.noise import smooth_noise
from visual_navsat_sim.worlds.relief import HIGHEST_DETAIL_M
from visual_navsat_sim.worlds.sheet import Sheet
from visual_navsat_sim.worlds.world import World

_LENGTH_M = 160.0  # of the largest bends; the next are half as long
_NOISE_SIGMA, _NOISE_LARGEST = 0.387, 1.35  # of two octaves of smooth noise
_STEP_M = 16.0


class Rectification:
    """The errors of one map of a world."""

    def __init__(self, world: World, epoch: Epoch) -> None:
        """:param epoch: of the map; without a ``bend_m`` it has no errors."""
        self._world, self._epoch = world, epoch
        self._seams = KnotField(self._seam_errors_m, _STEP_M)

    @property
    def largest_m(self) -> float:
        """Return the most that the map is bent along one axis, metres."""
        epoch = self._epoch
        if epoch.bend_m <= 0:
            return 0.0
        lean = max(abs(epoch.lean_east), abs(epoch.lean_north))
        seams = epoch.bend_m * _NOISE_LARGEST / _NOISE_SIGMA
        return seams + lean * self._world.relief * HIGHEST_DETAIL_M

    def error_m(self, sheet: Sheet) -> tuple[np.ndarray, np.ndarray]:
        """
        Return how far east and north of its nominal place the ground lies that a map shows.

        Where ground is higher than the elevation model used for rectification knows, the map
        leans as buildings do; the rest stands for seams and for the attitude errors of images.

        :return: two (h, w) float32 of the part shown, metres.
        """
        seams = self._seams.sample(sheet)
        height = self._world.unmapped_height.sample(sheet)
        leans = self._epoch.lean_east, self._epoch.lean_north
        return tuple(seams[..., axis] - np.float32(leans[axis]) * height for axis in (0, 1))

    def bend(self, picture: np.ndarray, sheet: Sheet, margin_px: int) -> np.ndarray:
        """
        Return a picture of true ground bent as the map is.

        :param picture: (h, w, 3), the part shown of a sheet and a margin on all sides of it.
        :return: the part shown.
        """
        # In steps of 1/32 pixel, as in OpenCV: the result does not depend on the part shown.
        scale = np.float32(32.0 / sheet.gsd_m)
        right, up = (np.rint(error * scale) / np.float32(32) for error in self.error_m(sheet))
        right += np.arange(margin_px, margin_px + right.shape[1], dtype=np.float32)
        down = np.arange(margin_px, margin_px + up.shape[0], dtype=np.float32)[:, None] - up
        return cv2.remap(picture, right, down, cv2.INTER_LINEAR)

    def _seam_errors_m(self, east: np.ndarray, north: np.ndarray) -> np.ndarray:
        scale = self._epoch.bend_m / _NOISE_SIGMA
        errors = [
            scale * smooth_noise(self._epoch.seed + axis, east, north, _LENGTH_M, 2)
            for axis in (131, 132)
        ]
        return np.stack(errors, axis=-1)
