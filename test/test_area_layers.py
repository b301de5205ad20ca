# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An area's field is what its segments hold of it: later ones on top, removed tiles taken out."""

from field_storage import write_fields
import numpy as np
import pytest
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.area_layers import AreaLayers, cleared_pixels, lay_over
from visual_navsat.index.manifest import EXACT, Segment
from visual_navsat.index.segment import StoredSegment
from visual_navsat.index.stored_areas import AreaField, FieldPatch
from visual_navsat.index.stored_code import StoredCode
from visual_navsat.index.stored_fields import coarser, StoredFields
from visual_navsat.retrieval.tile_code import ExactCode

# Ten by twelve pixels of half a metre, whose top left corner is at 100 m east, 50 m north.
ROUNDED = 13  # a pixel, where ground ends beside it; the values compared are 36 and more apart
AREA = AreaField(LocalFrame(0.0, 0.0), PixelGrid(100.0, 50.0, 10, 12, 0.5))


@pytest.fixture
def segment(tmp_path):
    """Return what makes a segment that shows ``value`` in a box of the area."""

    def make(top, left, rows, columns, value, tiles=(), live=None, shown_from=0):
        stored = np.full((3, rows, columns), value, np.int8)
        stored[2] = 1
        stored[:, :shown_from] = 0
        box = PixelBox(top, left, top + rows, left + columns)
        content, sizes = write_fields([(box, stored)], tmp_path)
        entry = Segment('0001', (), (), len(tiles), 0, '', (FieldPatch(0, box),))
        return StoredSegment(
            entry,
            StoredCode(EXACT, ExactCode(4)),
            np.zeros((0, 4), np.float32),
            None,
            tiles,
            StoredFields.of(content, sizes, [box]),
            live,
            np.zeros(0, np.float32),
        )

    return make


def tile(west_m, south_m, east_m, north_m):
    lat, long = AREA.frame.geodetic_from_enu([[west_m, north_m], [east_m, south_m]])
    return TileMetadata('', lat[0], long[0], lat[1], long[1])


def test_later_segments_lie_on_top_where_they_show_anything(segment):
    upper = segment(2, 3, 4, 5, 60, shown_from=1)  # its first row shows no ground
    field = lay_over(AREA, 0, [segment(0, 0, 10, 12, 4), upper])
    expected = np.full((10, 12), 4)
    expected[3:6, 3:8] = 60
    np.testing.assert_allclose(field[0], expected, atol=ROUNDED)
    assert (field[2] == 1).all()
    assert field.dtype == np.int8


def test_a_patch_smaller_than_its_area_leaves_the_rest_empty(segment):
    part = lay_over(AREA, 0, [segment(0, 0, 10, 11, 40)])
    assert part.shape == (3, 10, 12)
    assert not part[:, :, 11].any()
    assert part[2, :, :11].all()
    assert part[0, 5, 5] == pytest.approx(40, abs=ROUNDED)


def test_removed_tiles_let_what_is_below_be_seen(segment):
    halves = [tile(100, 45, 103, 50), tile(103, 45, 106, 50)]
    upper = segment(0, 0, 10, 12, 60, halves, live=np.array([0]))
    field = lay_over(AREA, 0, [segment(0, 0, 10, 12, 4), upper])
    np.testing.assert_allclose(field[0, :, :6], 60, atol=ROUNDED)
    np.testing.assert_allclose(field[0, :, 6:], 4, atol=ROUNDED)


@pytest.mark.parametrize('level', [1, 2])
def test_coarser_pixels_that_segments_share_are_means_of_the_finest(segment, level):
    halves = [tile(100, 45, 103, 50), tile(103, 45, 106, 50)]
    lower = segment(0, 0, 10, 12, 4)
    alone, upper = AreaLayers.of(AREA, 0, [lower]), segment(2, 3, 4, 5, 60)
    removed = segment(0, 0, 10, 12, 60, halves, live=np.array([0]))
    for layers in ([lower, upper], [lower, removed], [removed]):
        area, side = AreaLayers.of(AREA, 0, layers), 1 << level
        finest = area.read(0, PixelBox(0, 0, 12, 12))
        squares = finest.reshape(3, 12 // side, side, 12 // side, side)
        box = coarser(AREA.grid.box, level)
        found, rows = area.read(level, box), slice(box.bottom)
        means, shown = squares.mean(axis=(2, 4)), squares[2].any(axis=(1, 3))
        np.testing.assert_allclose(found[:2], means[:2, rows], atol=0.51)
        np.testing.assert_array_equal(found[2], shown[rows])
        part = PixelBox(1, 0, *box[2:])
        np.testing.assert_array_equal(area.read(level, part), found[:, 1:])
    # What one segment shows alone is what it stores.
    stored = lower.fields.read(0, level)
    np.testing.assert_array_equal(alone.read(level, coarser(AREA.grid.box, level)), stored)


def test_patches_of_other_areas_do_not_count(segment):
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
