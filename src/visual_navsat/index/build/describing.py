# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Describe the tiles of a source, and make their gradient fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np
from visual_navsat.correlation.gradient_field import FieldOptions
from visual_navsat.errors import ImageError, ModelError
from visual_navsat.features.describer import ImageDescriber
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.area_fields import AreaPatch, make_area_patches
from visual_navsat.index.build.described_rows import DescribedRows
from visual_navsat.index.build.tile_images import batches, progress_bar, tile_preparer
from visual_navsat.index.stored_areas import AreaField
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.read_ahead import read_ahead
from visual_navsat.maps.reader import MapImage


def describe_tiles(
    source: MapImagery,
    stamps: Sequence[str],
    describer: ImageDescriber,
    rows: DescribedRows,
    progress: bool,
    batch_size: int,
) -> None:
    """Append the descriptor of every tile that is not done yet."""
    tiles, identity = source.tiles, describer.identity
    done = rows.start(identity, stamps, int(identity['dimension']), batch_size)
    prepare = tile_preparer(describer.preprocessor)
    images = read_ahead(source, tiles[done:], prepare, 2 * batch_size)
    with closing(images), progress_bar('tiles', len(tiles), done, progress) as bar:
        try:
            for batch in batches(images, batch_size):
                descriptors = describer.describe(batch)
                described = rows.count
                _check_finite(descriptors, tiles[described:])
                rows.append(descriptors, [image.gsd_m_per_px for image in batch])
                bar.update(len(batch))
        except (ImageError, ModelError) as error:
            kept = f'{rows.count} of {len(tiles)} tiles are done and kept'
            raise type(error)(f'{error} ({kept})') from error


def make_patches(
    source: MapImagery, gsd_m_per_px: float, progress: bool, areas: Sequence[AreaField] = ()
) -> list[AreaPatch]:
    """
    Return what the source's part of the map is correlated by: the gradient fields of its tiles.

    :param areas: those that are there, which the tiles may lie in.
    """
    with progress_bar('gradients', len(source.tiles), 0, progress) as bar:

        def images(members: Sequence[TileMetadata]) -> Iterator[MapImage]:
            for image in read_ahead(source, members, lambda image, _: image, 4):
                yield image
                bar.update()

        options = FieldOptions(gsd_m_per_px=gsd_m_per_px)
        return make_area_patches(source.tiles, images, options, areas)


def _check_finite(descriptors: np.ndarray, tiles: Sequence[TileMetadata]) -> None:
    """Raise ModelError if the first tiles have a descriptor that nothing can be compared with."""
    for tile, descriptor in zip(tiles, descriptors, strict=False):
        if not np.isfinite(descriptor).all():
            raise ModelError(
                f'the descriptor of {tile.filename} is not finite: check the checkpoint, or use '
                'model.dtype float32'
            )
