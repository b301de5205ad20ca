# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Describe the tiles of a source."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from visual_navsat.errors import ImageError, ModelError
from visual_navsat.features.describer import ImageDescriber
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.described_rows import DescribedRows
from visual_navsat.index.build.tile_images import batches, progress_bar, tile_preparer
from visual_navsat.index.build.workers import Workers
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.read_ahead import read_ahead

_SHARDS_PER_WORKER = 4  # at least, so that all end at about the same time
_BATCHES_PER_SHARD = 8  # at most: what is lost with a worker

# Of a batch: (n, d) float32, and metres per pixel of its tiles as the backbone saw them.
Described = tuple[np.ndarray, list[float]]


@dataclass(frozen=True)
class DescribeTiles:
    """The step that describes tiles; a shard is some of them in order, in whole batches."""

    imagery: MapImagery
    describer: ImageDescriber
    batch_size: int
    uses_network: ClassVar[bool] = True

    def __call__(self, tiles: Sequence[TileMetadata]) -> Generator[Described]:
        """Yield each batch of a shard."""
        prepare = tile_preparer(self.describer.preprocessor)
        images = read_ahead(self.imagery, tiles, prepare, 2 * self.batch_size)
        with closing(images):
            for batch in batches(images, self.batch_size):
                descriptors = self.describer.describe(batch)
                yield descriptors, [image.gsd_m_per_px for image in batch]


def describe_tiles(
    source: MapImagery,
    stamps: Sequence[str],
    describer: ImageDescriber,
    rows: DescribedRows,
    progress: bool,
    batch_size: int,
    workers: Workers,
) -> None:
    """Append the descriptor of every tile that is not done yet."""
    tiles, identity = source.tiles, describer.identity
    done = rows.start(identity, stamps, int(identity['dimension']), batch_size)
    step = DescribeTiles(source.without_tiles(), describer, batch_size)
    described = workers.run(step, _shards(tiles[done:], batch_size, workers))
    with closing(described), progress_bar('tiles', len(tiles), done, progress) as bar:
        try:
            for descriptors, gsds_m_per_px in described:
                _check_finite(descriptors, tiles, rows.count)
                rows.append(descriptors, gsds_m_per_px)
                bar.update(len(descriptors))
        except (ImageError, ModelError) as error:
            kept = f'{rows.count} of {len(tiles)} tiles are done and kept'
            raise type(error)(f'{error} ({kept})') from error


def _shards(
    tiles: Sequence[TileMetadata], batch_size: int, workers: Workers
) -> list[Sequence[TileMetadata]]:
    """Return tiles in shards of whole batches, on which the last bits of descriptors depend."""
    size = len(tiles)
    if workers.are_apart:
        share = -(-size // (batch_size * _SHARDS_PER_WORKER * workers.count))
        size = batch_size * min(share, _BATCHES_PER_SHARD)
    return [tiles[start:][:size] for start in range(0, len(tiles), max(size, 1))]


def _check_finite(descriptors: np.ndarray, tiles: Sequence[TileMetadata], first: int) -> None:
    """Raise ModelError if a tile, from the first on, cannot be compared with anything."""
    for number, descriptor in enumerate(descriptors, start=first):
        if not np.isfinite(descriptor).all():
            raise ModelError(
                f'the descriptor of {tiles[number].filename} is not finite: check the checkpoint, '
                'or use model.dtype float32'
            )
