# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import cv2
import numpy as np
import pytest
from visual_navsat.geometry.camera import CameraModel, ground_from_pixel, nadir_enu_from_camera
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.geometry.view import View

CAMERA = CameraModel(400, 300, 400.0, 400.0, 199.5, 149.5)
HEIGHT_M = 100.0


def tilted(heading_deg: float, forward_deg: float) -> np.ndarray:
    """Return the rotation of a camera that looks ``forward_deg`` ahead of straight down."""
    sin, cos = np.sin(np.radians(forward_deg)), np.cos(np.radians(forward_deg))
    tilt = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    return nadir_enu_from_camera(np.radians(heading_deg)) @ tilt


def make_ground(size_m: int = 400) -> np.ndarray:
    """Return random blobs, 4 px per metre, the origin in the middle, north up."""
    noise = np.random.default_rng(0).normal(0, 1, (size_m * 4, size_m * 4, 3))
    blurred = cv2.GaussianBlur(noise, (0, 0), 6)
    return np.uint8(np.clip(128 + 600 * blurred, 0, 255))


def photograph(ground: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    enu_from_pixel = ground_from_pixel(CAMERA, rotation, HEIGHT_M)
    middle = (ground.shape[0] - 1) / 2
    map_from_enu = np.array([[4.0, 0, middle], [0, -4.0, middle], [0, 0, 1.0]])
    return cv2.warpPerspective(
        ground, map_from_enu @ enu_from_pixel, (400, 300), flags=cv2.WARP_INVERSE_MAP
    )


@pytest.mark.parametrize(('heading_deg', 'forward_deg'), [(0, 15), (130, 20), (250, -12)])
def test_a_tilted_photo_becomes_the_one_from_above(heading_deg, forward_deg):
    ground = make_ground()
    rotation = tilted(heading_deg, forward_deg)
    view = View(camera=CAMERA, enu_from_camera=rotation, height_agl_m=HEIGHT_M)
    seen = look_down(photograph(ground, rotation), view)
    assert seen.view.heading_deg == pytest.approx(heading_deg, abs=1e-6)
    lever = -HEIGHT_M * np.tan(np.radians(forward_deg))
    sin, cos = np.sin(np.radians(heading_deg)), np.cos(np.radians(heading_deg))
    np.testing.assert_allclose(seen.vehicle_from_center_m, [lever * sin, lever * cos], atol=1e-6)

    # What the map shows there: around the centre's ground point, turned by the heading.
    height, width = seen.image.shape[:2]
    level = nadir_enu_from_camera(np.radians(heading_deg))[:2, :2]
    gsd = seen.view.gsd_m_per_px
    enu_from_level = np.eye(3)
    enu_from_level[:2, :2] = level * gsd
    enu_from_level[:2, 2] = -seen.vehicle_from_center_m - level @ [
        (width - 1) / 2 * gsd,
        (height - 1) / 2 * gsd,
    ]
    middle = (ground.shape[0] - 1) / 2
    map_from_enu = np.array([[4.0, 0, middle], [0, -4.0, middle], [0, 0, 1.0]])
    expected = cv2.warpPerspective(
        ground, map_from_enu @ enu_from_level, (width, height), flags=cv2.WARP_INVERSE_MAP
    )
    difference = np.abs(seen.image.astype(float) - expected)[seen.mask]
    assert np.median(difference) < 4
    assert seen.mask.mean() > 0.6


def test_a_photo_from_straight_above_stays_as_it_is():
    photo = photograph(make_ground(), nadir_enu_from_camera(1.0))
    view = View(camera=CAMERA, enu_from_camera=nadir_enu_from_camera(1.0), height_agl_m=HEIGHT_M)
    seen = look_down(photo, view)
    assert seen.mask is None
    np.testing.assert_array_equal(seen.image, photo)
    np.testing.assert_allclose(seen.vehicle_from_center_m, [0, 0], atol=1e-9)
    assert seen.view.gsd_m_per_px == pytest.approx(0.25)


def test_what_is_not_known_is_left_open():
    photo = np.zeros((300, 400, 3), np.uint8)
    seen = look_down(photo, View(heading_deg=12.0))
    assert (seen.view.heading_deg, seen.view.gsd_m_per_px) == (12.0, None)
    assert seen.vehicle_from_center_m is None
    without_height = look_down(photo, View(camera=CAMERA, enu_from_camera=tilted(40, 20)))
    assert without_height.view.heading_deg == pytest.approx(40)
    assert without_height.vehicle_from_center_m is None
    assert without_height.mask is not None


def test_a_photo_of_the_horizon_shows_no_ground_under_its_centre():
    view = View(camera=CAMERA, enu_from_camera=tilted(0, 85), height_agl_m=HEIGHT_M)
    assert look_down(np.zeros((300, 400, 3), np.uint8), view) is None


def test_distortion_is_taken_out_first():
    camera = CameraModel(
        400, 300, 400.0, 400.0, 199.5, 149.5, 'plumb_bob', (-0.3, 0.1, 0.0, 0.0, 0.0)
    )
    photo = photograph(make_ground(), nadir_enu_from_camera(0.0))
    seen = look_down(photo, View(camera=camera, height_agl_m=HEIGHT_M))
    np.testing.assert_array_equal(seen.image, camera.undistort(photo))


CORNERS = np.array([[0, 0], [80, 0], [80, 60], [0, 60]]) - 0.5  # clockwise from the top left
SMALL = NadirImage(np.zeros((60, 80, 3), np.uint8), None, View(), None)


@pytest.mark.parametrize(
    ('heading_deg', 'expected'),
    [
        # 40 m to the left and 30 m up, with north up: in the north-west.
        (0.0, [[-40, 30], [40, 30], [40, -30], [-40, -30]]),
        # East up: the top left corner lies 30 m east and 40 m north.
        (90.0, [[30, 40], [30, -40], [-30, -40], [-30, 40]]),
        (180.0, [[40, -30], [-40, -30], [-40, 30], [40, 30]]),
    ],
)
def test_ground_of_the_corners_by_hand(heading_deg, expected):
    np.testing.assert_array_equal(SMALL.outline_px, CORNERS)
    ground = SMALL.ground_from_pixel(CORNERS, heading_deg, 1.0)
    np.testing.assert_allclose(ground, expected, atol=1e-9)


def test_ground_of_the_middle_is_none_away_at_any_scale():
    for heading_deg, gsd in ((0, 0.1), (33, 2.0), (271, 0.7)):
        middle = SMALL.ground_from_pixel([[39.5, 29.5]], heading_deg, gsd)
        np.testing.assert_allclose(middle, [[0, 0]], atol=1e-9)
        sides = np.diff(SMALL.ground_from_pixel(CORNERS, heading_deg, gsd), axis=0)
        np.testing.assert_allclose(np.hypot(*sides.T), gsd * np.array([80, 60, 80]), rtol=1e-9)
