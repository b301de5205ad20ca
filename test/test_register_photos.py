# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Two photos are laid over each other where they show the same ground, and only there."""

import cv2
from makers import make_ground
import numpy as np
import pytest
from visual_navsat.correlation.register_photos import register
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.view import View

GROUND = make_ground(900, box_px=(10, 60))
GSD = 0.25
SIZE = (240, 180)  # width, height


def photo_at(column, row, *, turned_deg=0.0, scale=1.0, ground=GROUND, view=None, seed=0):
    """Return a photo whose middle lies on a pixel of the ground, with noise of its own."""
    warp = cv2.getRotationMatrix2D((column, row), turned_deg, scale)
    warp[:, 2] += (np.array(SIZE) - 1) / 2 - (column, row)
    image = cv2.warpAffine(ground, warp, SIZE).astype(float)
    image += np.random.default_rng(seed).normal(0, 4, image.shape)
    view = view or View(heading_deg=0.0, gsd_m_per_px=GSD)
    return NadirImage(image.clip(0, 255).astype(np.uint8), None, view, None)


@pytest.mark.parametrize('step', [(0, -70), (60, 70), (-110, 10)])
def test_a_neighbour_lies_where_it_was_taken(step):
    older = photo_at(450, 450)
    newer = photo_at(450 + step[0], 450 + step[1], seed=1)
    found = register(newer, older)
    assert found.is_verified
    middle = found.older_from_newer @ [(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2, 1.0]
    expected = (np.array(SIZE) - 1) / 2 + step
    assert np.abs(middle[:2] - expected).max() < 1.0
    shared = (1 - abs(step[0]) / SIZE[0]) * (1 - abs(step[1]) / SIZE[1])
    assert found.overlap == pytest.approx(shared, abs=0.05)


@pytest.mark.parametrize('heading_deg', [4.0, None])
def test_turn_and_scale_are_found_whether_headings_are_known_or_not(heading_deg):
    unknown = heading_deg is None
    older = photo_at(450, 450, view=View(heading_deg=None if unknown else 0.0, gsd_m_per_px=GSD))
    newer = photo_at(
        470, 390, turned_deg=6.0, scale=1.05, seed=1,
        view=View(heading_deg=heading_deg, gsd_m_per_px=GSD),
    )  # fmt: skip
    found = register(newer, older)
    assert found.is_verified
    turn = found.older_from_newer[:2, :2]
    assert np.sqrt(np.linalg.det(turn)) == pytest.approx(1 / 1.05, abs=0.01)
    assert np.degrees(np.arctan2(turn[1, 0], turn[0, 0])) == pytest.approx(6.0, abs=0.6)
    middle = found.older_from_newer @ [(SIZE[0] - 1) / 2, (SIZE[1] - 1) / 2, 1.0]
    assert np.abs(middle[:2] - (np.array(SIZE) - 1) / 2 - (20, -60)).max() < 1.5


def test_photos_without_a_gsd_count_as_taken_from_one_height():
    view = View(heading_deg=0.0)
    found = register(photo_at(450, 380, view=view, seed=1), photo_at(450, 450, view=view))
    assert found.is_verified
    assert found.older_from_newer[1, 2] == pytest.approx(-70, abs=1.0)


def test_other_ground_is_refused():
    elsewhere = make_ground(900, box_px=(10, 60), seed=8)
    for number in range(6):
        place = 200 + 100 * number, 300
        found = register(photo_at(*place, ground=elsewhere, seed=1), photo_at(450, 450))
        assert found is None or not found.is_verified


def test_the_same_view_is_no_neighbour():
    found = register(photo_at(452, 449, seed=1), photo_at(450, 450))
    assert found.is_same_view and not found.is_verified


def test_next_to_no_overlap_is_refused():
    found = register(photo_at(450, 450 + 160, seed=1), photo_at(450, 450))
    assert found is None or not found.is_verified


def test_a_photo_that_shows_nothing_is_laid_on_nothing():
    grey = NadirImage(np.full((*SIZE[::-1], 3), 99, np.uint8), None, View(gsd_m_per_px=GSD), None)
    found = register(grey, photo_at(450, 450))
    assert found is None or not found.is_verified
