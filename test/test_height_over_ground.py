# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An altitude above the sea as a height over the ground of a map."""

import numpy as np
import pytest
from visual_navsat.geometry.camera import CameraModel, nadir_enu_from_camera
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View
from visual_navsat.localization.height_over_ground import seen_from, view_over_ground

FRAME = LocalFrame(47.0, 9.0)
GRID = PixelGrid(-1500.0, 1500.0, 100, 100, 30.0)
MAP = Region(-1000.0, -1000.0, 1000.0, 1000.0)
CAMERA = CameraModel(640, 480, 620.0, 620.0, 319.5, 239.5)


def slope(rise: float) -> Terrain:
    rows, columns = np.indices(GRID.shape).astype(float)
    east, _ = GRID.east_north(rows, columns)
    return Terrain(FRAME, GRID, 500 + rise * east, 5.0, 'egm96')


def view_at(altitude_m: float, **known) -> View:
    return View(camera=CAMERA, altitude_amsl_m=altitude_m, altitude_sigma_m=12.0, **known)


def test_over_level_ground_the_height_has_the_sigmas_of_altitude_and_ground():
    view = view_over_ground(view_at(700.0), slope(0.0), MAP)
    assert view.height_agl_m == pytest.approx(200.0)
    # 13 m of 200, of altitude and ground together.
    assert view.scale_sigma == pytest.approx(13.0 / 200.0)


def test_relief_widens_what_the_height_may_be():
    view = view_over_ground(view_at(700.0), slope(0.02), MAP)
    # 20 m either way, and two sigmas of 13 m; a pixel of the ground more or less.
    assert 2 * view.scale_sigma == pytest.approx(46.0 / 200.0, abs=0.005)


@pytest.mark.parametrize(
    ('view', 'terrain'),
    [
        (View(camera=CAMERA, height_agl_m=120.0), slope(0.1)),
        (view_at(700.0, height_agl_m=120.0), slope(0.1)),
        (view_at(700.0, height_agl_m=120.0, is_height_over_level=True), None),
        (view_at(300.0), slope(0.0)),  # below the ground
    ],
    ids=['no altitude', 'measured height', 'no terrain', 'below the ground'],
)
def test_what_says_nothing_new_is_left(view, terrain):
    assert view_over_ground(view, terrain, MAP) is None


def test_a_height_above_take_off_gives_way_to_the_altitude():
    view = view_at(700.0, height_agl_m=120.0, is_height_over_level=True)
    assert view_over_ground(view, slope(0.0), MAP).height_agl_m == pytest.approx(200.0)


def test_a_camera_that_looks_ahead_sees_the_ground_that_its_ray_meets():
    tilted = nadir_enu_from_camera(0.0) @ np.array(
        [[1, 0, 0], [0, np.sqrt(0.5), -np.sqrt(0.5)], [0, np.sqrt(0.5), np.sqrt(0.5)]]
    )
    east = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    here = Region(-10.0, -10.0, 10.0, 10.0)
    view = view_at(600.0, enu_from_camera=east @ tilted)
    seen = seen_from(view, slope(0.25), here)
    # 45 degrees down to the east from 100 m: 100 - d = 0.25 d.
    assert seen.bounds == pytest.approx((70.0, -10.0, 90.0, 10.0), abs=0.1)
    assert seen_from(view_at(600.0), slope(0.25), here) == here
