# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fields of new tiles lie on the pixels of the area that they join."""

from dataclasses import replace
import zlib

import numpy as np
import pytest
from visual_navsat.correlation.gradient_field import FieldOptions
from visual_navsat.errors import MapError
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.area_fields import make_area_patches, moved
from visual_navsat.index.stored_areas import FieldPatch
from visual_navsat.maps.reader import MapImage

STEP_DEG = 0.001  # 111.32 m east-west on the equator
OPTIONS = FieldOptions(gsd_m_per_px=2.0)


def tile(column, row=0):
    return TileMetadata(
        f'{row}_{column}', (row + 1) * STEP_DEG, column * STEP_DEG, row * STEP_DEG,
        (column + 1) * STEP_DEG,
    )  # fmt: skip


def images(tiles):
    for one in tiles:
        rng = np.random.default_rng(zlib.crc32(one.filename.encode()))
        yield MapImage(rng.integers(0, 256, (80, 80, 3), dtype=np.uint8), GeoBox.of_tile(one))


def test_new_tiles_join_the_area_beside_them():
    [first] = make_area_patches([tile(0), tile(1)], images, OPTIONS)
    assert first.patch == FieldPatch(0, PixelBox(0, 0, *first.area.grid.shape))
    # 222.64 m by 110.57 m at 2 m per pixel.
    assert first.area.grid.shape == (56, 112)
    [second] = make_area_patches([tile(-1)], images, OPTIONS, [first.area])
    assert second.patch.area == 0
    # On the same pixels, at least a tile's width further west, in steps of the coarsest level.
    steps = (first.area.grid.west_m - second.area.grid.west_m) / 2.0
    assert steps == pytest.approx(round(steps), abs=1e-9)
    assert round(steps) == 64
    assert second.patch.box.left == 64 - 56
    assert moved(first.patch, first.area, [second.area]).box.left == 64
    assert second.area.grid.columns == 64 + 112


def test_tiles_far_away_are_an_area_of_their_own():
    [first] = make_area_patches([tile(0)], images, OPTIONS)
    patches = make_area_patches([tile(900), tile(1), tile(901)], images, OPTIONS, [first.area])
    assert sorted(one.patch.area for one in patches) == [0, 1]
    antipode = TileMetadata('far', 0.001, 179.999, 0.0, -180.0)
    [apart] = make_area_patches([antipode], images, OPTIONS, [first.area])
    assert apart.patch.area == 1


def test_two_groups_that_join_one_area_are_placed_in_what_it_becomes():
    [first] = make_area_patches([tile(0)], images, OPTIONS)
    # Apart from each other, both beside the first.
    patches = make_area_patches([tile(-2), tile(2)], images, OPTIONS, [first.area])
    assert len(patches) == 2
    assert patches[0].area == patches[1].area
    east = max(one.patch.box.right for one in patches)
    assert east == patches[0].area.grid.columns
    assert 0 <= min(one.patch.box.left for one in patches) < 16


def test_where_a_tile_shows_no_ground_the_field_has_none():
    def half_empty(tiles):
        for image in images(tiles):
            valid = np.ones(image.pixels.shape[:2], bool)
            valid[:, 40:] = False
            yield replace(image, valid=valid)

    [one] = make_area_patches([tile(0)], half_empty, OPTIONS)
    half = one.field.shape[2] // 2
    left, right = one.field[:, :, :half], one.field[:, :, half:]
    assert not right.any()
    assert left[2, 5:-5, 5:-5].all()


def test_an_area_too_large_is_refused_before_it_is_made():
    row = [tile(column) for column in range(400)]
    with pytest.raises(MapError, match=r'an area of the map is .* km, too large at 0\.01 m'):
        make_area_patches(row, images, FieldOptions(gsd_m_per_px=0.01))
