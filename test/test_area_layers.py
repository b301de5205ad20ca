# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An area's field is what its segments hold of it: later ones on top, removed tiles taken out."""

import numpy as np
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.area_layers import cleared_pixels, lay_over
from visual_navsat.index.manifest import AreaField, FieldPatch, Segment
from visual_navsat.index.segment import StoredSegment

# Ten by twelve pixels of half a metre, whose top left corner is at 100 m east, 50 m north.
AREA = AreaField(LocalFrame(0.0, 0.0), PixelGrid(100.0, 50.0, 10, 12, 0.5))


def segment(top, left, rows, columns, value, tiles=(), live=None):
    """Return a segment that shows ``value`` in a box of the area."""
    stored = np.full((3, rows, columns), value, np.int8)
    stored[2] = 1
    patch = FieldPatch(0, PixelBox(top, left, top + rows, left + columns))
    entry = Segment('0001', (), (), len(tiles), 0, '', (patch,))
    gsds = np.zeros(0, np.float32)
    return StoredSegment(entry, np.zeros((0, 4), np.float32), tiles, stored.ravel(), live, gsds)


def tile(west_m, south_m, east_m, north_m):
    lat, long = AREA.frame.geodetic_from_enu([[west_m, north_m], [east_m, south_m]])
    return TileMetadata('', lat[0], long[0], lat[1], long[1])


def test_later_segments_lie_on_top_where_they_show_anything():
    upper = segment(2, 3, 4, 5, 9)
    upper.stored_fields.reshape(3, 4, 5)[:, 0] = 0  # its first row shows no ground
    field = lay_over(AREA, 0, [segment(0, 0, 10, 12, 4), upper])
    expected = np.full((10, 12), 4)
    expected[3:6, 3:8] = 9
    np.testing.assert_array_equal(field[0], expected)
    assert (field[2] == 1).all()
    assert field.dtype == np.int8


def test_a_single_whole_patch_is_not_copied():
    whole = segment(0, 0, 10, 12, 4)
    assert np.shares_memory(lay_over(AREA, 0, [whole]), whole.stored_fields)
    part = lay_over(AREA, 0, [segment(0, 0, 10, 11, 4)])
    assert part.shape == (3, 10, 12)
    assert not part[2, :, 11].any()
    assert part[0, 5, 5] == 4


def test_removed_tiles_let_what_is_below_be_seen():
    halves = [tile(100, 45, 103, 50), tile(103, 45, 106, 50)]
    upper = segment(0, 0, 10, 12, 9, halves, live=np.array([0]))
    field = lay_over(AREA, 0, [segment(0, 0, 10, 12, 4), upper])
    assert (field[0, :, :6] == 9).all()
    assert (field[0, :, 6:] == 4).all()


def test_patches_of_other_areas_do_not_count():
    assert not lay_over(AREA, 1, [segment(0, 0, 10, 12, 4)]).any()


def test_only_what_no_other_tile_shows_is_cleared():
    patch = FieldPatch(0, PixelBox(2, 2, 10, 12))  # of 101 to 106 m east, 45 to 49 m north
    removed = np.array([[102.0, 46.0, 104.0, 48.0]])
    live = np.array([[103.0, 44.0, 109.0, 50.0], [120.0, 44.0, 130.0, 50.0]])
    cleared = cleared_pixels(AREA, patch, removed, live)
    expected = np.zeros((8, 10), bool)
    expected[2:6, 2:4] = True  # 48 to 46 m north, 102 to 103 m east
    np.testing.assert_array_equal(cleared, expected)
    assert cleared_pixels(AREA, patch, removed, np.array([[99.0, 44.0, 109.0, 51.0]])) is None
    assert cleared_pixels(AREA, patch, removed - 50, live) is None


def test_cleared_pixels_agree_with_a_slow_loop():
    rng = np.random.default_rng(0)
    corners = rng.uniform([99, 44], [106, 50], (40, 2))
    boxes = np.column_stack([corners, corners + rng.uniform(0.2, 3, (40, 2))])
    removed, live = boxes[:12], boxes[12:]
    patch = FieldPatch(0, PixelBox(0, 0, 10, 12))
    expected = np.zeros((10, 12), bool)
    for row in range(10):
        for column in range(12):
            east, north = 100 + (column + 0.5) * 0.5, 50 - (row + 0.5) * 0.5

            def covers(box, east=east, north=north):
                return box[0] <= east < box[2] and box[1] < north <= box[3]

            expected[row, column] = any(map(covers, removed)) and not any(map(covers, live))
    assert expected.any()
    np.testing.assert_array_equal(cleared_pixels(AREA, patch, removed, live), expected)
