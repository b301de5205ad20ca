# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import pytest
from visual_navsat.geometry.tile import TileMetadata


def test_centre_size_and_borders():
    tile = TileMetadata('a.jpg', 0.001, 10.0, -0.001, 10.002)
    assert (tile.center_lat, tile.center_long) == pytest.approx((0.0, 10.001))
    # On the equator a degree is 111,319.49 m east and 110,574.3 m north.
    assert tile.size_m == pytest.approx((222.639, 221.149), abs=0.01)
    assert tile.contains(0.001, 10.0)
    assert not tile.contains(0.0011, 10.0)
    assert not tile.contains(0.0, 10.0021)


def test_a_tile_across_the_antimeridian():
    tile = TileMetadata('a.jpg', 1.0, 179.999, 0.999, -179.999)
    assert abs(tile.center_long) == pytest.approx(180.0)
    assert tile.size_m[0] == pytest.approx(222.6, abs=0.1)
    assert tile.contains(0.9995, 179.9995)
    assert tile.contains(0.9995, -179.9995)
    assert not tile.contains(0.9995, 0.0)


def test_a_tile_wider_than_half_the_earth_has_its_whole_width():
    tile = TileMetadata('a.jpg', 1.0, -170.0, -1.0, 170.0)
    assert tile.size_m[0] == pytest.approx(340 * 111319.49, rel=1e-6)
