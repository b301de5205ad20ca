# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The grid covers a map with tiles of one size on the ground, flush with its edges."""

import itertools

import pytest
from visual_navsat.geometry.geo_box import GeoBox
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile_grid import grid_boxes


def box_of(size_m, lat=0.0, long=10.0):
    """Return a box of about ``size_m`` (width, height) around a place."""
    frame = LocalFrame(lat, long)
    half = size_m[0] / 2, size_m[1] / 2
    _, longs = frame.geodetic_from_enu([[-half[0], 0.0], [half[0], 0.0]])
    lats, _ = frame.geodetic_from_enu([[0.0, -half[1]], [0.0, half[1]]])
    west, east = longs if longs[1] > longs[0] else (longs[0], longs[1] + 360)
    return GeoBox(float(west), float(lats[0]), float(east), float(lats[1]))


@pytest.mark.parametrize(('lat', 'long'), [(0.0, 10.0), (70.0, -20.0), (-45.0, 180.0)])
def test_tiles_are_squares_that_cover_the_extent(lat, long):
    extent = box_of((1000.0, 600.0), lat, long)
    cells = list(grid_boxes(extent, 200.0, 0.5))
    # 600 m: tiles at 0, 100 ... 400 m; 1000 m: at 0, 100 ... 800 m.
    assert {row for row, _, _ in cells} == set(range(5))
    assert {column for _, column, _ in cells} >= set(range(9))
    for _, _, box in cells:
        assert box.size_m == pytest.approx((200.0, 200.0), rel=2e-4)
    assert min(box.west for *_, box in cells) == pytest.approx(extent.west, abs=1e-12)
    assert max(box.east for *_, box in cells) == pytest.approx(extent.east, abs=1e-12)
    assert max(box.north for *_, box in cells) == extent.north
    assert min(box.south for *_, box in cells) == pytest.approx(extent.south, abs=1e-12)


def test_neighbours_overlap_at_least_as_asked():
    for asked in (0.0, 0.3, 0.75):
        boxes = [
            box for row, _, box in grid_boxes(box_of((990.0, 100.0)), 100.0, asked) if not row
        ]
        overlaps = [
            (left.east - right.west) / (left.east - left.west)
            for left, right in itertools.pairwise(boxes)
        ]
        assert min(overlaps) >= asked - 0.01
        assert max(overlaps) < asked + 0.1


def test_small_map_is_one_tile():
    extent = box_of((80.0, 300.0))
    cells = list(grid_boxes(extent, 200.0, 0.5))
    assert [(row, column) for row, column, _ in cells] == [(0, 0), (1, 0)]
    assert cells[0][2].size_m == pytest.approx((80.0, 200.0), rel=1e-3)


def test_box_knows_what_it_holds_across_the_antimeridian():
    box = GeoBox(179.5, -1.0, 180.5, 1.0)
    assert box.contains(0.0, -179.6)
    assert not box.contains(0.0, -179.4)
    assert box.center == (0.0, 180.0)
    tile = box.as_tile('a', 0.5)
    assert (tile.top_left_long, tile.bottom_right_long) == (179.5, -179.5)
    assert GeoBox.of_tile(tile) == box
    assert GeoBox(-180.5, 0, -179.5, 1).near(180.0) == GeoBox(179.5, 0, 180.5, 1)
    # One degree on the equator is 111.320 km east-west and 110.574 km north-south.
    assert box.size_m == pytest.approx((111319.5, 2 * 110574.4), rel=1e-5)
