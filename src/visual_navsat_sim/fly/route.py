# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The ways over a world that are flown where no route is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from visual_navsat_sim.demo.flight_site import Site

ROUTES = ('square', 'lawnmower')
_SHARE = 0.6  # of the world's side; the rest is seen from its edge
_LINES = 5


def make_route(site: Site, name: str) -> list[tuple[float, float]]:
    """Return latitude and longitude of each turn of one of ``ROUTES``, around the centre."""
    half_m = _SHARE * site.size_m / 2
    offsets = _square() if name == 'square' else _lawnmower()
    return [site.geodetic(*(site.center_m + half_m * np.array(turn))) for turn in offsets]


def _square() -> Sequence[tuple[float, float]]:
    return [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)]


def _lawnmower() -> Sequence[tuple[float, float]]:
    turns = []
    for number, east in enumerate(np.linspace(-1.0, 1.0, _LINES)):
        ends = [(float(east), -1.0), (float(east), 1.0)]
        turns += ends if number % 2 == 0 else ends[::-1]
    return turns
