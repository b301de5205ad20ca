# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where the gradient fields of tiles lie in the areas of a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from visual_navsat.errors import MapError
from visual_navsat.geometry.areas import area_frame, group_tiles, tiles_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.field_codec import ALIGNED_PX
from visual_navsat.index.stored_areas import AreaField, FieldPatch

_MAX_PIXELS = 40_000_000_000  # 10,000 km^2 at 0.5 m per pixel: 600,000 blocks to keep book of


@dataclass(frozen=True)
class AreaPatch:
    """Some tiles that hang together, and the pixels of the area that their field is put on."""

    area: AreaField  # as large as it is with these tiles
    patch: FieldPatch
    grid: PixelGrid  # of the patch alone, by which its tiles are placed
    tiles: tuple[TileMetadata, ...]


def plan_patches(
    tiles: Sequence[TileMetadata], gsd_m_per_px: float, areas: Sequence[AreaField] = ()
) -> list[AreaPatch]:
    """
    Return where the fields of some tiles lie, one per area that hangs together.

    Tiles in or beside an existing area are put on its pixels and make it larger. Tiles between
    two areas join the first of them.

    :param areas: existing ones.
    :raises MapError: if an area is too large.
    """
    made: list[AreaPatch] = []
    grown = list(areas)
    for group in group_tiles(tiles):
        members = tuple(tiles[index] for index in group)
        index = _area_beside(members, grown)
        area = grown[index] if index < len(grown) else None
        own = _own_area(members, gsd_m_per_px, area)
        if area is None:
            grown.append(own)
        else:
            grown[index] = replace(area, grid=area.grid.union(own.grid, ALIGNED_PX))
        _check_size(grown[index].grid)
        patch = FieldPatch(index, PixelBox(0, 0, *own.grid.shape))
        made.append(AreaPatch(own, patch, own.grid, members))
    # The areas may have grown after each patch was made.
    return [
        replace(one, area=grown[one.patch.area], patch=moved(one.patch, one.area, grown))
        for one in made
    ]


def tile_bounds(tiles: Sequence[TileMetadata], frame: LocalFrame) -> list[Region]:
    """Return what tiles cover in the plane of an area."""
    return [Region(*box) for box in tiles_bounds_m(tiles, frame).tolist()]


def _own_area(
    tiles: Sequence[TileMetadata], gsd_m_per_px: float, area: AreaField | None
) -> AreaField:
    """Return the area of some tiles alone, on the pixels of an existing one."""
    frame = area.frame if area else area_frame(tiles)
    extent = Region.union(tile_bounds(tiles, frame))
    if area is not None:
        extent = area.grid.snapped(extent)
    grid = PixelGrid.covering(extent, gsd_m_per_px)
    _check_size(grid)
    return AreaField(frame, grid)


def moved(patch: FieldPatch, before: AreaField, areas: Sequence[AreaField]) -> FieldPatch:
    """Return where a patch of an area lies in the area as it is after it grew."""
    shift = areas[patch.area].grid.place_of(before.grid)
    return replace(patch, box=patch.box.moved(shift.top, shift.left))


def _area_beside(tiles: Sequence[TileMetadata], areas: Sequence[AreaField]) -> int:
    """Return the first area that some tiles lie in or beside, or how many areas there are."""
    for index, area in enumerate(areas):
        bounds = tiles_bounds_m(tiles, area.frame)
        margin = max((bounds[:, 2] - bounds[:, 0]).max(), (bounds[:, 3] - bounds[:, 1]).max())
        near = area.grid.region.padded(margin)
        apart = (bounds[:, 0] > near.east_m) | (bounds[:, 2] < near.west_m)
        apart |= (bounds[:, 1] > near.north_m) | (bounds[:, 3] < near.south_m)
        # Bounds are infinite where the plane of an area ends, very far away.
        if np.isfinite(bounds).all() and not apart.all():
            return index
    return len(areas)


def _check_size(grid: PixelGrid) -> None:
    if grid.rows * grid.columns > _MAX_PIXELS:
        width_km, height_km = (side_m / 1e3 for side_m in grid.region.size_m)
        raise MapError(
            f'an area of the map is {width_km:.1f} x {height_km:.1f} km, too large at '
            f'{grid.gsd_m_per_px} m per pixel: raise correlation.gsd_m_per_px, or split the map'
        )
