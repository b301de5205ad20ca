# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Blocks of a field are the same however a map is cut into shards."""

from contextlib import closing

from makers import cut_tiles, make_ground, TILE_PX
import numpy as np
import pytest
from visual_navsat.correlation.field_mosaic import FieldMosaic
from visual_navsat.correlation.gradient_field import FieldOptions
from visual_navsat.index.build.area_fields import plan_patches, tile_bounds
from visual_navsat.index.build.field_blocks import block_shards, MakeBlocks
from visual_navsat.index.build.workers import HERE
from visual_navsat.index.field_codec import encode_block
from visual_navsat.index.stored_fields import block_of, BlockGrid
from visual_navsat.maps.open_map import open_image_folder

GSD = 0.25  # twice as fine as the tiles: three by three of them are 1344 px, 6 blocks


@pytest.fixture(scope='module')
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp('tiles')
    return open_image_folder(cut_tiles(make_ground(3 * TILE_PX), folder), folder)


def blocks_by_number(source, one, side):
    shards = block_shards(one, side)
    numbers = [number for shard in shards for number in shard.numbers]
    step = MakeBlocks(source.without_tiles(), FieldOptions(gsd_m_per_px=GSD))
    with closing(HERE.run(step, shards)) as made:
        return dict(zip(numbers, made, strict=True)), shards


@pytest.mark.parametrize('joins', [False, True])
def test_shards_of_any_size_make_the_blocks_of_the_whole(source, joins):
    patches = plan_patches(source.tiles, GSD)
    if joins:  # an area that is there, so that blocks begin before the patch
        patches = plan_patches(
            source.tiles[4:], GSD, [plan_patches(source.tiles[:2], GSD)[0].area]
        )
    [one] = patches
    mosaic = FieldMosaic(one.grid, FieldOptions(gsd_m_per_px=GSD))
    for tile, bounds in zip(one.tiles, tile_bounds(one.tiles, one.area.frame), strict=True):
        mosaic.add(source.read(tile).pixels, bounds)
    made = mosaic.finish().field
    field = np.concatenate([made.vectors.numpy(), made.valid.numpy()[np.newaxis]])
    box = one.patch.box
    places = [place for _, place in BlockGrid.under(box).touched_by(box, 0)]
    expected = {n: encode_block(block_of(field, box, p)) for n, p in enumerate(places)}
    for side in (1, 2, 3, 32):
        found, shards = blocks_by_number(source, one, side)
        assert found == expected
        assert all(len(shard.tiles) <= len(one.tiles) for shard in shards)
    _, shards = blocks_by_number(source, one, 1)
    assert min(len(shard.tiles) for shard in shards) <= 2  # a shard reads what it shows
