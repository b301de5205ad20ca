# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.geometry.camera import CameraModel, nadir_enu_from_camera
from visual_navsat.geometry.view import View

CAMERA = CameraModel(400, 300, 500.0, 500.0, 199.5, 149.5)


def test_nothing_known_is_nothing_known():
    assert View().known_gsd_m_per_px is None
    assert View().known_heading_deg is None


def test_gsd_comes_from_camera_and_height_before_what_is_given():
    assert View(gsd_m_per_px=0.3).known_gsd_m_per_px == 0.3
    view = View(camera=CAMERA, height_agl_m=100.0, gsd_m_per_px=0.3)
    assert view.known_gsd_m_per_px == pytest.approx(0.2)
    assert View(camera=CAMERA, gsd_m_per_px=0.3).known_gsd_m_per_px == 0.3


@pytest.mark.parametrize('heading_deg', [0.0, 90.0, 222.0])
def test_heading_comes_from_the_attitude(heading_deg):
    rotation = nadir_enu_from_camera(np.radians(heading_deg))
    view = View(enu_from_camera=rotation, heading_deg=17.0)
    assert view.known_heading_deg == pytest.approx(heading_deg)
    assert View(heading_deg=17.0).known_heading_deg == 17.0
