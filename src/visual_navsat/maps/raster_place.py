# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Where a raster lies: its extent in degrees and its pixels in its CRS, or what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyproj
from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.geodesy import distance_m, wrap_long
from visual_navsat.maps.gdal import rasterio_module
from visual_navsat.maps.georeference import check_transform, find_georeference, geographic_from

if TYPE_CHECKING:
    from rasterio import DatasetReader

_POINTS_PER_SIDE = 21  # a side is straight in the raster's CRS, not in degrees
_MIN_GSD_M, _MAX_GSD_M = 1e-4, 1e5
_NEAR_DEG = 3.0  # how far from the area that a CRS is made for a raster in it may lie


@dataclass(frozen=True)
class RasterPlace:
    """A raster's place on Earth."""

    width: int
    height: int
    crs_wkt: str
    extent: GeoBox
    gsd_m_per_px: float
    pixel_from_crs_matrix: np.ndarray  # (3, 3) affine
    # Six numbers of the affine transform from pixels, where GDAL would not find them itself.
    own_transform: tuple[float, ...] | None = None

    @classmethod
    def of(cls, dataset: DatasetReader, path: str) -> RasterPlace:
        """
        Return where an open raster lies.

        :raises MapError: if it has no CRS or geotransform, or they put it off the Earth.
        """
        dataset_crs, transform = find_georeference(dataset, path)
        crs_wkt = dataset_crs.to_wkt()
        width, height = dataset.width, dataset.height
        crs_from_pixel = np.array(transform).reshape(3, 3)
        check_transform(crs_from_pixel, path)
        to_geographic = geographic_from(crs_wkt, path)
        sides = (np.linspace(0, side, _POINTS_PER_SIDE) for side in (width, height))
        x, y = _apply(crs_from_pixel, *map(np.ravel, np.meshgrid(*sides)))
        long, lat = to_geographic.transform(x, y)
        # By its code, since only the registry knows where a CRS is used.
        authority = dataset_crs.to_authority()
        crs = pyproj.CRS.from_authority(*authority) if authority else pyproj.CRS(crs_wkt)
        _check_on_earth(lat, long, x, y, crs, to_geographic, path)
        # The middle, and the ends of the two sides of a pixel there.
        column, row = np.array([0.0, 1.0, 0.0]) + width / 2, np.array([0.0, 0.0, 1.0]) + height / 2
        longs, lats = to_geographic.transform(*_apply(crs_from_pixel, column, row))
        sides_m = distance_m(lats[0], longs[0], lats[1:], longs[1:])
        # Around the middle, so that nothing jumps where the raster crosses the antimeridian.
        long = longs[0] + wrap_long(long - longs[0])
        extent = GeoBox(*(float(v) for v in (long.min(), lat.min(), long.max(), lat.max())))
        gsd_m_per_px = float(np.sqrt(sides_m[0] * sides_m[1]))
        if not _MIN_GSD_M <= gsd_m_per_px <= _MAX_GSD_M:
            raise MapError(
                f'{path} has pixels of {gsd_m_per_px:.3g} m: write the geotransform and the CRS '
                'that it really has'
            )
        is_known = dataset.crs is not None and transform == dataset.transform
        return cls(
            width,
            height,
            crs_wkt,
            extent,
            gsd_m_per_px,
            np.linalg.inv(crs_from_pixel),
            None if is_known else tuple(transform)[:6],
        )

    def warp_source(self) -> dict[str, object]:
        """Return what a WarpedVRT must be told of a raster whose place GDAL does not know."""
        if self.own_transform is None:
            return {}
        affine = rasterio_module('rasterio').Affine(*self.own_transform)
        return {'src_crs': self.crs_wkt, 'src_transform': affine}

    def pixel_from_crs(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return column and row, counted from the outer corner, of places in the CRS."""
        return _apply(self.pixel_from_crs_matrix, x, y)


def _apply(
    matrix: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return points that a 3 x 3 affine matrix maps."""
    mapped = np.tensordot(matrix[:2], np.stack([first, second, np.ones_like(first)]), axes=1)
    return mapped[0], mapped[1]


def _check_on_earth(
    lat: np.ndarray,
    long: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    crs: pyproj.CRS,
    to_geographic: pyproj.Transformer,
    path: str,
) -> None:
    """Raise MapError where coordinates cannot be of a CRS, or have x and y swapped."""
    if _lies_in(crs, lat, long):
        return
    swapped_long, swapped_lat = to_geographic.transform(y, x)
    where = f'{path} is in {crs.name}, where its corners are x {x.min():g} to {x.max():g}, y '
    where += f'{y.min():g} to {y.max():g}'
    if _lies_in(crs, swapped_lat, swapped_long):
        raise MapError(
            f'{where}: only with x and y swapped do they lie where that CRS is used; write its '
            'geotransform again as easting (longitude) first'
        )
    if not _is_geodetic(lat, long):
        raise MapError(f'{where}: that is not on Earth; write the CRS that it really is in')


def _is_geodetic(lat: np.ndarray, long: np.ndarray) -> bool:
    return bool(np.isfinite([lat, long]).all() and np.abs(lat).max() <= 90)


def _lies_in(crs: pyproj.CRS, lat: np.ndarray, long: np.ndarray) -> bool:
    """Return whether places lie in or near the area that a CRS is made for."""
    area = crs.area_of_use
    if area is None or not _is_geodetic(lat, long):
        return _is_geodetic(lat, long)
    middle_lat, middle_long = float(np.mean(lat)), float(np.mean(long))
    near_lat = area.south - _NEAR_DEG <= middle_lat <= area.north + _NEAR_DEG
    span = (area.east - area.west) % 360 or 360.0
    return near_lat and (middle_long - area.west + _NEAR_DEG) % 360 <= span + 2 * _NEAR_DEG
