# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from makers import place_field
import numpy as np
import pytest
from visual_navsat.correlation.gradient_field import make_gradient_field
from visual_navsat.correlation.map_field import make_levels
from visual_navsat.geometry.region import Region


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def map_field(rng):
    field = make_gradient_field(rng.uniform(0, 255, (40, 60)), 0.5)
    return place_field(field, west_m=100.0, north_m=50.0)


def test_pixels_and_metres(map_field):
    assert map_field.grid.east_north(0, 0) == (100.25, 49.75)  # the middle of the first pixel
    assert map_field.grid.row_col(*map_field.grid.east_north(3.5, 7.25)) == (3.5, 7.25)
    east, north = map_field.halved().grid.east_north(0, 0)
    assert (east, north) == (100.5, 49.5)


def test_region_becomes_pixels(map_field):
    assert map_field.grid.touched_by(Region(101.0, 45.0, 103.0, 49.0)) == (2, 2, 10, 6)
    assert map_field.grid.touched_by(Region(0.0, 0.0, 500.0, 500.0)) == (0, 0, 40, 60)
    assert map_field.grid.touched_by(Region(200.0, 0.0, 300.0, 50.0)).is_empty


def test_each_level_doubles_the_gsd(map_field):
    levels = make_levels(map_field, 3)
    assert [level.gsd_m_per_px for level in levels] == [0.5, 1.0, 2.0]
