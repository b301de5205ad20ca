# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Poses by value."""

import math

import numpy as np
import pytest
from std_msgs.msg import Header
from visual_navsat.config import NodeConfig
from visual_navsat.geometry.attitude import Attitude
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.view import View
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.ros.conversions import (
    odometry_message,
    pose_message,
    UNKNOWN_ANGLE_VARIANCE,
    UNKNOWN_TWIST_VARIANCE,
)
from visual_navsat.tracking.vehicle_sensors import (
    FOUND_HEADING_SIGMA_DEG,
    MatchedInputs,
    VehicleSensors,
)

FRAME = LocalFrame(46.5, 7.9)
COVARIANCE = np.array([[9.0, 2.0, 0.0], [2.0, 16.0, 0.0], [0.0, 0.0, 1e4]])


def make_pose(attitude=None, **position):
    lat, long = FRAME.geodetic_from_enu(np.array([120.0, -30.0]))
    estimate = PositionEstimate(float(lat), float(long), COVARIANCE, **position)
    return pose_message(Header(frame_id='map'), estimate, attitude, FRAME)


def test_position_is_in_metres_around_the_origin_with_its_covariance():
    pose = make_pose()
    position = pose.pose.pose.position
    assert (position.x, position.y) == pytest.approx((120.0, -30.0), abs=1e-6)
    assert position.z == 0.0
    covariance = np.array(pose.pose.covariance).reshape(6, 6)
    np.testing.assert_array_equal(covariance[:3, :3], COVARIANCE)
    # Uniform over the circle: a standard deviation of 104 degrees.
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)[3:]), np.radians(103.92), rtol=1e-4)
    assert make_pose(altitude_m=431.0).pose.pose.position.z == 431.0


def test_attitude_is_the_orientation_as_sure_as_it_is_known():
    half = math.radians(30) / 2
    quaternion = np.array([0.0, 0.0, math.sin(half), math.cos(half)])
    pose = make_pose(Attitude(quaternion, heading_sigma_deg=2.0, tilt_sigma_deg=1.0))
    orientation = pose.pose.pose.orientation
    assert (orientation.z, orientation.w) == pytest.approx((math.sin(half), math.cos(half)))
    covariance = np.array(pose.pose.covariance).reshape(6, 6)
    expected = np.radians([1.0, 1.0, 2.0]) ** 2
    np.testing.assert_allclose(np.diag(covariance)[3:], expected)


def test_heading_alone_leaves_the_tilt_unknown():
    level = np.array([0.0, 0.0, 0.0, 1.0])
    pose = make_pose(Attitude(level, heading_sigma_deg=2.0, tilt_sigma_deg=math.inf))
    covariance = np.array(pose.pose.covariance).reshape(6, 6)
    assert covariance[3, 3] == covariance[4, 4] == UNKNOWN_ANGLE_VARIANCE
    assert covariance[5, 5] == pytest.approx(math.radians(2.0) ** 2)


def test_found_heading_is_the_yaw_where_nothing_else_is_known():
    mount = VehicleSensors(NodeConfig()).fixed_mount  # straight down, the image's up forward
    known = MatchedInputs(View(), None, mount)
    assert known.attitude_by(None) is None
    pose = make_pose(known.attitude_by(30.0))
    orientation = pose.pose.pose.orientation
    yaw = 2 * math.atan2(orientation.z, orientation.w)  # from east, counter-clockwise
    assert math.degrees(yaw) == pytest.approx(60.0, abs=1e-6)
    covariance = np.array(pose.pose.covariance).reshape(6, 6)
    assert covariance[5, 5] == pytest.approx(math.radians(FOUND_HEADING_SIGMA_DEG) ** 2)
    assert covariance[3, 3] == covariance[4, 4] == UNKNOWN_ANGLE_VARIANCE
    measured = Attitude(np.array([0.0, 0.0, 0.0, 1.0]))
    assert MatchedInputs(View(), measured, mount).attitude_by(30.0) is measured


def test_odometry_has_the_pose_and_an_unknown_twist():
    pose = make_pose()
    odometry = odometry_message(pose, 'base_link')
    assert (odometry.header, odometry.pose) == (pose.header, pose.pose)
    assert odometry.child_frame_id == 'base_link'
    twist = np.array(odometry.twist.covariance).reshape(6, 6)
    np.testing.assert_array_equal(twist, np.eye(6) * UNKNOWN_TWIST_VARIANCE)
