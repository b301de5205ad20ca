# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Messages of the vehicle's sensors to plain data, whether ROS or a bag reader decoded them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.attitude import Attitude
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.geodesy import check_lat_long
from visual_navsat.geometry.rotation import unit_quaternion
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.messages.fix import STATUS_NO_FIX
from visual_navsat.tracking.map_tracker import PRIOR_PROBABILITY
from visual_navsat.tracking.odometry_leg import OdometryPose

_EARTH_M = 2.1e7  # nothing on it is farther away: half its circumference is 2.0e7


def stamp_ns(message: Any) -> int:
    """Return the nanoseconds of a message's header."""
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def checked_stamp_ns(message: Any, topic: str) -> int:
    """Return :func:`stamp_ns`; raise ShapeError if no clock shows such a time."""
    sec, nanosec = message.header.stamp.sec, message.header.stamp.nanosec
    if sec < 0 or not 0 <= nanosec < 1_000_000_000:
        raise ShapeError(
            f'{topic} must have a stamp of at least 0 s and under 1e9 ns, got {sec} s and '
            f'{nanosec} ns: check the clock of what publishes it'
        )
    return stamp_ns(message)


def camera_from_message(message: Any) -> CameraModel:
    """
    Return the camera of the images that go with a CameraInfo.

    An empty distortion model means that the images are already rectified.

    :raises ShapeError: if the camera is not calibrated or the message contradicts itself.
    """
    # Rectified images are those of the projection matrix P, which not every driver fills in.
    is_rectified = not message.distortion_model
    k, p = message.k, message.p
    fx, fy, cx, cy = (
        (p[0], p[5], p[2], p[6]) if is_rectified and p[0] > 0 else (k[0], k[4], k[2], k[5])
    )
    if not (fx > 0 and fy > 0):
        raise ShapeError(
            f'camera_info has focal lengths {fx}, {fy} px: the camera is not calibrated'
        )
    model, d = ('none', ()) if is_rectified else (message.distortion_model, tuple(message.d))
    full = CameraModel(message.width, message.height, fx, fy, cx, cy, model, d)
    roi = message.roi
    # All zero means the whole image; a binning of 0 means 1.
    return full.cropped_and_binned(
        roi.x_offset,
        roi.y_offset,
        roi.width or message.width - roi.x_offset,
        roi.height or message.height - roi.y_offset,
        (max(message.binning_x, 1), max(message.binning_y, 1)),
    )


def quaternion_from_message(message: Any) -> np.ndarray:
    """Return (4,) x, y, z, w; raise ShapeError if they are not a rotation."""
    return unit_quaternion(message.x, message.y, message.z, message.w)


def attitude_from_imu(
    message: Any, heading_sigma_deg: float = Attitude.heading_sigma_deg
) -> Attitude:
    """
    Return the vehicle's attitude from an orientation that is ENU from body (REP 145).

    :param heading_sigma_deg: of an orientation without covariance.
    :raises ShapeError: if the IMU has no orientation, or an invalid one.
    """
    variances = np.array(message.orientation_covariance)[[0, 4, 8]]
    if variances[0] == -1:
        raise ShapeError('imu has no orientation: publish a fused one')
    quaternion = quaternion_from_message(message.orientation)
    if not (np.isfinite(variances).all() and (variances > 0).all()):
        return Attitude(quaternion, heading_sigma_deg)  # all zero means unknown
    # More than a half turn is not known at all.
    roll_deg, pitch_deg, yaw_deg = np.minimum(np.degrees(np.sqrt(variances)), 180.0)
    return Attitude(quaternion, float(yaw_deg), float(max(roll_deg, pitch_deg)))


def finite_number(value: float, topic: str) -> float:
    """Return the value of a message; raise ShapeError if it is not finite."""
    if not math.isfinite(value):
        raise ShapeError(f'{topic} must be a finite number, got {value}')
    return value


def range_from_message(message: Any) -> np.ndarray | None:
    """
    Return (2,) metres and their sigma, NaN if it is not stated.

    None if the range finder saw nothing, which is no fault (REP 117).
    """
    saw_something = message.min_range <= message.range <= message.max_range
    if not saw_something or not math.isfinite(message.range):
        return None
    variance = getattr(message, 'variance', 0.0)  # not in Humble; 0 means unknown
    is_stated = math.isfinite(variance) and variance > 0
    return np.array([message.range, math.sqrt(variance) if is_stated else math.nan])


def odometry_from_message(message: Any) -> OdometryPose:
    """Return the pose in the odometry's frame; raise ShapeError if it is not finite."""
    pose = message.pose.pose
    position = np.array([pose.position.x, pose.position.y])
    if not np.isfinite(position).all():
        raise ShapeError(f'odom must be at finite metres, got {position[0]}, {position[1]}')
    return OdometryPose(position, quaternion_from_message(pose.orientation))


def gnss_from_message(message: Any) -> tuple[float, float, np.ndarray | None] | None:
    """
    Return latitude, longitude and (2, 2) covariance in m^2, or None if the receiver has no fix.

    The covariance is None where the receiver does not state one.

    :raises ShapeError: if the position is not on earth.
    """
    if message.status.status == STATUS_NO_FIX:
        return None
    check_lat_long(message.latitude, message.longitude, 'gnss')
    covariance = np.array(message.position_covariance).reshape(3, 3)[:2, :2]
    is_stated = message.position_covariance_type > 0 and _is_covariance(covariance)
    return message.latitude, message.longitude, covariance if is_stated else None


def prior_from_message(message: Any, map_frame_id: str) -> Hypothesis:
    """
    Return the position of an initial pose.

    :raises ShapeError: if it is in another frame, or its covariance is invalid.
    """
    if message.header.frame_id != map_frame_id:
        raise ShapeError(
            f'initialpose is in frame {message.header.frame_id!r}: publish it in {map_frame_id!r}'
        )
    position = message.pose.pose.position
    position_m = np.array([position.x, position.y])
    covariance = np.array(message.pose.covariance).reshape(6, 6)[:2, :2]
    if not (np.abs(position_m).max() <= _EARTH_M and _is_covariance(covariance)):
        raise ShapeError(
            'initialpose must have a position on earth and variances above 0, got '
            f'{position_m[0]}, {position_m[1]} m with {covariance[0, 0]}, {covariance[1, 1]} m^2'
        )
    return Hypothesis(position_m, covariance, PRIOR_PROBABILITY)


def _is_covariance(matrix: np.ndarray) -> bool:
    if not (np.abs(matrix).max() <= _EARTH_M**2 and np.allclose(matrix, matrix.T)):
        return False
    return bool((np.linalg.eigvalsh(matrix) > 0).all())
