# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Refuse an image that would show more ground than the map has."""

from __future__ import annotations

from visual_navsat.geometry.view import View
from visual_navsat.localization.photo_search import scale_tolerance
from visual_navsat.localization.position import Refusal


def refuse_footprint(width: int, height: int, view: View, map_m2: float) -> Refusal | None:
    """
    Return why an image is of no map of this size, or None if it may be.

    Height, lens or GSD are then wrong, in feet or millimetres perhaps: the search would take
    minutes and gigabytes over nothing.

    :param width: of the image in pixels.
    :param map_m2: ground that the map shows.
    """
    gsd = view.known_gsd_m_per_px
    if gsd is None:
        return None
    smallest_gsd = gsd * (1.0 - scale_tolerance(view))
    if (width * smallest_gsd) * (height * smallest_gsd) <= map_m2:
        return None
    known = f'{gsd:.3g} m per pixel'
    if view.height_agl_m is not None:
        known += f' from {view.height_agl_m:g} m'
    return Refusal(
        'too_high',
        f'the image would show {width * gsd / 1e3:.3g} x {height * gsd / 1e3:.3g} km at {known}, '
        f'the map has {map_m2 / 1e6:.2g} km²: check height, lens and GSD, and their units',
    )
