"""An area's field is what its segments hold of it: later ones on top, removed tiles taken out."""

import numpy as np
import pytest

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.index.layered_field import Layer, cleared_pixels, join_layers
from visual_navsat.index.manifest import AreaField, FieldPatch

# Ten by twelve pixels of half a metre, whose top left corner is at 100 m east, 50 m north.
AREA = AreaField(LocalFrame(0.0, 0.0), PixelGrid(100.0, 50.0, 10, 12, 0.5))


def layer(top, left, rows, columns, value, cleared=None):
    stored = np.full((3, rows, columns), value, np.int8)
    stored[2] = 1
    return Layer(FieldPatch(0, PixelBox(top, left, top + rows, left + columns)), stored, cleared)


def test_later_layers_lie_on_top_where_they_show_anything():
    upper = layer(2, 3, 4, 5, 9)
    upper.stored[:, 0] = 0  # its first row shows no ground
    field = np.asarray(join_layers(AREA, [layer(0, 0, 10, 12, 4), upper]))
    expected = np.full((10, 12), 4)
    expected[3:6, 3:8] = 9
    np.testing.assert_array_equal(field[0], expected)
    assert (field[2] == 1).all()


def test_a_single_whole_layer_is_not_copied():
    whole = layer(0, 0, 10, 12, 4)
    assert join_layers(AREA, [whole]) is whole.stored
    part = join_layers(AREA, [layer(0, 0, 10, 11, 4)])
    assert part.shape == (3, 10, 12)
    assert not part[2, :, 11].any()
    assert part[0, 5, 5] == 4


def test_cleared_pixels_let_what_is_below_be_seen():
    cleared = np.zeros((10, 12), bool)
    cleared[:, 6:] = True
    field = join_layers(AREA, [layer(0, 0, 10, 12, 4), layer(0, 0, 10, 12, 9, cleared)])
    assert (field[0, :, :6] == 9).all()
    assert (field[0, :, 6:] == 4).all()


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


@pytest.mark.parametrize('dtype', [None, np.float32])
def test_arrays_of_any_type(dtype):
    field = join_layers(AREA, [layer(1, 1, 4, 4, -7)])
    assert np.asarray(field, dtype).dtype == (dtype or np.int8)
