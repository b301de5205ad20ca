# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read tile images ahead of their use, in threads, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
import os
from typing import TypeVar

import numpy as np
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.reader import MapImage

_THREADS = min(16, os.cpu_count() or 1)

Prepared = TypeVar('Prepared')


def read_ahead(
    imagery: MapImagery,
    tiles: Sequence[TileMetadata],
    prepare: Callable[[MapImage, float], Prepared],
    ahead: int,
) -> Generator[Prepared]:
    """
    Yield ``prepare(image, gsd_m_per_px)`` of some of a map's tiles, in order, by threads.

    :param prepare: takes a tile's image and its metres per pixel as stored.
    :param ahead: how many are prepared, at most, before they are asked for.
    :raises ImageError: if the image of the tile that is next cannot be read.
    """

    def read(tile: TileMetadata) -> Prepared:
        image = imagery.read(tile)
        return prepare(image, tile_gsd_m_per_px(tile, image.pixels))

    waiting: deque[Future[Prepared]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for tile in tiles:
                waiting.append(pool.submit(read, tile))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def tile_gsd_m_per_px(tile: TileMetadata, image: np.ndarray) -> float:
    """
    Return metres per pixel of a tile's image.

    Its pixels need not be square on the ground: the side of a square of the same area counts.
    """
    width_m, height_m = tile.size_m
    height, width = image.shape[:2]
    return (width_m * height_m / (width * height)) ** 0.5
