"""Make the gradient fields of a map's areas from its tiles, as the index stores them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from visual_navsat.errors import MapError
from visual_navsat.geometry.areas import area_frame, group_tiles, tiles_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.gradient_field import FieldOptions
from visual_navsat.localization.map_field import Region
from visual_navsat.localization.mosaic import FieldMosaic
from visual_navsat.retrieval.manifest import AreaField, FieldPatch

_MAX_PIXELS = 2_000_000_000  # 500 km^2 at 0.5 m per pixel: 6 GB while it is built

# A tile's (H, W, 3) uint8 image, and (H, W) bool where it shows ground, None for everywhere.
TileImage = tuple[np.ndarray, np.ndarray | None]


@dataclass(frozen=True)
class AreaPatch:
    """The field of some tiles, on the pixels of the area that they lie in or begin."""

    area: AreaField  # as large as it is with these tiles
    patch: FieldPatch
    field: np.ndarray  # (3, rows, columns) int8: the vectors, and 1 where they are valid


def make_area_patches(
    tiles: Sequence[TileMetadata],
    images: Callable[[Sequence[TileMetadata]], Iterable[TileImage]],
    options: FieldOptions,
    areas: Sequence[AreaField] = (),
) -> list[AreaPatch]:
    """
    Return the fields of some tiles, one per area that hangs together.

    Tiles in or beside an area that is there are put on its pixels and make it larger. Tiles that
    lie between two areas join the first of them.

    :param images: yields the images of some tiles, in order.
    :param areas: that are there.
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
            grown[index] = _united(area, own)
        _check_size(grown[index].rows, grown[index].columns, options.gsd_m_per_px)
        made.append(AreaPatch(own, FieldPatch(index, 0, 0, own.rows, own.columns), field))
    # Where each lies in its area as that is in the end.
    return [
        AreaPatch(grown[one.patch.area], moved(one.patch, one.area, grown), one.field)
        for one in made
    ]


def _make_field(
    tiles: Sequence[TileMetadata],
    images: Iterable[TileImage],
    options: FieldOptions,
    area: AreaField | None,
) -> tuple[AreaField, np.ndarray]:
    """Return the area of some tiles alone, on the pixels of one that is there, and its field."""
    frame = LocalFrame(area.origin_lat, area.origin_long) if area else area_frame(tiles)
    bounds = tiles_bounds_m(tiles, frame)
    extent = _union(bounds)
    if area is not None:
        extent = _on_pixels_of(area, extent)
    size = (extent.north_m - extent.south_m, extent.east_m - extent.west_m)
    _check_size(*(side / options.gsd_m_per_px for side in size), options.gsd_m_per_px)
    mosaic = FieldMosaic(extent, options)
    boxes = [Region(*box) for box in bounds.tolist()]
    for (image, valid), box in zip(images, boxes, strict=True):
        mosaic.add(image, box, valid)
    finished = mosaic.finish()
    vectors, valid = finished.field.vectors.numpy(), finished.field.valid.numpy()
    own = AreaField(
        frame.origin_lat,
        frame.origin_long,
        finished.west_m,
        finished.north_m,
        *valid.shape,
        finished.gsd_m_per_px,
    )
    return own, np.concatenate([vectors, valid[np.newaxis].astype(np.int8)])


def moved(patch: FieldPatch, before: AreaField, areas: Sequence[AreaField]) -> FieldPatch:
    """Return where a patch of an area lies in the area as it is after it grew."""
    after = areas[patch.area]
    down = round((after.north_m - before.north_m) / after.gsd_m_per_px)
    right = round((before.west_m - after.west_m) / after.gsd_m_per_px)
    return replace(patch, top=patch.top + down, left=patch.left + right)


def _area_beside(tiles: Sequence[TileMetadata], areas: Sequence[AreaField]) -> int:
    """Return the first area that some tiles lie in or beside, or how many areas there are."""
    for index, area in enumerate(areas):
        frame = LocalFrame(area.origin_lat, area.origin_long)
        bounds = tiles_bounds_m(tiles, frame)
        margin = max((bounds[:, 2] - bounds[:, 0]).max(), (bounds[:, 3] - bounds[:, 1]).max())
        east_m = area.west_m + area.columns * area.gsd_m_per_px
        south_m = area.north_m - area.rows * area.gsd_m_per_px
        apart = (bounds[:, 0] > east_m + margin) | (bounds[:, 2] < area.west_m - margin)
        apart |= (bounds[:, 1] > area.north_m + margin) | (bounds[:, 3] < south_m - margin)
        # Far away the plane of an area is none: its distances there mean nothing but far.
        if np.isfinite(bounds).all() and not apart.all():
            return index
    return len(areas)


def _on_pixels_of(area: AreaField, extent: Region) -> Region:
    """Return an extent whose north-west corner lies on a corner of the area's pixels."""
    gsd = area.gsd_m_per_px
    west_m = area.west_m + math.floor((extent.west_m - area.west_m) / gsd) * gsd
    north_m = area.north_m + math.ceil((extent.north_m - area.north_m) / gsd) * gsd
    return Region(west_m, extent.south_m, extent.east_m, north_m)


def _united(first: AreaField, second: AreaField) -> AreaField:
    """Return the area that holds both, of the same frame and pixels."""
    gsd = first.gsd_m_per_px
    west_m = min(first.west_m, second.west_m)
    north_m = max(first.north_m, second.north_m)
    east = max(area.west_m + area.columns * gsd for area in (first, second))
    south = min(area.north_m - area.rows * gsd for area in (first, second))
    return replace(
        first,
        west_m=west_m,
        north_m=north_m,
        rows=round((north_m - south) / gsd),
        columns=round((east - west_m) / gsd),
    )


def _union(bounds: np.ndarray) -> Region:
    """Return the box around (N, 4) west, south, east, north."""
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    return Region(west, south, east, north)


def _check_size(rows: float, columns: float, gsd_m_per_px: float) -> None:
    if rows * columns > _MAX_PIXELS:
        width_km, height_km = (side * gsd_m_per_px / 1e3 for side in (columns, rows))
        raise MapError(
            f'an area of the map is {width_km:.1f} x {height_km:.1f} km, too large at '
            f'{gsd_m_per_px} m per pixel: raise correlation.gsd_m_per_px, or split the map'
        )
