# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read the ground heights under a map from elevation models that GDAL opens."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any, TYPE_CHECKING
import warnings

import numpy as np
import pyproj
from visual_navsat.errors import MapError, reason_of
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.places import place_text
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.maps.gdal import gdal_errors, rasterio_module
from visual_navsat.maps.geoid import DATUMS, undulation_m
from visual_navsat.maps.raster_place import RasterPlace

if TYPE_CHECKING:
    from rasterio import DatasetReader

# Around the map: a camera that looks ahead is off the ground that it shows.
_MARGIN_M = 1000.0
_FINEST_M = 5.0  # finer ground does not change a height above it by more than its own error
_MAX_PIXELS = 4_000_000
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0  # the Dead Sea's shore is -430 m
# Copernicus GLO-30 states 4 m at 90 % against the ground, and more where trees or houses stand.
DEFAULT_SIGMA_M = 5.0


@dataclass(frozen=True)
class ElevationSource:
    """Elevation models that together say how high the ground is, the first where several do."""

    paths: tuple[str, ...]
    datum: str = ''  # one of DATUMS; '': as the files say
    sigma_m: float = DEFAULT_SIGMA_M
    geoid: str = ''  # file with the geoid's height above the ellipsoid
    stated_undulation_m: float | None = None

    def read(self, frame: LocalFrame, map_region: Region) -> Terrain:
        """
        Return the terrain under a map and 1 km around it.

        :param map_region: what the map covers in the frame.
        :raises MapError: if a file is damaged, no elevation model, does not say its vertical
            datum, or none knows a height on the map.
        :raises MissingDependencyError: if rasterio is not installed.
        """
        opened = [_read_place(path) for path in self.paths]
        region = map_region.padded(_MARGIN_M)
        gsd = max(_FINEST_M, min(place.gsd_m_per_px for place in opened))
        gsd = max(gsd, math.sqrt(region.area_m2 / _MAX_PIXELS))
        grid = PixelGrid.covering(region, gsd)
        datums = {
            self.datum or _stated_datum(path, place)
            for path, place in zip(self.paths, opened, strict=True)
        }
        if len(datums) > 1:
            raise MapError(
                f'the elevation models have several vertical datums, {", ".join(sorted(datums))}: '
                'give one after the other, or --terrain-datum'
            )
        (datum,) = datums
        heights = np.full(grid.shape, np.nan, np.float32)
        for path, place in zip(self.paths, opened, strict=True):
            np.copyto(heights, _heights(path, place, frame, grid), where=np.isnan(heights))
        self._check_cover(heights, frame, grid, map_region)
        lat, long = frame.geodetic_from_enu(_middles(grid))
        undulation = undulation_m(self.geoid, self.stated_undulation_m, datum, lat, long)
        if datum == 'ellipsoid':
            if undulation is None:
                raise MapError(
                    f'{self.paths[0]} has heights above the ellipsoid: give --geoid FILE or '
                    '--geoid-undulation-m N, so that they are heights above the sea'
                )
            heights -= undulation.astype(np.float32)
        if undulation is not None:
            undulation = undulation.astype(np.float32)
        return Terrain(frame, grid, heights, self.sigma_m, datum, undulation)

    def _check_cover(
        self, heights: np.ndarray, frame: LocalFrame, grid: PixelGrid, map_region: Region
    ) -> None:
        """Raise MapError where no height under the map is known."""
        rows, columns = grid.touched_by(map_region).slices
        if not np.isfinite(heights[rows, columns]).any():
            raise MapError(
                f'{", ".join(self.paths)} knows no height under the map, which lies around '
                f'{place_text(frame.origin_lat, frame.origin_long)}: give the elevation model of '
                'that place'
            )


def _middles(grid: PixelGrid) -> np.ndarray:
    """Return (rows, columns, 2) east and north of the middles of a grid's pixels."""
    rows, columns = np.indices(grid.shape)
    return np.stack(grid.east_north(rows.astype(float), columns.astype(float)), axis=-1)


