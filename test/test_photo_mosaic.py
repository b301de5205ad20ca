# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The mosaic shows each pixel of the ground where it lies, and marks what no photo shows."""

import numpy as np
import pytest
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.photo_mosaic import paste_photos
from visual_navsat.geometry.view import View

VIEW = View(heading_deg=30.0, gsd_m_per_px=0.5)
GROUND = np.random.default_rng(2).integers(0, 256, (120, 160, 3), np.uint8)


def cut(top, left, height=40, width=60, mask=None):
    rows, columns = slice(top, top + height), slice(left, left + width)
    return NadirImage(GROUND[rows, columns], mask, VIEW, None)


def moved(right, down):
    return np.array([[1.0, 0, right], [0, 1, down], [0, 0, 1]])


def test_the_mosaic_is_the_ground_to_a_pixel():
    newest, before, first = cut(30, 50), cut(55, 45), cut(78, 52)
    mosaic = paste_photos(newest, [(before, moved(-5, 25)), (first, moved(2, 48))])
    assert mosaic.images == 3
    assert mosaic.photo.image.shape == (88, 67, 3)
    shown = mosaic.photo.mask
    np.testing.assert_array_equal(mosaic.photo.image[shown], GROUND[30:118, 45:112][shown])
    # The newest is whole and on top; a seam of a pixel runs along it.
    assert shown[:40, 5:65].all()
    assert not shown[40, 5:65].any() and not shown[25:40, 4].any()
    assert shown[41:65, :60].all()
    assert not shown[:24, :5].any()
    assert mosaic.shown_px == shown.sum()


def test_the_newest_middle_is_the_place_that_the_fix_speaks_of():
    mosaic = paste_photos(cut(30, 50), [(cut(55, 45), moved(-5, 25))])
    np.testing.assert_allclose(mosaic.newest_middle_px, (5 + 29.5, 19.5))
    # 65 x 65 px: its middle is 2.5 px left of and 12.5 px below the newest one's.
    offset_m = mosaic.newest_from_middle_m(0.0, 0.5)
    np.testing.assert_allclose(offset_m, (1.25, 6.25))
    np.testing.assert_allclose(mosaic.newest_from_middle_m(90.0, 0.5), (6.25, -1.25), atol=1e-9)


def test_what_an_earlier_photo_does_not_show_is_not_shown():
    mask = np.ones((40, 60), bool)
    mask[-10:] = False
    mosaic = paste_photos(cut(30, 50), [(cut(55, 50, mask=mask), moved(0, 25))])
    assert not mosaic.photo.mask[-10:].any()


def test_a_mosaic_far_larger_than_the_photos_is_refused():
    assert paste_photos(cut(30, 50), [(cut(55, 45), moved(-5, 900))]) is None


@pytest.mark.parametrize('turn_deg', [90.0, 180.0])
def test_turned_photos_are_turned_back(turn_deg):
    newest = cut(30, 50, 40, 40)
    quarter = round(turn_deg / 90)
    turned = NadirImage(np.rot90(GROUND[60:100, 50:90], quarter).copy(), None, VIEW, None)
    # A pixel of the turned photo, about its middle, and then 30 px down.
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    turn = np.array([[cos, -sin], [sin, cos]])
    matrix = np.eye(3)
    matrix[:2, :2] = turn
    matrix[:2, 2] = np.array([19.5, 19.5]) - turn @ [19.5, 19.5] + (0, 30)
    mosaic = paste_photos(newest, [(turned, matrix)])
    shown = mosaic.photo.mask
    assert shown.mean() > 0.9
    np.testing.assert_allclose(
        mosaic.photo.image[shown].astype(int), GROUND[30:100, 50:90][shown].astype(int), atol=1
    )
