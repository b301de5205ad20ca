# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Elevation models and geoids as files, of a plane that rises towards the east."""

from pathlib import Path

import numpy as np
import pytest

rasterio = pytest.importorskip('rasterio')

LAT, LONG = 47.0, 9.0  # south-west corner
STEP_DEG = 1 / 3600  # one second of arc: 30 m
METRES_PER_PX = 0.5  # by which it rises


def plane(rows: int = 400, columns: int = 400) -> np.ndarray:
    """Return (rows, columns) float32 heights, 400 m at the western edge."""
    across = np.arange(columns, dtype=np.float32) + 0.5
    return np.tile(400 + METRES_PER_PX * across, (rows, 1)).astype(np.float32)


def write_dem(
    path: Path, heights: np.ndarray, crs: str = 'EPSG:4326', corner=(LAT, LONG), **profile
) -> Path:
    """Write heights as a GeoTIFF, rows from north to south."""
    rows, columns = heights.shape
    south, west = corner
    transform = rasterio.Affine(STEP_DEG, 0, west, 0, -STEP_DEG, south + rows * STEP_DEG)
    with rasterio.open(
        path,
        'w',
        driver='GTiff',
        width=columns,
        height=rows,
        count=1,
        dtype=heights.dtype,
        crs=crs,
        transform=profile.pop('transform', transform),
        **profile,
    ) as dataset:
        dataset.write(heights, 1)
    return path


def write_geoid(path: Path, undulation_m: float = 47.5) -> Path:
    """Write a geoid of the whole Earth, one value a degree, as PROJ has them."""
    values = np.full((181, 361), undulation_m, np.float32)
    transform = rasterio.Affine(1, 0, -180.5, 0, -1, 90.5)
    return write_dem(path, values, transform=transform)
