# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What a View holds, from measurements worked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from visual_navsat.config import NodeConfig
from visual_navsat.geometry.attitude import Attitude
from visual_navsat.geometry.camera import CameraModel, nadir_enu_from_camera, vehicle_from_center
from visual_navsat.geometry.rotation import body_from_mounted_camera
from visual_navsat.tracking.timed_image import TimedImage
from visual_navsat.tracking.vehicle_sensors import MIN_HEIGHT_SIGMA, TOO_OLD, VehicleSensors

SECOND = 1_000_000_000


def no_image() -> np.ndarray:
    raise AssertionError('the pixels are not needed')


# Clocks need not agree.
NOW = TimedImage('', stamp_ns=20 * SECOND, arrival_ns=500 * SECOND, read=no_image)


def turned(axis, angle_deg, **sigmas) -> Attitude:
    half = np.radians(angle_deg) / 2
    return Attitude(np.append(np.array(axis, float) * np.sin(half), np.cos(half)), **sigmas)


FACING_NORTH = turned([0, 0, 1], 90.0)


def match(sensors):
    return sensors.match(NOW, 400, 300)


def test_nothing_measured_leaves_everything_open():
    inputs = match(VehicleSensors(NodeConfig()))
    view = inputs.view
    assert view.camera is view.enu_from_camera is view.heading_deg is view.height_agl_m is None
    assert view.known_gsd_m_per_px is None
    assert (inputs.attitude, inputs.used) == (None, {})


def test_attitude_and_mount_give_the_cameras_rotation():
    sensors = VehicleSensors(NodeConfig(mount_yaw_deg=90.0))
    sensors.imu.add(NOW.stamp_ns, FACING_NORTH)
    inputs = match(sensors)
    # The image's up direction is to the right of a vehicle that faces north: east.
    expected = nadir_enu_from_camera(np.radians(90.0))
    np.testing.assert_allclose(inputs.view.enu_from_camera, expected, atol=1e-12)
    assert inputs.used == {'imu': 'used'}


def test_thirty_degrees_nose_up_at_100_m_looks_57_7_m_ahead():
    sensors = VehicleSensors(NodeConfig(height_agl_m=100.0))
    sensors.camera = CameraModel(400, 300, 500.0, 500.0, 199.5, 149.5)
    # Forward, left, up: a positive turn about left lowers the nose.
    sensors.attitude.add(NOW.stamp_ns, turned([0, 1, 0], -30.0))
    view = match(sensors).view
    lever_m = vehicle_from_center(view.camera, view.enu_from_camera, view.height_agl_m)
    np.testing.assert_allclose(lever_m, [-57.735, 0.0], atol=1e-3)


