"""One area of the map, ready to be searched: its gradient field, kept in the index as bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from visual_navsat.errors import MapError
from visual_navsat.geometry.areas import area_frame, group_tiles, tile_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.gradient_field import FieldOptions, GradientField
from visual_navsat.localization.map_field import MapField, MapPyramid, Region
from visual_navsat.localization.mosaic import FieldMosaic
from visual_navsat.retrieval.store import AreaField

_NUM_LEVELS = 3  # the coarsest is searched: four times the GSD of the field
_MAX_PIXELS = 2_000_000_000  # 500 km^2 at 0.5 m per pixel: 6 GB while it is built


@dataclass(frozen=True)
class MapArea:
    """An area of the map in a local frame of its own."""

    frame: LocalFrame
    pyramid: MapPyramid

    @property
    def bounds(self) -> Region:
        """The box of the area in its frame, metres."""
        base = self.pyramid.levels[0]
        width_m, height_m = base.field.extent_m
        return Region(base.west_m, base.north_m - height_m, base.west_m + width_m, base.north_m)

    def tile_region(self, tile: TileMetadata) -> Region:
        """Return the box of a tile in the area's frame."""
        return Region(*tile_bounds_m(tile, self.frame))


def build_area_fields(
    tiles: Sequence[TileMetadata],
    images: Callable[[Sequence[TileMetadata]], Sequence[np.ndarray]],
    options: FieldOptions,
) -> tuple[list[AreaField], list[np.ndarray]]:
    """
    Return each area of a map, and its gradient field as the index stores it.

    :param images: yields the (H, W, 3) uint8 images of some tiles, in order.
    :return: areas, and (3, rows, columns) int8 fields: the vectors, and 1 where they are valid.
    :raises MapError: if an area is too large to be held in memory.
    """
    areas, fields = [], []
    for group in group_tiles(tiles):
        members = [tiles[index] for index in group]
        frame = area_frame(members)
        boxes = [Region(*tile_bounds_m(tile, frame)) for tile in members]
        extent = _union(boxes)
        _check_size(extent, options.gsd_m_per_px)
        mosaic = FieldMosaic(extent, options)
        for image, box in zip(images(members), boxes, strict=True):
            mosaic.add(image, box)
        finished = mosaic.finish()
        vectors, valid = finished.field.vectors.numpy(), finished.field.valid.numpy()
        stored = np.concatenate([vectors, valid[np.newaxis].astype(np.int8)])
        areas.append(
            AreaField(
                frame.origin_lat,
                frame.origin_long,
                finished.west_m,
                finished.north_m,
                *valid.shape,
                finished.gsd_m_per_px,
            )
        )
        fields.append(stored)
    return areas, fields


def load_area(area: AreaField, stored: np.ndarray, device: torch.device | str) -> MapArea:
    """
    Return an area of an index, ready to be searched.

    :param stored: (3, rows, columns) int8 as :func:`build_area_fields` made it.
    """
    planes = torch.from_numpy(np.array(stored))  # a copy: the file may be replaced
    extent_m = (area.columns * area.gsd_m_per_px, area.rows * area.gsd_m_per_px)
    field = GradientField(planes[:2], planes[2].bool(), area.gsd_m_per_px, extent_m)
    pyramid = MapPyramid(MapField(field, area.west_m, area.north_m), _NUM_LEVELS)
    return MapArea(LocalFrame(area.origin_lat, area.origin_long), pyramid.to(device))


def _union(boxes: Sequence[Region]) -> Region:
    return Region(
        min(box.west_m for box in boxes),
        min(box.south_m for box in boxes),
        max(box.east_m for box in boxes),
        max(box.north_m for box in boxes),
    )


def _check_size(extent: Region, gsd_m_per_px: float) -> None:
    width_m, height_m = extent.east_m - extent.west_m, extent.north_m - extent.south_m
    if width_m * height_m / gsd_m_per_px**2 > _MAX_PIXELS:
        raise MapError(
            f'an area of the map is {width_m / 1e3:.1f} x {height_m / 1e3:.1f} km, too large at '
            f'{gsd_m_per_px} m per pixel: raise correlation.gsd_m_per_px, or split the map'
        )
