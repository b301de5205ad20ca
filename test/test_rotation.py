# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Rotations against cases worked by hand and OpenCV's Rodrigues formula."""

import cv2
import numpy as np
import pytest
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.camera import nadir_enu_from_camera
from visual_navsat.geometry.rotation import (
    about_up,
    body_from_mounted_camera,
    interpolate_heading_deg,
    matrix_from_quaternion,
    quaternion_from_matrix,
    slerp,
    unit_quaternion,
    yaw_rad,
)


def rotation_of(axis, angle_rad):
    """Return the quaternion of a turn about an axis, and its matrix by OpenCV."""
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    quaternion = np.append(axis * np.sin(angle_rad / 2), np.cos(angle_rad / 2))
    return quaternion, cv2.Rodrigues(axis * angle_rad)[0]


@pytest.mark.parametrize('angle_rad', [0.0, 0.3, 2.0, 3.1, np.pi])
@pytest.mark.parametrize('axis', [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -2, 0.5]])
def test_quaternion_and_matrix_are_the_same_rotation(axis, angle_rad):
    quaternion, rotation = rotation_of(axis, angle_rad)
    np.testing.assert_allclose(matrix_from_quaternion(quaternion), rotation, atol=1e-12)
    back = quaternion_from_matrix(rotation)
    np.testing.assert_allclose(matrix_from_quaternion(back), rotation, atol=1e-12)
    assert back[3] >= 0


def test_slerp_goes_the_shorter_way_at_constant_speed():
    start, _ = rotation_of([0, 0, 1], 0.2)
    end, _ = rotation_of([0, 0, 1], 1.0)
    expected, _ = rotation_of([0, 0, 1], 0.4)
    np.testing.assert_allclose(slerp(start, end, 0.25), expected)
    np.testing.assert_allclose(np.abs(slerp(start, -end, 0.25)), np.abs(expected))
    np.testing.assert_allclose(slerp(start, start, 0.5), start, atol=1e-15)


@pytest.mark.parametrize(
    ('start', 'end', 'middle'), [(10, 20, 15), (350, 10, 0), (10, 350, 0), (270, 180, 225)]
)
def test_heading_between_two_headings(start, end, middle):
    assert interpolate_heading_deg(start, end, 0.5) == pytest.approx(middle)


@pytest.mark.parametrize('numbers', [(0, 0, 0, 0), (np.nan, 0, 0, 1), (0, 0, 0, 3), (np.inf,) * 4])
def test_numbers_that_are_no_rotation_are_refused(numbers):
    with pytest.raises(ShapeError, match='norm of a quaternion must be 1'):
        unit_quaternion(*numbers)


def test_camera_that_looks_down_has_its_up_direction_forward():
    # A vehicle that faces east: forward is east, left is north.
    np.testing.assert_allclose(
        np.eye(3) @ body_from_mounted_camera(0, -90, 0),
        nadir_enu_from_camera(np.radians(90.0)),
        atol=1e-12,
    )


@pytest.mark.parametrize(
    ('angles', 'right', 'forward'),
    [
        ((0, 0, 0), [0, -1, 0], [1, 0, 0]),  # looks forward
        ((0, 0, 90), [-1, 0, 0], [0, -1, 0]),  # looks right
        ((0, 90, 0), [0, -1, 0], [0, 0, 1]),  # looks up
        ((90, 0, 0), [0, 0, -1], [1, 0, 0]),  # leans right: its right is down
        ((0, -90, 90), [-1, 0, 0], [0, 0, -1]),  # looks down, the image's up to the right
    ],
)
def test_mount_angles_count_like_a_gimbals(angles, right, forward):
    body_from_camera = body_from_mounted_camera(*angles)
    np.testing.assert_allclose(body_from_camera[:, 0], right, atol=1e-12)
    np.testing.assert_allclose(body_from_camera[:, 2], forward, atol=1e-12)
    assert np.linalg.det(body_from_camera) == pytest.approx(1.0)


def test_yaw_counts_from_east_counter_clockwise():
    assert yaw_rad(about_up(0.7)) == pytest.approx(0.7)
    np.testing.assert_allclose(about_up(np.pi / 2) @ [1, 0, 0], [0, 1, 0], atol=1e-12)
