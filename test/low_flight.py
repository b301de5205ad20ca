# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A map, and a flight so low over it that single images are refused."""

from __future__ import annotations

from pathlib import Path

import cv2
from makers import FRAME, GSD, make_ground, make_map, SmallMap, TILE_PX
import numpy as np

LOW_GSD = GSD / 2
HEIGHT, WIDTH, STEP = 48, 72, 22  # pixels of an image, and between two, northwards
IMAGES = 7
_COLUMN, _ROW = 800, 1200  # of the first image's corner on the fine ground

FINE = make_ground(8 * TILE_PX, box_px=(40, 300), noise=25.0)


def make_low_map(folder: Path) -> SmallMap:
    """Return the map of the ground, at half of its resolution."""
    return make_map(folder, cv2.resize(FINE, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def low_image(number: int) -> np.ndarray:
    """Return an image of the flight, with noise of its own."""
    top = _ROW - STEP * number
    rows, columns = slice(top, top + HEIGHT), slice(_COLUMN, _COLUMN + WIDTH)
    image = FINE[rows, columns].astype(float)
    image += np.random.default_rng(number).normal(0, 12, image.shape)
    return image.clip(0, 255).astype(np.uint8)


def low_place(number: int) -> tuple[float, float]:
    """Return latitude and longitude of the ground under an image's middle."""
    east_m = (_COLUMN + WIDTH / 2) * LOW_GSD
    lat, long = FRAME.geodetic_from_enu([east_m, -(_ROW - STEP * number + HEIGHT / 2) * LOW_GSD])
    return float(lat), float(long)
