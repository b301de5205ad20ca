# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Imagery in a raster that GDAL opens: any CRS, any size, read window by window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import threading
from typing import Any, TYPE_CHECKING
import warnings

import pyproj
from visual_navsat.errors import ImageError, MapError, reason_of
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.maps.empty_colour import Colour
from visual_navsat.maps.gdal import gdal_errors, rasterio_module
from visual_navsat.maps.ortho import Ortho
from visual_navsat.maps.pixel_values import HIGH_PERCENTILE, LOW_PERCENTILE, PixelValues
from visual_navsat.maps.raster_place import RasterPlace
from visual_navsat.maps.reader import file_stamp, MapImage, short_hash

if TYPE_CHECKING:
    from rasterio import DatasetReader

_WARP_MB = 32  # per thread
_PROBES_PER_SIDE = 16
_PROBE_WINDOW_PX = 256  # a window is read at no more than this, from overviews where there are
# How far the warp may cut corners between exactly projected points.
_MAX_WARP_ERROR_PX = 0.125
_MAX_WARP_ERROR_M = 0.03


class RasterOrtho(Ortho):
    """
    A GeoTIFF or anything else that rasterio opens.

    Its nodata value, alpha band or mask says where there is ground; where it has none of them,
    areas that are exactly black show no ground.

    :param empty_colour: areas of this colour show no ground either.
    :raises MapError: if the file cannot be opened, is no image or does not say where it lies.
    :raises MissingDependencyError: if rasterio is not installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        name: str = '',
        empty_colour: Colour | None = None,
    ) -> None:
        rasterio = rasterio_module()
        self._path = str(path)
        self._open = threading.local()
        self.name = name or Path(path).stem
        self.origin = str(Path(path).resolve())
        try:
            with warnings.catch_warnings():
                # A raster that lies nowhere is refused in one line.
                warnings.simplefilter('ignore', rasterio.errors.NotGeoreferencedWarning)
                dataset = rasterio.open(self._path)
            with dataset:
                self._place = RasterPlace.of(dataset, self._path)
                self._values = PixelValues.of(dataset, self._path, empty_colour)
        except gdal_errors() as error:
            raise MapError(f'cannot open map {path}: {_one_line(error)}') from error
        self._source = self._place.warp_source()
        self.extent = self._place.extent
        self.gsd_m_per_px = self._place.gsd_m_per_px
        self._geographic_to_raster = pyproj.Transformer.from_crs(
            'EPSG:4326', self._place.crs_wkt, always_xy=True
        )
        self._stamp = short_hash(self._values.low, self._values.high, _file_stamp(self._path))
        self.notes = []
        if self._values.is_stretched:
            self.notes.append(
                f'{self.name}: values {self._values.low:g} to {self._values.high:g} '
                f'({LOW_PERCENTILE}st to {HIGH_PERCENTILE}th percentile) become 0 to 255'
            )

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to read the same file: all but open handles."""
        return {**self.__dict__, '_open': None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _open=threading.local())

    def valid_share(self, box: GeoBox) -> float:
        """Return which share of a box shows ground, from a lattice of points in it."""
        lat, long = box.near(self.extent.center[1]).grid(_PROBES_PER_SIDE, _PROBES_PER_SIDE)
        column, row = self._place.pixel_from_crs(*self._geographic_to_raster.transform(long, lat))
        inside = (row >= 0) & (row < self._place.height)
        inside &= (column >= 0) & (column < self._place.width)
        if not inside.any():
            return 0.0
        row, column = row[inside].astype(int), column[inside].astype(int)
        top, left = row.min(), column.min()
        height, width = row.max() + 1 - top, column.max() + 1 - left
        shape = (min(height, _PROBE_WINDOW_PX), min(width, _PROBE_WINDOW_PX))
        window = ((int(top), int(top + height)), (int(left), int(left + width)))
        dataset, bands = self._dataset(), self._values.bands
        with _explained(self._path):
            masks = dataset.read_masks(bands, window=window, out_shape=(len(bands), *shape))
            ground = masks.any(axis=0)
            if self._values.tells_by_colour:
                values = dataset.read(bands, window=window, out_shape=(len(bands), *shape))
                ground = self._values.ground(values, ground)
        seen = ground[(row - top) * shape[0] // height, (column - left) * shape[1] // width]
        return float(seen.sum()) / lat.size

    def read_box(self, box: GeoBox, width: int, height: int) -> MapImage:
        """Return a box as an image; raise ImageError if the raster is damaged there."""
        resampling = rasterio_module('rasterio.enums').Resampling
        from_bounds = rasterio_module('rasterio.transform').from_bounds
        warped_vrt = rasterio_module('rasterio.vrt').WarpedVRT
        values, box = self._values, box.near(self.extent.center[1])
        gsd = max(box.size_m[0] / width, box.size_m[1] / height)
        nearest = values.palette is not None  # numbers of colours have no mean
        with (
            _explained(self._path),
            warped_vrt(
                self._dataset(),
                **self._source,
                crs='EPSG:4326',
                transform=from_bounds(box.west, box.south, box.east, box.north, width, height),
                width=width,
                height=height,
                resampling=resampling.nearest if nearest else resampling.bilinear,
                add_alpha=values.alpha is None,
                tolerance=min(_MAX_WARP_ERROR_PX, _MAX_WARP_ERROR_M / gsd),
                warp_mem_limit=_WARP_MB,
            ) as warped,
        ):
            planes = warped.read((*values.bands, values.alpha or warped.count))
        pixels, alpha = planes[:-1], planes[-1]
        # What an alpha band holds where there is ground depends on its type.
        ground = values.ground(pixels, alpha >= max(alpha.max() / 2, 1e-6))
        rgb = values.to_rgb(pixels)
        if ground.all():
            return MapImage(rgb, box)
        rgb[~ground] = 0
        return MapImage(rgb, box, ground)

    def stamp_box(self, box: GeoBox) -> str:
        """Return a text that changes with the raster's file."""
        return self._stamp

    def _dataset(self) -> DatasetReader:
        """Return the raster, opened once per thread: GDAL's handles are not shared."""
        if not hasattr(self._open, 'dataset'):
            with _explained(self._path):
                self._open.dataset = rasterio_module().open(self._path)
        return self._open.dataset


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn what GDAL raises on damaged files into an ImageError."""
    try:
        yield
    except gdal_errors() as error:
        raise ImageError(f'cannot read map {path}: {_one_line(error)}; copy it again') from error


def _file_stamp(path: str) -> str:
    try:
        return file_stamp(Path(path))
    except OSError:  # GDAL also opens names that are not files, such as subdatasets
        return ''


def _one_line(error: Exception) -> str:
    return reason_of(error.__cause__ or error.__context__ or error)
