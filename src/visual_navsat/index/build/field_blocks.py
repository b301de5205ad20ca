# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Make the gradient fields of tiles, block by block, as the index stores them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
import math
from typing import ClassVar

import numpy as np
from visual_navsat.correlation.field_mosaic import FieldMosaic
from visual_navsat.correlation.gradient_field import FieldOptions
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.area_fields import AreaPatch, tile_bounds
from visual_navsat.index.build.field_files import FieldFiles
from visual_navsat.index.build.tile_images import progress_bar
from visual_navsat.index.build.workers import Workers
from visual_navsat.index.field_codec import BLOCK_PX, encode_block
from visual_navsat.index.stored_fields import block_of, BlockGrid
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.read_ahead import read_ahead
from visual_navsat.maps.reader import MapImage

# Sides of a shard in blocks. Tiles on its border are read again for the next one: a large shard
# takes less work, a small one is soon done again. 16 are 4096 px, 50 MB.
_SIDES_HERE = 16
_SIDES_APART = (2, 8)
_SHARDS_PER_WORKER = 4
_READ_AHEAD = 4


@dataclass(frozen=True)
class BlockShard:
    """Blocks of a patch in a rectangle, and the tiles that they show."""

    numbers: tuple[int, ...]  # of the blocks in the patch
    places: tuple[PixelBox, ...]  # theirs, in pixels of the patch; they may reach beyond it
    grid: PixelGrid  # of the patch
    tiles: tuple[TileMetadata, ...]
    bounds: tuple[Region, ...]  # of the tiles, in the plane of the grid

    @property
    def window(self) -> PixelBox:
        """Return the pixels of the patch that the blocks hold."""
        (top, left, _, _), (_, _, bottom, right) = self.places[0], self.places[-1]
        whole = PixelBox(0, 0, *self.grid.shape)
        return PixelBox(top, left, bottom, right).intersection(whole)


@dataclass(frozen=True)
class MakeBlocks:
    """The step that makes and encodes blocks; a shard's are the same however the map is cut."""

    imagery: MapImagery
    options: FieldOptions
    uses_network: ClassVar[bool] = False

    def __call__(self, shard: BlockShard) -> Generator[list[bytes]]:
        """Yield the parts of each block of a shard."""
        window = shard.window
        mosaic = FieldMosaic(shard.grid, self.options, window)
        with closing(read_ahead(self.imagery, shard.tiles, _image, _READ_AHEAD)) as images:
            for image, bounds in zip(images, shard.bounds, strict=True):
                mosaic.add(image.pixels, bounds, image.valid)
        made = mosaic.finish().field
        field = np.concatenate([made.vectors.numpy(), made.valid.numpy()[np.newaxis]])
        for place in shard.places:
            yield encode_block(block_of(field, window, place))


def make_fields(
    source: MapImagery,
    patches: Sequence[AreaPatch],
    files: FieldFiles,
    progress: bool,
    workers: Workers,
) -> None:
    """Append the blocks of patches to files, what their tiles are correlated by."""
    counts = [len(BlockGrid.under(one.patch.box)) for one in patches]
    with progress_bar('gradients', sum(counts), 0, progress, 'blocks') as bar:
        for one, count in zip(patches, counts, strict=True):
            shards = block_shards(one, _side(count, workers))
            options = FieldOptions(gsd_m_per_px=one.grid.gsd_m_per_px)
            made = workers.run(MakeBlocks(source.without_tiles(), options), shards)
            # A shard has a part of several rows, which wait for the shards beside it.
            waiting: dict[int, list[bytes]] = {}
            added = 0
            with closing(made):
                for number, parts in zip(_numbers(shards), made, strict=True):
                    waiting[number] = parts
                    bar.update()
                    while added in waiting:
                        files.add(waiting.pop(added))
                        added += 1


def block_shards(one: AreaPatch, side: int) -> list[BlockShard]:
    """Return the blocks of a patch in squares of ``side`` blocks, row by row."""
    box, first = one.patch.box, BlockGrid.under(one.patch.box)
    by_square: dict[tuple[int, int], list[tuple[int, PixelBox]]] = defaultdict(list)
    for number, place in first.touched_by(box, 0):
        row, column = divmod(number, first.columns)
        by_square[row // side, column // side].append((number, place.moved(-box.top, -box.left)))
    corner = first.top - box.top, first.left - box.left
    bounds = tile_bounds(one.tiles, one.area.frame)
    shown: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, region in enumerate(bounds):
        for square in _squares(one.grid, region, corner, side):
            shown[square].append(index)
    shards = []
    for square, blocks in sorted(by_square.items()):
        numbers, places = zip(*blocks, strict=True)
        tiles = tuple(one.tiles[index] for index in shown[square])
        regions = tuple(bounds[index] for index in shown[square])
        shards.append(BlockShard(numbers, places, one.grid, tiles, regions))
    return shards


def _squares(
    grid: PixelGrid, region: Region, corner: tuple[int, int], side: int
) -> Iterator[tuple[int, int]]:
    """Yield the squares of blocks that a tile may show, by row and column."""
    touched = grid.touched_by(region)
    # Tiles are placed on the next grid line: by up to a pixel, and rounded.
    reach = PixelBox(touched.top - 2, touched.left - 2, touched.bottom + 2, touched.right + 2)
    reach = reach.intersection(PixelBox(0, 0, *grid.shape)).moved(-corner[0], -corner[1])
    side_px = side * BLOCK_PX
    for row in range(reach.top // side_px, (reach.bottom - 1) // side_px + 1):
        for column in range(reach.left // side_px, (reach.right - 1) // side_px + 1):
            yield row, column


def _side(count: int, workers: Workers) -> int:
    """Return the side of the shards of so many blocks."""
    if not workers.are_apart:
        return _SIDES_HERE
    low, high = _SIDES_APART
    return min(max(math.isqrt(count // (_SHARDS_PER_WORKER * workers.count)), low), high)


def _numbers(shards: Sequence[BlockShard]) -> Iterator[int]:
    for shard in shards:
        yield from shard.numbers


def _image(image: MapImage, _gsd_m_per_px: float) -> MapImage:
    return image
