# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tile images on their way to the backbone: prepared, in batches, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
import dataclasses
from itertools import islice
from typing import Any, TypeVar

import cv2
import numpy as np
from tqdm import tqdm
from visual_navsat.features.preprocess import ImagePreprocessor, PreparedImage
from visual_navsat.maps.reader import MapImage

DEFAULT_BATCH_SIZE = 16

Item = TypeVar('Item')


def tile_preparer(
    preprocessor: ImagePreprocessor,
) -> Callable[[MapImage, float], PreparedImage]:
    """Return what prepares a tile for the backbone; patches of nodata do not count."""

    def prepare(image: MapImage, gsd_m_per_px: float) -> PreparedImage:
        prepared = preprocessor.prepare_tile(image.pixels, gsd_m_per_px)
        if image.valid is None:
            return prepared
        rows, columns = prepared.patch_mask.shape
        ground = cv2.resize(
            image.valid.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA
        )
        mask = ground >= min(preprocessor.min_patch_coverage, ground.max())
        return dataclasses.replace(prepared, patch_mask=mask)

    return prepare


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield lists of ``size`` items; the last may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def progress_bar(
    name: str, total: int, done: int, progress: bool, unit: str = 'tiles'
) -> tqdm[Any]:
    """Return the bar of one step; not shown where ``progress`` is False."""
    return tqdm(
        desc=name,
        total=total,
        initial=done,
        unit=f' {unit}',
        disable=not progress,
        bar_format='{desc}: {percentage:3.0f}% |{bar:30}| {n_fmt}/{total_fmt} '
        '[{elapsed}<{remaining}, {rate_noinv_fmt}]',
    )