def test_attitude_is_interpolated_to_the_image():
    sensors = VehicleSensors(NodeConfig())
    sensors.imu.add(NOW.stamp_ns - SECOND // 10, turned([0, 0, 1], 80.0, heading_sigma_deg=1.0))
    sensors.imu.add(NOW.stamp_ns + SECOND // 10, turned([0, 0, 1], 60.0, heading_sigma_deg=3.0))
    view = match(sensors).view
    assert view.known_heading_deg == pytest.approx(20.0)
    assert view.heading_sigma_deg == 3.0


def test_attitude_comes_before_imu_and_a_gimbal_before_the_fixed_mount():
    sensors = VehicleSensors(NodeConfig())
    sensors.imu.add(NOW.stamp_ns, turned([0, 0, 1], 0.0))
    sensors.attitude.add(NOW.stamp_ns, FACING_NORTH)
    gimbal = body_from_mounted_camera(0, -90, 45)
    view = sensors.match(replace(NOW, body_from_camera=lambda: gimbal), 400, 300).view
    assert view.known_heading_deg == pytest.approx(45.0)


def test_gimbal_that_is_not_known_leaves_the_attitude_to_the_vehicle_alone():
    sensors = VehicleSensors(NodeConfig())
    sensors.imu.add(NOW.stamp_ns, FACING_NORTH)
    inputs = sensors.match(replace(NOW, body_from_camera=lambda: None), 400, 300)
    assert inputs.view.enu_from_camera is None
    assert inputs.attitude is FACING_NORTH


def test_heading_turns_the_attitude_about_the_vertical():
    sensors = VehicleSensors(NodeConfig())
    sensors.imu.add(NOW.stamp_ns, turned([0, 1, 0], -30.0, tilt_sigma_deg=0.5))
    sensors.heading_deg.add(NOW.arrival_ns, 0.0)
    view = match(sensors).view
    # It looked 30 degrees ahead to the east, and looks 30 degrees ahead to the north now.
    np.testing.assert_allclose(view.enu_from_camera[:, 2], [0, 0.5, -np.sqrt(0.75)], atol=1e-12)
    assert view.tilt_sigma_deg == 0.5


def test_heading_alone_says_nothing_about_the_tilt():
    sensors = VehicleSensors(NodeConfig(mount_yaw_deg=90.0))
    sensors.heading_deg.add(NOW.arrival_ns, 90.0)
    inputs = match(sensors)
    assert inputs.view.enu_from_camera is None
    assert (inputs.view.heading_deg, inputs.view.tilt_sigma_deg) == (90.0, 1.0)
    # The image's up is east and to the right of the vehicle, which therefore faces north.
    np.testing.assert_allclose(inputs.attitude.enu_from_body[:, 0], [0.0, 1.0, 0.0], atol=1e-9)
    assert inputs.attitude.tilt_sigma_deg == np.inf


def test_what_is_too_old_is_left_out_and_named():
    sensors = VehicleSensors(NodeConfig(input_max_age_s=0.5))
    sensors.imu.add(NOW.stamp_ns - SECOND, FACING_NORTH)
    sensors.heading_deg.add(NOW.arrival_ns - SECOND, 0.0)
    sensors.altitude_m.add(NOW.arrival_ns, 80.0)
    inputs = match(sensors)
    assert inputs.used == {'imu': TOO_OLD, 'heading': TOO_OLD, 'altitude': 'used'}
    assert inputs.view.known_heading_deg is None
    assert inputs.view.height_agl_m == 80.0


def test_range_is_measured_along_the_vehicles_down_axis():
    sensors = VehicleSensors(NodeConfig(height_agl_m=70.0))
    assert match(sensors).view.height_agl_m == 70.0
    sensors.altitude_m.add(NOW.arrival_ns, 90.0)
    assert match(sensors).view.height_agl_m == 90.0
    sensors.range_m.add(NOW.stamp_ns, np.array([100.0, 4.0]))
    assert match(sensors).view.height_agl_m == 100.0
    sensors.imu.add(NOW.stamp_ns, turned([1, 0, 0], 60.0))
    assert match(sensors).view.height_agl_m == pytest.approx(50.0)


def test_altitude_above_the_sea_is_counted_from_the_ground():
    sensors = VehicleSensors(NodeConfig(altitude_meaning='amsl', ground_amsl_m=420.0))
    sensors.altitude_m.add(NOW.arrival_ns, 520.0)
    assert match(sensors).view.height_agl_m == 100.0
    sensors.altitude_m.add(NOW.arrival_ns, 400.0)
    inputs = match(sensors)
    assert inputs.view.height_agl_m is None
    assert inputs.used['altitude'] == '400.0 m is not above the ground'


def test_camera_follows_an_image_that_was_made_smaller_and_not_one_that_was_cropped():
    sensors = VehicleSensors(NodeConfig(height_agl_m=100.0, gsd_m_per_px=0.7))
    sensors.camera = CameraModel(800, 600, 1000.0, 1000.0, 399.5, 299.5)
    view = match(sensors).view
    assert (view.camera.fx, view.camera.cx) == (500.0, 199.5)
    assert view.known_gsd_m_per_px == pytest.approx(0.2)
    inputs = sensors.match(NOW, 400, 400)
    assert inputs.view.camera is None
    assert 'aspect ratio of its camera' in inputs.used['camera_info']
    assert inputs.view.known_gsd_m_per_px == 0.7


def test_cleared_sensors_keep_only_the_camera():
    sensors = VehicleSensors(NodeConfig())
    sensors.camera = CameraModel(400, 300, 500.0, 500.0, 199.5, 149.5)
    sensors.imu.add(NOW.stamp_ns, FACING_NORTH)
    sensors.clear()
    assert match(sensors).used == {'camera_info': 'used'}


def test_sigmas_are_those_of_the_messages_or_else_as_set():
    config = NodeConfig(heading_sigma_deg=7.0, height_sigma=0.15, gsd_sigma=0.3, height_agl_m=90.0)
    sensors = VehicleSensors(config)
    sensors.heading_deg.add(NOW.arrival_ns, 30.0)
    view = match(sensors).view
    # Without a camera the height says nothing of the scale.
    assert (view.heading_sigma_deg, view.scale_sigma) == (7.0, 0.3)
    sensors.hfov_rad = 1.0
    assert match(sensors).view.scale_sigma == 0.15
    for stated_m, expected in ((4.0, 0.05), (0.001, MIN_HEIGHT_SIGMA), (np.nan, 0.15)):
        sensors.range_m.clear()
        sensors.range_m.add(NOW.stamp_ns, np.array([80.0, stated_m]))
        view = match(sensors).view
        assert (view.height_agl_m, view.scale_sigma) == (80.0, pytest.approx(expected))
