# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""rasterio, which reads rasters with GDAL and is needed only where a map is one."""

from __future__ import annotations

import os
from typing import Any

from visual_navsat.optional import import_optional

_CACHE_MB = '256'  # GDAL would take a twentieth of the machine's memory


def gdal_errors() -> tuple[type[Exception], ...]:
    """Return what rasterio raises: its own errors, and those of GDAL that it passes on."""
    errors = rasterio_module('rasterio.errors')
    passed_on = rasterio_module('rasterio._err').CPLE_BaseError
    # Before rasterio 1.4, which Ubuntu 22.04 and 24.04 have, the second was an OSError only.
    return errors.RasterioError, errors.RasterioIOError, passed_on


def rasterio_module(name: str = 'rasterio') -> Any:
    """
    Return a module of rasterio, such as ``rasterio.windows``, with a bounded cache.

    :raises MissingDependencyError: if rasterio is not installed.
    """
    os.environ.setdefault('GDAL_CACHEMAX', _CACHE_MB)
    return import_optional(name, 'a map in a raster needs rasterio: pip install rasterio')
