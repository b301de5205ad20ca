# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Cut imagery of any extent into tiles of the wanted sizes."""

from __future__ import annotations

from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.tile_grid import grid_boxes
from visual_navsat.image_file import MIN_SIDE
from visual_navsat.maps.ortho import Ortho
from visual_navsat.maps.tile_plan import TilePlan

_MIN_VALID_SHARE = 0.5
_MAX_BOXES = 1_500_000  # a minute of looking; no index holds as many tiles


def cut_tiles(ortho: Ortho, plan: TilePlan, area: GeoBox | None = None) -> list[TileMetadata]:
    """
    Return the tiles of some imagery; those that are at least half empty are left out and noted.

    :param area: only tiles whose centre lies in it are made; None makes all.
    :raises MapError: if no tile is left, or the imagery is too coarse for such tiles.
    """
    tiles: list[TileMetadata] = []
    num_empty = 0
    for tile_m in plan.tile_sizes_m:
        _check_resolution(ortho, tile_m)
        _check_count(ortho, tile_m, plan.overlap)
        for row, column, box in grid_boxes(ortho.extent, tile_m, plan.overlap):
            if area is not None and not area.contains(*box.center):
                continue
            if ortho.valid_share(box) <= _MIN_VALID_SHARE:
                num_empty += 1
                continue
            name = f'{tile_m:g}m/{row:05d}_{column:05d}'
            tiles.append(box.as_tile(name, ortho.tile_gsd_m_per_px(box)))
    if not tiles:
        raise MapError(_no_tiles(ortho, num_empty, area))
    if num_empty:
        ortho.notes.append(
            f'{ortho.name}: {num_empty} of {num_empty + len(tiles)} tiles show no ground on half '
            'or more of them: left out'
        )
    return tiles


def _check_resolution(ortho: Ortho, tile_m: float) -> None:
    gsd = ortho.gsd_m_per_px
    if tile_m / gsd < MIN_SIDE:
        raise MapError(
            f'{ortho.origin} has {gsd:.3g} m per pixel, {tile_m / gsd:.1f} px for a tile of '
            f'{tile_m:g} m: use finer imagery or larger tiles (--tile-m)'
        )


def _check_count(ortho: Ortho, tile_m: float, overlap: float) -> None:
    width_m, height_m = ortho.extent.size_m
    step_m = tile_m * (1 - overlap)
    if (width_m / step_m) * (height_m / step_m) > _MAX_BOXES:
        raise MapError(
            f'{ortho.origin} reaches over {width_m / 1e3:,.0f} x {height_m / 1e3:,.0f} km, too '
            f'far for tiles of {tile_m:g} m: use larger ones (--tile-m), or delete what lies apart'
        )


def _no_tiles(ortho: Ortho, num_empty: int, area: GeoBox | None) -> str:
    if num_empty or area is None:
        return (
            f'{ortho.origin} has no tile that shows ground on over half of it '
            f'({num_empty} were looked at): use smaller tiles (--tile-m), or check its nodata'
        )
    extent = ortho.extent
    return (
        f'--area {area.west:g},{area.south:g},{area.east:g},{area.north:g} holds no tile of '
        f'{ortho.origin}, which covers {extent.west:.6f},{extent.south:.6f},'
        f'{extent.east:.6f},{extent.north:.6f}: give west,south,east,north in degrees'
    )
