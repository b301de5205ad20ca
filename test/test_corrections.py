# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is known of an image once compass, height and mount are corrected."""

import math

import numpy as np
import pytest
from visual_navsat.config import Config
from visual_navsat.geometry.camera import CameraModel, nadir_enu_from_camera, vehicle_from_center
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.view import View
from visual_navsat.localization.corrections import Corrections
from visual_navsat.localization.lever import Lever

CAMERA = CameraModel(640, 480, 620.0, 620.0, 319.5, 239.5)
BLANK = np.zeros((480, 640, 3), np.uint8)


def nadir(heading_deg: float) -> np.ndarray:
    return nadir_enu_from_camera(math.radians(heading_deg))


def test_without_corrections_nothing_changes():
    view = View(camera=CAMERA, heading_deg=10.0, height_agl_m=100.0)
    assert Corrections.of(Config().calibration) == Corrections()
    assert Corrections().corrected(view) is view


@pytest.mark.parametrize('view', [View(heading_deg=350.0), View(enu_from_camera=nadir(350.0))])
def test_a_heading_turns_clockwise(view):
    corrected = Corrections(heading_offset_deg=15.0).corrected(view)
    assert corrected.known_heading_deg % 360.0 == pytest.approx(5.0)
    assert Corrections(heading_offset_deg=15.0).corrected(View()).known_heading_deg is None


def test_heights_and_gsds_grow():
    corrected = Corrections(scale_factor=1.1).corrected(View(height_agl_m=100.0, gsd_m_per_px=0.2))
    assert corrected.height_agl_m == pytest.approx(110.0)
    assert corrected.gsd_m_per_px == pytest.approx(0.22)


@pytest.mark.parametrize(
    ('tilt', 'lever_m'),
    [
        # 100 m high, the image's up to the east: 2 degrees further up look 3.49 m to the east,
        # further to the right 3.49 m to the south; the vehicle is on the other side.
        ({'tilt_up_deg': 2.0}, (-3.492, 0.0)),
        ({'tilt_right_deg': 2.0}, (0.0, 3.492)),
    ],
)
def test_a_camera_looks_further_to_a_side_of_its_image(tilt, lever_m):
    view = View(camera=CAMERA, enu_from_camera=nadir(90.0), height_agl_m=100.0)
    corrected = Corrections(**tilt).corrected(view)
    lever = vehicle_from_center(CAMERA, corrected.enu_from_camera, corrected.height_agl_m)
    np.testing.assert_allclose(lever, lever_m, atol=1e-3)
    assert corrected.is_tilt_measured


def test_a_tilt_of_a_photo_without_attitude_moves_it_and_leaves_it_as_unsure():
    view = View(camera=CAMERA, heading_deg=90.0, height_agl_m=100.0)
    corrected = Corrections(tilt_up_deg=2.0).corrected(view)
    assert not corrected.is_tilt_measured
    before, after = (Lever.of(look_down(BLANK, one), one, 150.0, 5.0) for one in (view, corrected))
    np.testing.assert_allclose(after.offset_m, [-3.492, 0.0], atol=1e-3)
    # 5 degrees are 8.75 m, and 2 degrees of tilt make that a little more.
    assert after.unknown_tilt_m == before.unknown_tilt_m == pytest.approx(8.749, abs=1e-3)
    assert np.sqrt(after.covariance_m2[0, 0]) == pytest.approx(8.75, abs=0.1)
    # Without a heading it is not known where up is.
    headless = View(camera=CAMERA, height_agl_m=100.0)
    assert Corrections(tilt_up_deg=2.0).corrected(headless).enu_from_camera is None


def test_two_corrections_are_one():
    both = Corrections(8.0, 1.1, 1.0, -2.0).plus(Corrections(-3.0, 0.9, 0.5, 1.0))
    assert both.scale_factor == pytest.approx(0.99)
    assert (both.heading_offset_deg, both.tilt_right_deg, both.tilt_up_deg) == (5.0, 1.5, -1.0)


def test_a_gsd_and_a_camera_give_the_height():
    view = View(camera=CAMERA, enu_from_camera=nadir(0.0), gsd_m_per_px=0.2)
    assert view.known_height_agl_m == pytest.approx(124.0)
    assert view.known_gsd_m_per_px == pytest.approx(0.2)
    assert View(gsd_m_per_px=0.2).known_height_agl_m is None
    # Of a tilted camera the GSD is that at the centre, which is farther away.
    tilted = Corrections(tilt_up_deg=10.0).corrected(view)
    height_m = 124.0 * math.cos(math.radians(10.0)) ** 1.5
    assert tilted.known_height_agl_m == pytest.approx(height_m, rel=1e-3)
    lever_m = look_down(BLANK, tilted).vehicle_from_center_m
    np.testing.assert_allclose(lever_m, [0.0, -height_m * math.tan(math.radians(10.0))], rtol=1e-3)
