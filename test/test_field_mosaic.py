# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.correlation.field_mosaic import FieldMosaic
from visual_navsat.correlation.gradient_field import as_float, make_gradient_field
from visual_navsat.geometry.region import Region

EXTENT = Region(10.0, -80.0, 110.0, 20.0)  # 100 m square


@pytest.fixture
def ground():
    """Return (400, 400) grey ground at 0.25 m per pixel."""
    return np.random.default_rng(0).uniform(0, 255, (400, 400)).astype(np.float32)


def add_tile(mosaic, ground, top, left, size, mask=None):
    """Cut a tile from pixels of the ground and add it."""
    west, north = EXTENT.west_m + left * 0.25, EXTENT.north_m - top * 0.25
    bounds = Region(west, north - size * 0.25, west + size * 0.25, north)
    mosaic.add(ground[top:, left:][:size, :size], bounds, mask)


def test_overlapping_tiles_make_the_whole(ground):
    mosaic = FieldMosaic.covering(EXTENT)
    for top in (0, 160):
        for left in (0, 160):
            add_tile(mosaic, ground, top, left, 240)
    made = mosaic.finish()
    whole = make_gradient_field(ground, 0.25)
    assert made.field.valid[5:-5, 5:-5].all()  # no gap between the tiles
    assert (made.grid.west_m, made.grid.north_m) == (10.0, 20.0)
    difference = (as_float(made.field.vectors) - whole.vectors)[:, 5:-5, 5:-5].abs()
    # Tiles know their own neighbourhood only: near a border the weights differ a little.
    assert difference.max() < 0.12
    assert difference.mean() < 0.01


def test_tile_off_the_grid_is_placed_to_half_its_pixel(ground):
    mosaic = FieldMosaic.covering(EXTENT)
    add_tile(mosaic, ground, 121, 41, 200)  # 30.25 m down, 10.25 m right: between grid lines
    made = mosaic.finish().field
    whole = make_gradient_field(ground, 0.25)
    difference = (as_float(made.vectors) - whole.vectors)[:, made.valid].abs()
    assert int(made.valid.sum()) > 90 * 90
    assert difference.mean() < 0.02


def test_missing_ground_is_left_to_other_tiles(ground):
    mask = np.ones((240, 240), bool)
    mask[100:140, 100:140] = False
    mosaic = FieldMosaic.covering(EXTENT)
    add_tile(mosaic, ground, 0, 0, 240, mask)
    assert not mosaic.finish().field.valid[52:68, 52:68].any()
    add_tile(mosaic, ground, 40, 40, 240)
    assert mosaic.finish().field.valid[52:68, 52:68].all()


def test_tiles_beyond_the_extent_are_cut_or_dropped(ground):
    mosaic = FieldMosaic.covering(EXTENT)
    mosaic.add(ground, Region(-40.0, -30.0, 60.0, 70.0))
    mosaic.add(ground, Region(500.0, 500.0, 600.0, 600.0))
    valid = mosaic.finish().field.valid
    assert valid[10:90, 10:90].all()
    assert not valid[104:, :].any()
    assert not valid[:, 104:].any()
