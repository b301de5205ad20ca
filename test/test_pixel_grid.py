# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Parts of a grid of pixels lie where the grid has them."""

import pytest
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region

GRID = PixelGrid(100.0, 50.0, rows=6, columns=8, gsd_m_per_px=0.5)


def test_a_part_keeps_its_pixels_in_place():
    part = GRID.part(PixelBox(2, 3, 6, 8))
    assert part == PixelGrid(101.5, 49.0, 4, 5, 0.5)
    assert part.east_north(0, 0) == GRID.east_north(2, 3)
    assert GRID.place_of(part) == PixelBox(2, 3, 6, 8)


def test_a_part_may_lie_beyond_the_grid():
    around = GRID.part(PixelBox(-1, -1, 7, 9))
    assert around.region == GRID.region.padded(0.5)
    assert around.region == Region(99.5, 46.5, 104.5, 50.5)
    assert around.part(PixelBox(1, 1, 7, 9)) == GRID


def test_middles_of_pixels_go_there_and_back():
    east_m, north_m = GRID.east_north(2, 3)
    assert (east_m, north_m) == (101.75, 48.75)
    assert GRID.row_col(east_m, north_m) == pytest.approx((2, 3))
