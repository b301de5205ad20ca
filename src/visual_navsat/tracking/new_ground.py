# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How much of the ground that an image shows the images before it did not: it proves once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

# Of an image that does not say what it shows: a square of this side.
_USUAL_SIDE_M = 100.0
# A track hears even a vehicle that hovers, slowly: it may have come to the wrong place.
_LEAST_WHILE_TRACKED = 0.05
_MAX_REMEMBERED = 50
_WORTH_REMEMBERING = 0.1  # share of new ground
_CELLS = 128  # per side of what an image shows
_SHIFT = 4  # binary digits of a fraction of a cell


@dataclass(frozen=True)
class Novelty:
    """What an image adds to those before it, 0 to 1."""

    evidence: float = 1.0  # of what it says about the place
    ground: float = 1.0  # of what it shows


ALL_NEW = Novelty()


class NewGround:
    """
    Weigh each image by the share of its footprint that no image before it has shown.

    A hovering vehicle that takes the same wrong place for the right one a hundred times has one
    piece of evidence and not a hundred. Odometry says where the images before lie from here; the
    last footprints that had something new are remembered, fifty of them. Without odometry only the
    image before is, and the places that the two name say how they lie.
    """

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget the images so far."""
        # (N, 2) each, from where the vehicle is now.
        self._seen_m: deque[np.ndarray] = deque(maxlen=_MAX_REMEMBERED)
        self._moved_m: np.ndarray | None = np.zeros(2)  # since the last image that counted
        self._last_place_m: np.ndarray | None = None
        self._last_outline_m: np.ndarray | None = None

    def move(self, leg_m: np.ndarray | None) -> None:
        """Take (2,) metres moved by odometry; None where there is none."""
        self._moved_m = None if leg_m is None or self._moved_m is None else self._moved_m + leg_m

    def look(
        self, best_place_m: np.ndarray, outline_m: np.ndarray | None, is_tracked: bool
    ) -> Novelty:
        """
        Return how much an image says that those before did not; the next is held to it.

        :param best_place_m: (2,) where the image was most probably taken.
        :param outline_m: (N, 2) the convex ground that it shows, from the vehicle; None if
            unknown.
        """
        if outline_m is None:
            outline_m = _usual_outline_m()
        moved_m, last_m = self._moved_m, self._last_place_m
        is_unmeasured = moved_m is None
        last_outline_m, self._last_outline_m = self._last_outline_m, outline_m
        self._moved_m, self._last_place_m = np.zeros(2), best_place_m
        if moved_m is None:
            self._seen_m.clear()
            if last_m is not None and last_outline_m is not None:
                self._seen_m.append(last_outline_m)
                moved_m = best_place_m - last_m
        if moved_m is not None:
            self._seen_m = deque((seen - moved_m for seen in self._seen_m), maxlen=_MAX_REMEMBERED)
        share = unseen_share(outline_m, self._seen_m)
        if share >= _WORTH_REMEMBERING:
            self._seen_m.append(outline_m)
        if not is_tracked:
            return Novelty(share, share)
        # Without odometry a track has forgotten as much since the image before.
        heard = 1.0 if is_unmeasured else max(share, _LEAST_WHILE_TRACKED)
        return Novelty(heard, max(share, _LEAST_WHILE_TRACKED))


def unseen_share(outline_m: np.ndarray, seen_m: deque[np.ndarray] | list[np.ndarray]) -> float:
    """
    Return the share of a convex outline's ground that lies in none of the others.

    :param outline_m: (N, 2) corners.
    """
    low = outline_m.min(axis=0)
    high = outline_m.max(axis=0)
    size_m = np.maximum(high - low, 1e-6)
    shown = np.zeros((_CELLS, _CELLS), np.uint8)
    _fill(shown, (outline_m - low) / size_m, 1)
    total = int(shown.sum())
    for other in seen_m:
        if (other.min(axis=0) < high).all() and (other.max(axis=0) > low).all():
            _fill(shown, (other - low) / size_m, 0)
    return float(shown.sum()) / total if total else 1.0


def _fill(cells: np.ndarray, outline: np.ndarray, value: int) -> None:
    """Set the cells in a convex outline, whose corners are shares of the sides."""
    # The centre of the first cell is 0; what lies far outside is cut for the fixed point.
    corners = np.clip(outline, -50.0, 51.0) * _CELLS - 0.5
    cv2.fillConvexPoly(
        cells, np.round(corners * 2**_SHIFT).astype(np.int32), value, cv2.LINE_8, _SHIFT
    )


def _usual_outline_m() -> np.ndarray:
    half_m = _USUAL_SIDE_M / 2
    return half_m * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
