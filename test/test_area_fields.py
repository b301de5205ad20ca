# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fields of new tiles lie on the pixels of the area that they join."""

import zlib

from field_storage import made_fields
import numpy as np
import pytest
from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.area_fields import moved, plan_patches
from visual_navsat.index.stored_areas import FieldPatch
from visual_navsat.maps.reader import MapImage

STEP_DEG = 0.001  # 111.32 m east-west on the equator
GSD = 2.0


def tile(column, row=0):
    return TileMetadata(
        f'{row}_{column}', (row + 1) * STEP_DEG, column * STEP_DEG, row * STEP_DEG,
        (column + 1) * STEP_DEG,
    )  # fmt: skip


class NoiseTiles:
    """Tiles of noise, each of its own; those that are ``half_empty`` show ground in the west."""

    def __init__(self, half_empty=False):
        self.half_empty = half_empty

    def without_tiles(self):
        return self

    def read(self, one):
        rng = np.random.default_rng(zlib.crc32(one.filename.encode()))
        valid = np.ones((80, 80), bool)
        if self.half_empty:
            valid[:, 40:] = False
        pixels = rng.integers(0, 256, (80, 80, 3), dtype=np.uint8)
        return MapImage(pixels, GeoBox.of_tile(one), valid)


def test_new_tiles_join_the_area_beside_them():
    [first] = plan_patches([tile(0), tile(1)], GSD)
    assert first.patch == FieldPatch(0, PixelBox(0, 0, *first.area.grid.shape))
    # 222.64 m by 110.57 m at 2 m per pixel.
    assert first.area.grid.shape == (56, 112)
    [second] = plan_patches([tile(-1)], GSD, [first.area])
    assert second.patch.area == 0
    # On the same pixels, at least a tile's width further west, in steps of the coarsest level.
    steps = (first.area.grid.west_m - second.area.grid.west_m) / 2.0
    assert steps == pytest.approx(round(steps), abs=1e-9)
    assert round(steps) == 64
    assert second.patch.box.left == 64 - 56
    assert moved(first.patch, first.area, [second.area]).box.left == 64
    assert second.area.grid.columns == 64 + 112


def test_tiles_far_away_are_an_area_of_their_own():
    [first] = plan_patches([tile(0)], GSD)
    patches = plan_patches([tile(900), tile(1), tile(901)], GSD, [first.area])
    assert sorted(one.patch.area for one in patches) == [0, 1]
    antipode = TileMetadata('far', 0.001, 179.999, 0.0, -180.0)
    [apart] = plan_patches([antipode], GSD, [first.area])
    assert apart.patch.area == 1


def test_two_groups_that_join_one_area_are_placed_in_what_it_becomes():
    [first] = plan_patches([tile(0)], GSD)
    # Apart from each other, both beside the first.
    patches = plan_patches([tile(-2), tile(2)], GSD, [first.area])
    assert len(patches) == 2
    assert patches[0].area == patches[1].area
    east = max(one.patch.box.right for one in patches)
    assert east == patches[0].area.grid.columns
    assert 0 <= min(one.patch.box.left for one in patches) < 16


def test_where_a_tile_shows_no_ground_the_field_has_none(tmp_path):
    patches = plan_patches([tile(0)], GSD)
    [field] = made_fields(NoiseTiles(half_empty=True), patches, tmp_path)
    half = field.shape[2] // 2
    left, right = field[:, :, :half], field[:, :, half:]
    assert not right.any()
    assert left[2, 5:-5, 5:-5].all()


def test_an_area_too_large_is_refused_before_it_is_made():
    row = [tile(column) for column in range(400)]
    with pytest.raises(MapError, match=r'an area of the map is .* km, too large at 0\.01 m'):
        plan_patches(row, 0.01)
