# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Messages of sensors by value."""

import math

from geometry_msgs.msg import PoseWithCovarianceStamped, Quaternion
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Imu, NavSatFix, Range
from visual_navsat.errors import ShapeError
from visual_navsat.messages.sensors import (
    attitude_from_imu,
    camera_from_message,
    finite_number,
    gnss_from_message,
    odometry_from_message,
    prior_from_message,
    range_from_message,
)

K = [1000.0, 0.0, 799.5, 0.0, 1001.0, 599.5, 0.0, 0.0, 1.0]
DISTORTION = [-0.1, 0.01, 0.001, -0.002, 0.0]


def make_camera_info(**fields) -> CameraInfo:
    info = CameraInfo(width=1600, height=1200, k=K, distortion_model='plumb_bob', d=DISTORTION)
    for name, value in fields.items():
        setattr(info, name, value)
    return info


def test_camera_has_the_intrinsics_and_distortion_of_the_message():
    camera = camera_from_message(make_camera_info())
    assert (camera.width, camera.height) == (1600, 1200)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (1000.0, 1001.0, 799.5, 599.5)
    assert (camera.distortion_model, camera.distortion) == ('plumb_bob', tuple(DISTORTION))


@pytest.mark.parametrize(
    ('model', 'count'), [('rational_polynomial', 8), ('equidistant', 4), ('plumb_bob', 5)]
)
def test_distortion_models_of_ros_are_known(model, count):
    camera = camera_from_message(make_camera_info(distortion_model=model, d=[0.01] * count))
    assert (camera.distortion_model, len(camera.distortion)) == (model, count)