def _read_place(path: str) -> RasterPlace:
    """Return where an elevation model lies; raise MapError if it is none."""
    with _open(path) as dataset:
        if dataset.count != 1 or dataset.dtypes[0] == 'uint8':
            raise MapError(
                f'{path} has {dataset.count} bands of {dataset.dtypes[0]}: an elevation model has '
                'one, of heights; give imagery as a SOURCE'
            )
        return RasterPlace.of(dataset, path)


def _open(path: str) -> DatasetReader:
    rasterio = rasterio_module()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', rasterio.errors.NotGeoreferencedWarning)
            return rasterio.open(path)
    except gdal_errors() as error:
        raise MapError(f'cannot open elevation model {path}: {reason_of(error)}') from error


def _stated_datum(path: str, place: RasterPlace) -> str:
    """Return the vertical datum that a raster's CRS says; raise MapError if it says none."""
    vertical = _vertical_crs(pyproj.CRS(place.crs_wkt))
    if vertical is None:
        raise MapError(
            f'{path} does not say above what its heights are: give --terrain-datum egm2008 '
            '(Copernicus), egm96 (SRTM) or ellipsoid'
        )
    name = vertical.name.lower().replace(' ', '')
    return next((datum for datum in DATUMS if datum in name), vertical.name)


def _vertical_crs(crs: pyproj.CRS) -> Any:
    """Return the part of a CRS that says what heights are above; None if there is none."""
    if crs.is_compound:
        return crs.sub_crs_list[1]
    if len(crs.axis_info) == 3:
        return pyproj.CRS.from_wkt(_ELLIPSOID_WKT)
    return None


_ELLIPSOID_WKT = (
    'VERTCRS["ellipsoid",VDATUM["ellipsoid"],CS[vertical,1],AXIS["height",up],LENGTHUNIT["m",1]]'
)


def _metres_per_unit(dataset: DatasetReader, place: RasterPlace) -> float:
    """Return the length of a raster's unit of height: by its band, or else by its CRS."""
    unit = (dataset.units[0] or '').lower()
    if unit:
        return {'ft': 0.3048, 'foot': 0.3048, 'feet': 0.3048, 'us-ft': 1200 / 3937}.get(unit, 1.0)
    crs = pyproj.CRS(place.crs_wkt)
    if not crs.is_compound:
        return 1.0
    return float(crs.sub_crs_list[1].axis_info[0].unit_conversion_factor)


def _heights(path: str, place: RasterPlace, frame: LocalFrame, grid: PixelGrid) -> np.ndarray:
    """Return (rows, columns) metres of a grid in a frame; NaN where a raster does not know."""
    rasterio = rasterio_module()
    enums, vrt = rasterio_module('rasterio.enums'), rasterio_module('rasterio.vrt')
    crs = pyproj.CRS(place.crs_wkt)
    flat = crs.sub_crs_list[0] if crs.is_compound else crs.to_2d()
    gsd = grid.gsd_m_per_px
    is_finer = place.gsd_m_per_px < gsd / 1.5
    source = place.warp_source()
    source['src_crs'] = flat.to_wkt()  # heights stay as they are
    projection = f'+proj=aeqd +lat_0={frame.origin_lat!r} +lon_0={frame.origin_long!r}'
    with _open(path) as dataset:
        try:
            with vrt.WarpedVRT(
                dataset,
                **source,
                crs=f'{projection} +datum=WGS84 +units=m',
                transform=rasterio.Affine(gsd, 0, grid.west_m, 0, -gsd, grid.north_m),
                width=grid.columns,
                height=grid.rows,
                resampling=enums.Resampling.average if is_finer else enums.Resampling.bilinear,
                dtype='float32',
                nodata=np.nan,
            ) as warped:
                heights = warped.read(1)
        except gdal_errors() as error:
            cause = error.__cause__ or error.__context__ or error
            raise MapError(
                f'cannot read elevation model {path}: {reason_of(cause)}; copy it again'
            ) from error
        heights = heights * np.float32(_metres_per_unit(dataset, place))
    known = (heights >= _LOWEST_M) & (heights <= _HIGHEST_M)
    return np.where(known, heights, np.nan).astype(np.float32)
