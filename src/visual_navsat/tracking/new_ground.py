# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How much of what an image shows the images before it did not: the same ground proves once."""

from __future__ import annotations

import numpy as np

# About half a footprint: images farther apart than this make their mistakes for themselves.
_INDEPENDENT_M = 50.0
# A track hears even a vehicle that hovers, slowly: it may have come to the wrong place.
_LEAST_WHILE_TRACKED = 0.05


class NewGround:
    """
    Weigh each image by how far the vehicle came since the last one that counted.

    A hovering vehicle that takes the same wrong place for the right one a hundred times has one
    piece of evidence and not a hundred. Odometry says how far it came. Without, the places that
    the images themselves name say it while the vehicle is lost; once it is tracked, each image
    counts in full: without odometry the track has forgotten as much in between.
    """

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget the images so far."""
        self._moved_m: float | None = 0.0
        self._last_place_m: np.ndarray | None = None

    def move(self, leg_m: np.ndarray | None) -> None:
        """Take (2,) metres moved by odometry; None where there is none."""
        if leg_m is None or self._moved_m is None:
            self._moved_m = None
        else:
            self._moved_m += float(np.hypot(*leg_m))

    def novelty(self, best_place_m: np.ndarray, is_tracked: bool) -> float:
        """
        Return 0 to 1, how much an image says that those before did not; the next is held to it.

        :param best_place_m: (2,) where the image was most probably taken.
        """
        moved_m, last_m = self._moved_m, self._last_place_m
        self._moved_m, self._last_place_m = 0.0, best_place_m
        if last_m is None:
            return 1.0
        if moved_m is None:
            if is_tracked:
                return 1.0
            moved_m = float(np.hypot(*(best_place_m - last_m)))
        least = _LEAST_WHILE_TRACKED if is_tracked else 0.0
        return max(min(moved_m / _INDEPENDENT_M, 1.0), least)
