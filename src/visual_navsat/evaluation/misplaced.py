# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""True positions that lie nowhere near the map: of another place, or latitude for longitude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geodesy import distance_m, wrap_long
from visual_navsat.geometry.places import MapPlace
from visual_navsat.geometry.tile import TileMetadata

_FAR_M = 50_000.0  # farther than a flight strays from its map
_NEAR_M = 10_000.0


@dataclass(frozen=True)
class Misplaced:
    """How far off the map every true position lies."""

    nearest_m: float
    are_swapped: bool  # with latitude and longitude exchanged they lie on it

    @property
    def question(self) -> str:
        """Return what to ask."""
        text = f'every true position lies {self.nearest_m / 1e3:,.0f} km or more from the map: '
        if self.are_swapped:
            return f"{text}are latitude and longitude in each other's place?"
        return f'{text}is it the right map?'


def find_misplaced(
    truths: Sequence[tuple[float, float]], tiles: Sequence[TileMetadata]
) -> Misplaced | None:
    """
    Return how true positions lie far off the map; None where one of them is near, or none is.

    :param truths: latitude and longitude, degrees.
    """
    if not truths:
        return None
    lats, longs = np.array(truths, float).T
    place = MapPlace.of(tiles)
    nearest_m = float(_away_m(lats, longs, place).min())
    if nearest_m <= _FAR_M:
        return None
    can_be_swapped = bool((np.abs(longs) <= 90).all())
    swapped_m = _away_m(longs, lats, place) if can_be_swapped else np.array([np.inf])
    return Misplaced(nearest_m, bool((swapped_m <= _NEAR_M).all()))


def _away_m(lats: np.ndarray, longs: np.ndarray, place: MapPlace) -> np.ndarray:
    """Return how far places are from the map's extent in metres; 0 within."""
    box = place.extent
    center_long = box.center[1]
    near = center_long + wrap_long(longs - center_long)
    beside = np.clip(near, box.west, box.east)
    return distance_m(lats, near, np.clip(lats, box.south, box.north), beside)
