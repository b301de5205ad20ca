# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Make the gradient fields of a map's areas from its tiles, as the index stores them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from visual_navsat.correlation.field_mosaic import FieldMosaic
from visual_navsat.correlation.gradient_field import FieldOptions
from visual_navsat.errors import MapError
from visual_navsat.geometry.areas import area_frame, group_tiles, tiles_bounds_m
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.field_codec import ALIGNED_PX
from visual_navsat.index.stored_areas import AreaField, FieldPatch
from visual_navsat.maps.reader import MapImage

_MAX_PIXELS = 2_000_000_000  # 500 km^2 at 0.5 m per pixel: 6 GB while it is built


@dataclass(frozen=True)
class AreaPatch:
    """The field of some tiles, on the pixels of the area that they belong to."""

    area: AreaField  # as large as it is with these tiles
    patch: FieldPatch
    field: np.ndarray  # (3, rows, columns) int8: the vectors, and 1 where they are valid


def make_area_patches(
    tiles: Sequence[TileMetadata],
    images: Callable[[Sequence[TileMetadata]], Iterable[MapImage]],
    options: FieldOptions,
    areas: Sequence[AreaField] = (),
) -> list[AreaPatch]:
    """
    Return the fields of some tiles, one per area that hangs together.

    Tiles in or beside an existing area are put on its pixels and make it larger. Tiles between
    two areas join the first of them.

    :param images: yields the images of some tiles, in order.
    :param areas: existing ones.
    :raises MapError: if an area is too large to be held in memory.
    """
    made: list[AreaPatch] = []
    grown = list(areas)
    for group in group_tiles(tiles):
        members = [tiles[index] for index in group]
        index = _area_beside(members, grown)
        area = grown[index] if index < len(grown) else None
        own, field = _make_field(members, images(members), options, area)
        if area is None:
            grown.append(own)
        else:
            grown[index] = replace(area, grid=area.grid.union(own.grid, ALIGNED_PX))
        _check_size(grown[index].grid)
        patch = FieldPatch(index, PixelBox(0, 0, *own.grid.shape))
        made.append(AreaPatch(own, patch, field))
    # The areas may have grown after each patch was made.
    return [
        AreaPatch(grown[one.patch.area], moved(one.patch, one.area, grown), one.field)
        for one in made
    ]


def _make_field(
    tiles: Sequence[TileMetadata],
    images: Iterable[MapImage],
    options: FieldOptions,
    area: AreaField | None,
) -> tuple[AreaField, np.ndarray]:
    """Return the area of some tiles alone, on the pixels of an existing one, and its field."""
    frame = area.frame if area else area_frame(tiles)
    bounds = [Region(*box) for box in tiles_bounds_m(tiles, frame).tolist()]
    extent = Region.union(bounds)
    if area is not None:
        extent = area.grid.snapped(extent)
    _check_size(PixelGrid.covering(extent, options.gsd_m_per_px))
    mosaic = FieldMosaic(extent, options)
    for image, box in zip(images, bounds, strict=True):
        mosaic.add(image.pixels, box, image.valid)
    finished = mosaic.finish()
    vectors, valid = finished.field.vectors.numpy(), finished.field.valid.numpy()
    own = AreaField(frame, finished.grid)
    return own, np.concatenate([vectors, valid[np.newaxis].astype(np.int8)])


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
