# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Metres between points that are near each other, many times a second."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame


def en_m(from_lat: float, from_long: float, to_lat: float, to_long: float) -> np.ndarray:
    """Return (2,) metres east and north from one point to another, both in degrees."""
    frame = _frame_of(from_lat, from_long)
    start_m = frame.enu_from_geodetic(from_lat, from_long)
    return np.asarray(frame.enu_from_geodetic(to_lat, to_long) - start_m)


def moved(lat: float, long: float, way_en_m: np.ndarray) -> tuple[float, float]:
    """Return latitude and longitude after (2,) metres east and north."""
    frame = _frame_of(lat, long)
    end = frame.geodetic_from_enu(frame.enu_from_geodetic(lat, long) + way_en_m)
    return float(end[0]), float(end[1])


def _frame_of(lat: float, long: float) -> LocalFrame:
    # Within a kilometre its axes turn by under 0.2 mrad (to 50 degrees of latitude).
    return _frame(round(lat, 2), round(long, 2))


@lru_cache(maxsize=8)
def _frame(lat: float, long: float) -> LocalFrame:
    """Return a frame; to make one takes longer than all that a bridge does with it."""
    return LocalFrame(lat, long)
