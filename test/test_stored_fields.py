# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Patches of any size and place are read back from their blocks, at every level and in parts."""

from field_storage import write_fields
import numpy as np
import pytest
from visual_navsat.geometry.pixel_grid import PixelBox
from visual_navsat.index.stored_fields import coarser, StoredFields

# Two patches in the pixels of their areas: neither begins nor ends with a block.
BOXES = (PixelBox(21, 300, 21 + 530, 300 + 290), PixelBox(0, 0, 40, 70))


def smooth_patch(shape, seed):
    """Return a field without edges, which is stored nearly as it is, with a hole in it."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    waves = [np.sin((rows + seed) / 50) * np.cos(columns / 40), np.cos((rows - columns) / 60)]
    field = np.stack([*(60 * np.array(waves)), np.ones(shape)]).astype(np.int8)
    field[:, 10:17, 20:41] = 0
    return field


@pytest.fixture(scope='module')
def patches():
    return [smooth_patch(box.shape, seed) for seed, box in enumerate(BOXES)]


@pytest.fixture(scope='module')
def files(tmp_path_factory, patches):
    return write_fields(zip(BOXES, patches, strict=True), tmp_path_factory.mktemp('fields'))


@pytest.fixture(scope='module')
def stored(files):
    return StoredFields.of(*files, BOXES)


def on_area(box, field, level):
    """Return the means of a patch over the area's pixels at a level, slowly."""
    step = 1 << level
    top, left, bottom, right = coarser(box, level)
    whole = np.zeros((3, (bottom - top) * step, (right - left) * step))
    inside = box.moved(-top * step, -left * step).slices
    whole[:, inside[0], inside[1]] = field
    squares = whole.reshape(3, bottom - top, step, right - left, step)
    out = squares.mean(axis=(2, 4))
    out[2] = squares[2].any(axis=(1, 3))
    return out


@pytest.mark.parametrize('level', range(5))
def test_patches_come_back_in_the_pixels_of_their_area(stored, patches, level):
    for number, (box, field) in enumerate(zip(BOXES, patches, strict=True)):
        back, expected = stored.read(number, level), on_area(box, field, level)
        np.testing.assert_array_equal(back[2], expected[2])
        # Pixels at the rim of the ground have neighbours of 0; all others are smooth.
        errors = np.abs(back[:2] - expected[:2])
        assert np.percentile(errors, 90) < 6
        assert np.corrcoef(back[:2].ravel(), expected[:2].ravel())[0, 1] > 0.98


@pytest.mark.parametrize('level', range(5))
def test_a_part_is_that_of_the_whole(stored, level):
    box = coarser(BOXES[0], level)
    for part in (
        PixelBox(box.top, box.left, box.top + 1, box.left + 1),
        PixelBox(box.top + 2, box.left + 1, box.bottom, box.right - 3),
        PixelBox(box.bottom - 2, box.right - 4, box.bottom, box.right),
    ):
        rows, columns = part.moved(-box.top, -box.left).slices
        whole = stored.read(0, level)[:, rows, columns]
        np.testing.assert_array_equal(stored.read(0, level, part), whole)


def test_only_the_blocks_and_parts_that_are_needed_are_read(files, stored):
    content, sizes = files
    end = int(sizes[0].sum())
    coarse_only = content.copy()
    coarse_only[end:] = 0
    again = StoredFields.of(coarse_only, sizes, BOXES)
    np.testing.assert_array_equal(again.read(0, 2), stored.read(0, 2))
    with pytest.raises(ValueError, match='a block of a field is damaged'):
        again.read(0, 1)
    # All but the first block: that of the patch's corner is enough for it.
    first_only = np.zeros_like(content)
    for part, row in enumerate(sizes):
        start = int(sizes[:part].sum())
        place = slice(start, start + int(row[0]))
        first_only[place] = content[place]
    again = StoredFields.of(first_only, sizes, BOXES)
    corner = PixelBox(21, 300, 16 + 256, 288 + 256)
    np.testing.assert_array_equal(again.read(0, 0, corner), stored.read(0, 0, corner))
    with pytest.raises(ValueError, match='a block of a field is damaged'):
        again.read(0, 0)


def test_sizes_of_other_patches_are_refused(files):
    content, sizes = files
    for wrong in ((content[:-1], sizes), (content, sizes[:2]), (content, sizes[:, 1:])):
        with pytest.raises(ValueError, match='are not those of 7 blocks'):
            StoredFields.of(*wrong, BOXES)
    with pytest.raises(ValueError, match='are not those of 1 blocks'):
        StoredFields.of(content, sizes, BOXES[1:])


@pytest.mark.parametrize('level', [0, 2])
def test_blocks_of_a_patch_elsewhere_are_refused(files, level):
    """A pixel across a border of the coarsest level would move the whole patch by sixteen."""
    top, left, bottom, right = BOXES[0]
    elsewhere = PixelBox(top - 6, left, bottom - 6, right)
    with pytest.raises(ValueError, match='beyond its patch'):
        StoredFields.of(*files, (elsewhere, BOXES[1])).read(0, level)


def test_the_rim_tells_of_a_patch_elsewhere(files, stored):
    for patch in range(len(BOXES)):
        stored.check_rim(patch)
    top, left, bottom, right = BOXES[0]
    elsewhere = PixelBox(top - 6, left, bottom - 6, right)
    with pytest.raises(ValueError, match='beyond its patch'):
        StoredFields.of(*files, (elsewhere, BOXES[1])).check_rim(0)


def test_no_patch_is_nothing(tmp_path):
    content, sizes = write_fields([], tmp_path)
    assert (content.shape, sizes.shape) == ((0,), (3, 0))
    assert StoredFields.of(content, sizes, []).boxes == ()