def test_empty_distortion_model_is_a_rectified_image_with_the_projection_matrix():
    p = [900.0, 0.0, 790.0, 0.0, 0.0, 900.0, 590.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    camera = camera_from_message(make_camera_info(distortion_model='', p=p))
    assert (camera.fx, camera.cx, camera.cy, camera.distortion) == (900.0, 790.0, 590.0, ())
    camera = camera_from_message(make_camera_info(distortion_model=''))
    assert (camera.fx, camera.cx) == (1000.0, 799.5)  # P was not filled in


def test_binning_and_region_of_interest():
    info = make_camera_info(binning_x=2, binning_y=2)
    info.roi.x_offset, info.roi.y_offset, info.roi.width, info.roi.height = 400, 300, 800, 600
    camera = camera_from_message(info)
    assert (camera.width, camera.height, camera.fx) == (400, 300, 500.0)
    # 799.5 is the border between two columns, and of two binned columns: (799.5 - 400 - 0.5) / 2.
    assert camera.cx == 199.5
    info.roi.width = info.roi.height = 0
    assert camera_from_message(info).width == 600


@pytest.mark.parametrize(
    ('fields', 'words'),
    [
        ({'k': [0.0] * 9}, 'not calibrated'),
        ({'k': [math.nan] * 9}, 'not calibrated'),
        ({'distortion_model': 'fov'}, "distortion model must be one of .*, got 'fov'"),
        ({'d': [0.1, 0.2]}, 'plumb_bob must have 4 or 5 coefficients, got 2'),
        ({'width': 0}, '0 x 1200 px'),
        ({'k': [math.inf, *K[1:]]}, 'finite numbers, got focal lengths and centre inf'),
        ({'k': [*K[:2], math.nan, *K[3:]]}, 'finite numbers'),
        ({'d': [math.nan] * 5}, 'finite numbers'),
    ],
)
def test_camera_info_that_cannot_be_is_explained(fields, words):
    with pytest.raises(ShapeError, match=words):
        camera_from_message(make_camera_info(**fields))


def make_imu(*variances) -> Imu:
    imu = Imu(orientation=Quaternion(z=math.sqrt(0.5), w=math.sqrt(0.5)))
    imu.orientation_covariance = np.diag(variances or (0.0, 0.0, 0.0)).ravel()
    return imu


def test_imu_gives_attitude_with_its_sigmas():
    attitude = attitude_from_imu(make_imu(1e-4, 4e-4, 9e-4))
    np.testing.assert_allclose(attitude.enu_from_body[:, 0], [0, 1, 0], atol=1e-12)  # north
    assert attitude.heading_sigma_deg == pytest.approx(math.degrees(0.03))
    assert attitude.tilt_sigma_deg == pytest.approx(math.degrees(0.02))


def test_imu_without_covariance_has_the_usual_sigmas():
    assert attitude_from_imu(make_imu()).heading_sigma_deg == 2.0
    assert attitude_from_imu(make_imu(math.nan, 1.0, 1.0)).tilt_sigma_deg == 1.0
    assert attitude_from_imu(make_imu(1e308, 1e308, 1e308)).tilt_sigma_deg == 180.0


def test_imu_without_orientation_is_refused():
    with pytest.raises(ShapeError, match='no orientation'):
        attitude_from_imu(make_imu(-1.0, 0.0, 0.0))
    with pytest.raises(ShapeError, match='norm of a quaternion must be 1'):
        attitude_from_imu(Imu(orientation=Quaternion(w=0.0)))


def test_number_that_is_not_finite_is_refused():
    assert finite_number(3.0, 'altitude') == 3.0
    with pytest.raises(ShapeError, match='altitude must be a finite number, got nan'):
        finite_number(math.nan, 'altitude')


@pytest.mark.parametrize(
    ('measured', 'expected'), [(12.5, 12.5), (math.inf, None), (math.nan, None), (0.1, None)]
)
def test_range_finder_that_saw_nothing_gives_nothing(measured, expected):
    message = Range(min_range=0.5, max_range=50.0, range=measured)
    found = range_from_message(message)
    assert (found is None) if expected is None else (found[0] == expected and np.isnan(found[1]))


def test_a_range_without_end_is_none_where_the_finder_has_no_limit():
    assert range_from_message(Range(max_range=math.inf, range=math.inf)) is None


def test_odometry_gives_position_and_orientation():
    message = Odometry()
    message.pose.pose.position.x, message.pose.pose.position.y = 3.0, -4.0
    pose = odometry_from_message(message)
    np.testing.assert_array_equal(pose.position_m, [3.0, -4.0])
    np.testing.assert_array_equal(pose.quaternion, [0, 0, 0, 1])
    message.pose.pose.position.y = math.inf
    with pytest.raises(ShapeError, match=r'odom must be at finite metres, got 3\.0, inf'):
        odometry_from_message(message)


def make_gnss(status=0, covariance_type=2, latitude=46.5) -> NavSatFix:
    message = NavSatFix(latitude=latitude, longitude=7.9)
    message.status.status = status
    message.position_covariance_type = covariance_type
    message.position_covariance = np.diag([4.0, 9.0, 25.0]).ravel()
    return message


def test_gnss_with_and_without_fix_and_covariance():
    latitude, longitude, covariance = gnss_from_message(make_gnss())
    assert (latitude, longitude) == (46.5, 7.9)
    np.testing.assert_array_equal(covariance, np.diag([4.0, 9.0]))
    assert gnss_from_message(make_gnss(status=-1, latitude=math.nan)) is None
    assert gnss_from_message(make_gnss(covariance_type=0))[2] is None
    with pytest.raises(ShapeError, match=r'latitude of gnss must be .* got nan'):
        gnss_from_message(make_gnss(latitude=math.nan))


def make_initialpose(frame_id='map', variance=25.0, east=120.0) -> PoseWithCovarianceStamped:
    message = PoseWithCovarianceStamped()
    message.header.frame_id = frame_id
    message.pose.pose.position.x, message.pose.pose.position.y = east, -30.0
    message.pose.covariance = (np.eye(6) * variance).ravel()
    return message


def test_initial_pose_is_a_prior():
    prior = prior_from_message(make_initialpose(), 'map')
    np.testing.assert_array_equal(prior.position_enu_m, [120.0, -30.0])
    np.testing.assert_array_equal(prior.covariance_enu_m2, np.eye(2) * 25.0)
    assert 0.99 < prior.probability < 1.0


@pytest.mark.parametrize(
    ('fields', 'words'),
    [
        ({'frame_id': 'odom'}, "in frame 'odom'"),
        ({'variance': 0.0}, 'variances above 0'),
        ({'variance': 1e308}, 'variances above 0'),
        ({'east': 1e308}, 'position on earth'),
    ],
)
def test_initial_pose_that_says_nothing_is_refused(fields, words):
    with pytest.raises(ShapeError, match=words):
        prior_from_message(make_initialpose(**fields), 'map')
