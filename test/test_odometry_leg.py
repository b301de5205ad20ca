# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Legs between images from an odometry's poses."""

import numpy as np
import pytest
from visual_navsat.geometry.rotation import about_up, quaternion_from_matrix
from visual_navsat.tracking.odometry_leg import OdometryLeg, OdometryPose

SECOND = 1_000_000_000


def pose(east, north, yaw_deg=0.0):
    return OdometryPose(
        np.array([east, north], float), quaternion_from_matrix(about_up(np.radians(yaw_deg)))
    )


def make_leg(*poses, are_axes_enu=True) -> OdometryLeg:
    """Return odometry of (seconds, pose)."""
    leg = OdometryLeg(0.2, are_axes_enu)
    for seconds, value in poses:
        leg.poses.add(round(seconds * SECOND), value)
    return leg


def test_leg_is_the_difference_between_two_interpolated_poses():
    leg = make_leg((0.0, pose(100, 50)), (0.1, pose(102, 50)), (0.9, pose(110, 53)))
    assert leg.measure(0, None) is None  # nothing to measure from
    np.testing.assert_allclose(leg.measure(SECOND // 20, None), [1.0, 0.0])
    np.testing.assert_allclose(leg.measure(round(0.95 * SECOND), None), [9.0, 3.0])


def test_odometry_that_stops_and_comes_back_leaves_two_legs_out():
    leg = make_leg((0.0, pose(0, 0)), (2.0, pose(20, 0)), (3.0, pose(30, 0)))
    leg.measure(0, None)
    assert leg.measure(SECOND, None) is None
    assert leg.measure(2 * SECOND, None) is None
    np.testing.assert_allclose(leg.measure(3 * SECOND, None), [10.0, 0.0])


def test_axes_of_any_yaw_are_turned_by_the_vehicles_attitude():
    # Odometry began with the vehicle's nose as its first axis; in truth it points north.
    leg = make_leg((0.0, pose(0, 0)), (1.0, pose(10, 2, yaw_deg=20)), are_axes_enu=False)
    leg.measure(0, about_up(np.radians(90)))
    np.testing.assert_allclose(
        leg.measure(SECOND, about_up(np.radians(110))), [-2.0, 10.0], atol=1e-9
    )


def test_axes_of_any_yaw_are_no_use_without_an_attitude():
    leg = make_leg((0.0, pose(0, 0)), (1.0, pose(10, 2)), are_axes_enu=False)
    leg.measure(0, np.eye(3))
    assert leg.measure(SECOND, None) is None


@pytest.mark.parametrize('forget', ['start_anew', 'clear'])
def test_forgotten_start_or_odometry_gives_no_leg(forget):
    leg = make_leg((0.0, pose(0, 0)), (1.0, pose(10, 0)))
    leg.measure(0, None)
    getattr(leg, forget)()
    assert leg.measure(SECOND, None) is None


def test_time_that_goes_back_gives_no_leg():
    leg = make_leg((0.0, pose(0, 0)), (1.0, pose(10, 0)))
    leg.measure(SECOND, None)
    assert leg.measure(0, None) is None
