# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tiles of one map that lie far from the others: two maps, or a wrong number."""

from __future__ import annotations

from collections.abc import Sequence

from visual_navsat.geometry.areas import group_tiles
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.geometry.places import MapPlace, place_text
from visual_navsat.geometry.tile import TileMetadata

_FAR_M = 2_000.0
_FAR_SIZES = 3.0  # of the larger of two groups
_SHOWN = 3  # groups


def apart_notes(tiles: Sequence[TileMetadata]) -> list[str]:
    """Return a warning for each group of tiles that lies far from the largest one."""
    groups = [[tiles[index] for index in group] for group in group_tiles(tiles)]
    places = [MapPlace.of(group) for group in groups]
    lat, long = places[0].extent.center
    notes = []
    for group, place in zip(groups[1:], places[1:], strict=True):
        away_m = float(distance_m(lat, long, *place.extent.center))
        size_m = max(*places[0].extent.size_m, *place.extent.size_m)
        if away_m < max(_FAR_M, _FAR_SIZES * size_m):
            continue
        count = f'{len(group)} tiles lie' if len(group) > 1 else '1 tile lies'
        notes.append(
            f'{count} {away_m / 1e3:,.0f} km from the other {len(groups[0])}, around '
            f'{place_text(*place.extent.center)}; the first is {group[0].filename}: is that right?'
        )
    more = len(notes) - _SHOWN
    return notes if more <= 0 else [*notes[:_SHOWN], f'{more} more groups of tiles lie as far']
