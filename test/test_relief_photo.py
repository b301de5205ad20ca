# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A photo over hills as it would look from straight above."""

import cv2
from makers import looking_ahead, make_ground
import numpy as np
import pytest
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.relief_photo import ReliefPhoto
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View

CAMERA = CameraModel(321, 241, 300.0, 300.0, 160.0, 120.0)
GRID = PixelGrid(-1000.0, 1000.0, 80, 80, 25.0)
BLANK = np.zeros((241, 321, 3), np.uint8)
CENTER = np.array([40.0, -25.0])


def slope(east: float, north: float = 0.0) -> Terrain:
    easts, norths = GRID.east_north(*np.indices(GRID.shape).astype(float))
    heights = 500 + east * (easts - CENTER[0]) + north * (norths - CENTER[1])
    return Terrain(LocalFrame(47.0, 9.0), GRID, heights, 3.0, 'egm2008')


def over(terrain: Terrain, heading_deg=0.0, tilt_deg=0.0, image=BLANK) -> ReliefPhoto:
    rotation = looking_ahead(heading_deg, tilt_deg)
    view = View(
        camera=CAMERA, enu_from_camera=rotation, altitude_amsl_m=600.0, altitude_sigma_m=4.0
    )
    photo = ReliefPhoto.of(image, view, terrain)
    assert photo is not None
    return photo


def test_rays_end_on_the_slope():
    photo = over(slope(0.2))
    assert photo.height_over(CENTER[None]) == pytest.approx([100.0])
    assert photo.height_sigma_m == pytest.approx(5.0)
    points = photo.ground_points(CENTER[None], np.array([[0.5, 0.5], [1.0, 0.5], [0.0, 0.5]]))[0]
    # x = tan (100 - 0.2 x), east uphill; to the west the ground falls away.
    tan = 160 / 300
    east, west = 100 * tan / (1 + 0.2 * tan), -100 * tan / (1 - 0.2 * tan)
    np.testing.assert_allclose(points, [[0, 0], [east, 0], [west, 0]], atol=0.01)


def test_a_ray_of_a_tilted_camera_ends_where_the_ground_is_met():
    # 45 degrees down to the east, from 100 m over the centre: the vehicle is 100 m to the west.
    photo = over(slope(0.25), 90.0, 45.0)
    edge = photo.ground_points(CENTER[None], np.array([[0.5, 0.0]]))[0, 0]
    tan = np.tan(np.radians(45.0) + np.arctan(120 / 300))
    # From the vehicle: x = tan (100 - 0.25 (x - 100)).
    assert edge == pytest.approx([125 * tan / (1 + 0.25 * tan) - 100, 0.0], abs=0.05)


@pytest.mark.parametrize('tilt_deg', [0.0, 25.0])
def test_over_level_ground_it_is_the_photo_that_looks_down(tilt_deg):
    image = cv2.GaussianBlur(make_ground(321)[:241, :321], None, 3.0)
    photo = over(slope(0.0), 30.0, tilt_deg, image)
    view = View(camera=CAMERA, enu_from_camera=photo.enu_from_camera, height_agl_m=100.0)
    level = look_down(image, view)
    grey, mask = photo.at(CENTER, level.view.gsd_m_per_px)
    # Both have the centre in their middle; which has an odd pixel more does not matter.
    sides = np.minimum(grey.shape, level.image.shape[:2]) // 2 - 2
    whole = level.mask if level.mask is not None else np.ones(level.image.shape[:2], bool)

    def middle(values):
        rows, columns = (np.array(values.shape[:2]) - 1) / 2
        y, x = (np.arange(-side, side + 1) for side in sides)
        x, y = np.meshgrid(x, y)
        place = (x + columns).astype(np.float32), (y + rows).astype(np.float32)
        return cv2.remap(values.astype(np.float32), *place, cv2.INTER_LINEAR)

    is_both = (middle(mask) == 1) & (middle(whole) == 1)
    assert is_both.mean() > 0.5
    apart = np.abs(middle(grey) - middle(level.image.mean(axis=2)))[is_both]
    # A grey level for what is rounded and interpolated, of a deviation of tens.
    assert apart.mean() < 1.0


@pytest.mark.parametrize('heading_deg', [0.0, 70.0])
def test_what_a_slope_moves_is_put_back(heading_deg):
    """A dot in the photo comes to lie where its ray meets the slope."""
    image = BLANK.copy()
    column, row = 250, 60
    cv2.circle(image, (column, row), 4, (255, 255, 255), -1)
    photo = over(slope(0.3, 0.1), 0.0, 20.0, image).turned_to(heading_deg)
    share = np.array([[column / 320, row / 240]])
    (offset_m,) = photo.ground_points(CENTER[None], share)[0]
    grey, mask = photo.at(CENTER, 0.5)
    rows, columns = np.nonzero(grey > 200)
    found_px = np.array([columns.mean(), rows.mean()]) - (np.array(grey.shape[::-1]) - 1) / 2
    heading = np.radians(heading_deg)
    right = np.array([np.cos(heading), -np.sin(heading)])
    down = -np.array([np.sin(heading), np.cos(heading)])
    found_m = 0.5 * (found_px[0] * right + found_px[1] * down)
    # A pixel; on level ground the dot would lie metres aside.
    assert found_m == pytest.approx(offset_m, abs=0.5)
    level, _ = photo.at(CENTER, 0.5, is_level=True)
    rows, columns = np.nonzero(level > 200)
    level_px = np.array([columns.mean(), rows.mean()]) - (np.array(level.shape[::-1]) - 1) / 2
    assert np.linalg.norm(level_px - found_px) > 6
    assert mask.any()


def test_too_little_known_is_no_such_photo():
    known = {'camera': CAMERA, 'enu_from_camera': looking_ahead(0.0, 0.0)}
    for view in (
        View(**known),
        View(enu_from_camera=known['enu_from_camera'], altitude_amsl_m=600.0),
        View(camera=CAMERA, enu_from_camera=looking_ahead(0.0, 95.0), altitude_amsl_m=600.0),
    ):
        assert ReliefPhoto.of(BLANK, view, slope(0.1)) is None
