# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How a raster says where it lies: geotransform, ground control points, a .prj beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TYPE_CHECKING

import numpy as np
import pyproj
from pyproj.exceptions import ProjError
from visual_navsat.errors import MapError
from visual_navsat.files import is_input, read_input
from visual_navsat.maps.gdal import rasterio_module

if TYPE_CHECKING:
    from rasterio import DatasetReader

# How far a plane through ground control points may miss them: more is a picture that is bent.
_MAX_MISS_PX = 2.0
_DEGREES = 'EPSG:4326 if these are degrees'


def find_georeference(dataset: DatasetReader, path: str) -> tuple[Any, Any]:
    """
    Return a raster's CRS and its affine transform from pixels, as rasterio has them.

    :raises MapError: if it has none, or ground control points that no plane goes through.
    """
    points, points_crs = dataset.gcps
    if dataset.transform.is_identity and points:
        crs = points_crs or dataset.crs
        if not crs:
            raise MapError(
                f'{path} has {len(points)} ground control points and no CRS: write the one that '
                'they are in with gdal_edit.py -a_srs EPSG:CODE'
            )
        return crs, _through(points, path)
    if dataset.transform.is_identity:
        raise MapError(f'{path} {_unplaced(dataset)}')
    crs = dataset.crs or _crs_beside(path)
    if not crs:
        left, bottom, right, top = dataset.bounds
        raise MapError(
            f'{path} has no CRS, its corners are x {left:g} to {right:g}, y {bottom:g} to '
            f'{top:g}: write the one that it is in{_guess(left, bottom, right, top)} with '
            'gdal_edit.py -a_srs EPSG:CODE, or rio edit-info --crs EPSG:CODE'
        )
    return crs, dataset.transform


def check_transform(crs_from_pixel: np.ndarray, path: str) -> None:
    """Raise MapError unless a (3, 3) affine transform gives pixels a size."""
    with np.errstate(all='ignore'):  # of numbers that are refused
        sides = np.linalg.norm(crs_from_pixel[:2, :2], axis=0)
        area = abs(np.linalg.det(crs_from_pixel[:2, :2]))
        # Of a parallelogram, by its sides: nothing where they are parallel. GDAL inverts no matrix
        # of which the second is not true.
        largest = np.abs(crs_from_pixel[:2, :2]).max()
        is_sized = area > max(1e-6 * sides.prod(), 1e-10 * largest**2) > 1e-70
    if not np.isfinite(crs_from_pixel).all() or not is_sized:
        raise MapError(
            f'{path} has a geotransform in which pixels have no size: write it again, or export '
            'the map again'
        )


def geographic_from(crs_wkt: str, path: str) -> pyproj.Transformer:
    """Return what transforms a CRS to longitude and latitude; raise MapError if nothing does."""
    try:
        return pyproj.Transformer.from_crs(crs_wkt, 'EPSG:4326', always_xy=True)
    except ProjError as error:
        try:
            name = pyproj.CRS(crs_wkt).name
        except ProjError:
            name = 'unknown'
        raise MapError(
            f'{path} is in a local CRS ({name}) that has no place on Earth, so it is not '
            'georeferenced: export it in a CRS such as UTM, with ground control points or GNSS'
        ) from error


def _through(points: list[Any], path: str) -> Any:
    """Return the affine transform through ground control points."""
    pixels = np.array([[point.col, point.row, 1.0] for point in points], float)
    places = np.array([[point.x, point.y] for point in points], float)
    finite = np.isfinite(pixels).all() and np.isfinite(places).all()
    if not finite or np.linalg.matrix_rank(pixels - [*pixels[0, :2], 0.0]) < 3:
        raise MapError(
            f'{path} has {len(points)} ground control points, too few or on one line: at least 3 '
            'that span the picture are needed'
        )
    matrix, *_ = np.linalg.lstsq(pixels, places, rcond=None)
    miss = np.linalg.norm(pixels @ matrix - places, axis=1).max()
    size = np.sqrt(abs(np.linalg.det(matrix[:2])))
    if miss > _MAX_MISS_PX * size:
        raise MapError(
            f'{path} is bent: a plane misses its ground control points by up to {miss / size:.0f} '
            f'px; warp it first with gdalwarp -tps -t_srs EPSG:CODE {Path(path).name} warped.tif'
        )
    affine = rasterio_module('rasterio').Affine
    return affine(*matrix[:, 0].tolist(), *matrix[:, 1].tolist())


def _unplaced(dataset: DatasetReader) -> str:
    """Return what is to be done with a raster without geotransform and ground control points."""
    if dataset.rpcs is not None:
        return (
            'has rational polynomials (RPC) in place of a geotransform: warp it first with '
            'gdalwarp -rpc -to RPC_DEM=dem.tif -t_srs EPSG:CODE'
        )
    if dataset.crs:
        return (
            'has a CRS but no geotransform, so no place on Earth: where it has ground control '
            'points, warp it with gdalwarp; else export it again as a GeoTIFF'
        )
    return (
        'has no CRS and no geotransform, it is a picture that is not georeferenced: export it as '
        'a GeoTIFF, or put its world file and .prj beside it'
    )


def _crs_beside(path: str) -> Any:
    """Return the CRS in a .prj file beside a raster, as Esri and photogrammetry write it."""
    names = (Path(path).with_suffix(suffix) for suffix in ('.prj', '.PRJ'))
    beside = next((name for name in names if is_input(name)), None)
    if beside is None:
        return None
    crs = rasterio_module('rasterio.crs').CRS
    try:
        text = read_input(beside).decode('utf-8', 'replace').strip()
        return crs.from_wkt(text, morph_from_esri_dialect=True)
    except Exception as error:  # of the disk, or any that a damaged text makes
        raise MapError(f'{beside} holds no CRS in WKT: export it again, or delete it') from error


def _guess(left: float, bottom: float, right: float, top: float) -> str:
    """Return a hint where numbers can be degrees."""
    is_degrees = max(abs(left), abs(right)) <= 180 and max(abs(bottom), abs(top)) <= 90
    return f', {_DEGREES},' if is_degrees else ''
