# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How high the sea stands above the ellipsoid: from a file, a number, or a grid of PROJ's."""

from __future__ import annotations

from typing import TYPE_CHECKING
import warnings

import numpy as np
import pyproj
from scipy import ndimage
from visual_navsat.errors import MapError, reason_of
from visual_navsat.maps.gdal import gdal_errors, rasterio_module

if TYPE_CHECKING:
    from rasterio import DatasetReader

DATUMS = ('egm96', 'egm2008', 'ellipsoid')
_VERTICAL_CRS = {'egm96': 'EPSG:5773', 'egm2008': 'EPSG:3855'}
_LARGEST_M = 120.0  # the geoid is -107 to 86 m from the ellipsoid


def undulation_m(
    geoid: str, stated_m: float | None, datum: str, lat: np.ndarray, long: np.ndarray
) -> np.ndarray | None:
    """
    Return the geoid above the ellipsoid in metres, of the places' shape; None if it is unknown.

    :param geoid: file with it, .gtx or GeoTIFF; '' for none: then what is stated, or else the grid
        of PROJ, which is there where somebody installed it. Nothing is fetched.
    :param stated_m: the same everywhere.
    :param datum: one of ``DATUMS``.
    :raises MapError: if the file cannot be read or does not cover the places.
    """
    if geoid:
        return _from_file(geoid, lat, long)
    if stated_m is not None:
        return np.full(lat.shape, stated_m)
    vertical = _VERTICAL_CRS.get(datum)
    return None if vertical is None else _from_proj(vertical, lat, long)


def _from_proj(vertical: str, lat: np.ndarray, long: np.ndarray) -> np.ndarray | None:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # it warns of the missing grid
        group = pyproj.transformer.TransformerGroup(f'EPSG:4326+{vertical[5:]}', 'EPSG:4979')
    if not group.best_available:
        return None
    *_, heights = group.transformers[0].transform(lat, long, np.zeros_like(lat))
    return heights if np.isfinite(heights).all() else None


def _from_file(path: str, lat: np.ndarray, long: np.ndarray) -> np.ndarray:
    rasterio = rasterio_module()
    try:
        with rasterio.open(path) as dataset:
            if dataset.count != 1 or dataset.transform.is_identity:
                raise MapError(
                    f'--geoid {path} is no geoid: it must be one band with a geotransform in '
                    'degrees, as .gtx or GeoTIFF'
                )
            undulation = _sampled(dataset, lat, long)
    except gdal_errors() as error:
        raise MapError(f'cannot open --geoid {path}: {reason_of(error)}') from error
    if not (np.abs(undulation) <= _LARGEST_M).all():  # false of NaN too
        raise MapError(
            f'--geoid {path} does not say the geoid at {lat.flat[0]:.4f}, {long.flat[0]:.4f}: it '
            'must hold metres above the ellipsoid, and cover the map'
        )
    return undulation


def _sampled(dataset: DatasetReader, lat: np.ndarray, long: np.ndarray) -> np.ndarray:
    """Return the values of an open geoid at places, interpolated; NaN where it has none."""
    # Some count longitudes from 0 to 360.
    west = dataset.bounds.left
    inverse = ~dataset.transform
    longs = west + (long - west) % 360.0
    col = inverse.a * longs + inverse.b * lat + inverse.c
    row = inverse.d * longs + inverse.e * lat + inverse.f
    places = np.stack([np.asarray(row), np.asarray(col)]) - 0.5  # from the middle of a pixel
    size = np.array(dataset.shape)
    low = np.floor(places.reshape(2, -1).min(axis=1)).astype(int).clip(0)
    high = np.minimum(np.ceil(places.reshape(2, -1).max(axis=1)).astype(int) + 1, size)
    if (high <= low).any():
        return np.full(lat.shape, np.nan)
    window = tuple(zip(low.tolist(), high.tolist(), strict=True))
    values = dataset.read(1, window=window, masked=True).astype(float).filled(np.nan)
    corner = low.reshape(2, *[1] * lat.ndim)
    found = ndimage.map_coordinates(values, places - corner, order=1, mode='nearest')
    beyond = (places < -1).any(axis=0) | (size < places.T).any(axis=-1).T
    return np.where(beyond, np.nan, found)
