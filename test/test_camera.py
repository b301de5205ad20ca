# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import cv2
import numpy as np
import pytest
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.camera import (
    CameraModel,
    center_gsd_m_per_px,
    footprint,
    ground_from_pixel,
    nadir_enu_from_camera,
    vehicle_from_center,
)

CAMERA = CameraModel(401, 301, 400.0, 400.0, 200.0, 150.0)


def tilt_forward(rotation: np.ndarray, angle_rad: float) -> np.ndarray:
    """Return the rotation with the camera turned about its own x axis, towards image up."""
    sin, cos = np.sin(angle_rad), np.cos(angle_rad)
    return rotation @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])


def test_nadir_gsd_and_footprint_by_hand():
    # 100 m over the ground, 400 px focal length: 0.25 m per pixel.
    rotation = nadir_enu_from_camera(0.0)
    assert center_gsd_m_per_px(CAMERA, rotation, 100.0) == pytest.approx(0.25)
    corners = footprint(CAMERA, rotation, 100.0)
    half = [401 * 0.125, 301 * 0.125]
    expected = np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]]) * half
    np.testing.assert_allclose(corners, expected, atol=1e-9)


def test_heading_east_turns_image_up_to_the_east():
    ground = ground_from_pixel(CAMERA, nadir_enu_from_camera(np.pi / 2), 100.0)
    up = ground @ [200.0, 110.0, 1.0]  # 40 px above the centre: 10 m
    np.testing.assert_allclose(up[:2] / up[2], [10.0, 0.0], atol=1e-9)
    right = ground @ [240.0, 150.0, 1.0]
    np.testing.assert_allclose(right[:2] / right[2], [0.0, -10.0], atol=1e-9)


def test_a_tilt_of_30_degrees_at_100_m_moves_the_centre_57_7_m():
    tilted = tilt_forward(nadir_enu_from_camera(0.0), np.radians(30))
    lever = vehicle_from_center(CAMERA, tilted, 100.0)
    np.testing.assert_allclose(lever, [0.0, -57.735], atol=1e-3)


def test_the_horizon_has_no_ground():
    level = tilt_forward(nadir_enu_from_camera(0.0), np.radians(85))
    assert vehicle_from_center(CAMERA, level, 100.0) is None
    assert footprint(CAMERA, level, 100.0) is None
    assert np.isnan(center_gsd_m_per_px(CAMERA, level, 100.0))


@pytest.mark.parametrize(
    ('model', 'coefficients'),
    [
        ('plumb_bob', (-0.28, 0.07, 0.001, -0.0005, 0.0)),
        ('rational_polynomial', (0.3, -0.1, 0.0, 0.0, 0.01, 0.5, -0.1, 0.02)),
        ('equidistant', (0.02, -0.003, 0.001, 0.0)),
    ],
)
def test_rays_project_back_onto_their_pixels(model, coefficients):
    camera = CameraModel(640, 480, 500.0, 505.0, 318.0, 243.0, model, coefficients)
    pixels = np.array([[100.0, 80.0], [318.0, 243.0], [600.0, 400.0]])
    rays = camera.rays_from_pixels(pixels).reshape(-1, 1, 3)
    zero = np.zeros(3)
    project = cv2.fisheye.projectPoints if model == 'equidistant' else cv2.projectPoints
    back = project(rays, zero, zero, camera.matrix, np.array(coefficients))[0]
    np.testing.assert_allclose(back.reshape(-1, 2), pixels, atol=1e-3)


def test_plumb_bob_against_its_formula():
    camera = CameraModel(640, 480, 500.0, 500.0, 320.0, 240.0, 'plumb_bob', (-0.2, 0, 0, 0, 0))
    x, y = 0.3, -0.2
    radial = 1 - 0.2 * (x * x + y * y)
    pixel = [[320 + 500 * x * radial, 240 + 500 * y * radial]]
    np.testing.assert_allclose(camera.rays_from_pixels(pixel), [[x, y, 1.0]], atol=1e-5)


def test_undistorting_straightens_a_line():
    camera = CameraModel(400, 400, 300.0, 300.0, 199.5, 199.5, 'plumb_bob', (-0.3, 0.1, 0, 0, 0))
    image = np.zeros((400, 400, 3), np.uint8)
    y = np.linspace(-0.6, 0.6, 4000)
    radial = 1 - 0.3 * (0.4**2 + y**2) + 0.1 * (0.4**2 + y**2) ** 2
    columns = np.round(199.5 + 300 * 0.4 * radial).astype(int)
    rows = np.round(199.5 + 300 * y * radial).astype(int)
    seen = (rows >= 0) & (rows < 400)
    image[rows[seen], columns[seen]] = 255
    image = cv2.dilate(image, np.ones((3, 3), np.uint8))
    lit = np.argwhere(camera.undistort(image)[50:350, :, 0] > 127)
    assert abs(lit[:, 1] - (199.5 + 300 * 0.4)).max() <= 3
    assert abs(np.argwhere(image[50:350, :, 0] > 127)[:, 1] - 319.5).max() > 8


def test_binning_and_region_of_interest():
    binned = CameraModel(400, 300, 400.0, 400.0, 199.5, 149.5).cropped_and_binned(
        100, 50, 200, 200, (2, 2)
    )
    assert (binned.width, binned.height, binned.fx) == (100, 100, 200.0)
    # The full image's centre lies 100 px right of the region's left edge: 50 binned pixels.
    assert (binned.cx, binned.cy) == (49.5, 49.5)


def test_from_field_of_view():
    camera = CameraModel.from_hfov(1000, 500, np.radians(90))
    assert camera.fx == pytest.approx(500.0)
    assert (camera.cx, camera.cy) == (499.5, 249.5)


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: CameraModel(0, 4, 1, 1, 0, 0), 'got 0 x 4 px'),
        (lambda: CameraModel(4, 4, 0, 1, 0, 0), 'focal lengths, got .* and 0, 1 px'),
        (
            lambda: CameraModel(4, 4, 1, 1, 0, 0, 'fov', ()),
            "distortion model must be .* got 'fov'",
        ),
        (lambda: CameraModel(4, 4, 1, 1, 0, 0, 'plumb_bob', (1,)), 'coefficients, got 1'),
        (lambda: CameraModel.from_hfov(4, 4, 4.0), 'field of view must be .* got 229.2'),
        (
            lambda: ground_from_pixel(CAMERA, np.eye(3), 0.0),
            'height above ground must be positive and finite, got 0',
        ),
        (
            lambda: footprint(CAMERA, np.eye(3), float('nan')),
            'height above ground must be positive and finite, got nan',
        ),
    ],
)
def test_impossible_cameras_are_refused(make, message):
    with pytest.raises(ShapeError, match=message):
        make()
