"""The tracked position as poses in the map frame, for filters such as robot_localization."""

from __future__ import annotations

import math

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from std_msgs.msg import Header

from visual_navsat.geometry.attitude import Attitude
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.position import PositionEstimate

# Of an angle that may be anything: uniform over the circle.
UNKNOWN_ANGLE_VARIANCE = math.pi**2 / 3
# Far over any real speed or turn rate, squared, yet no overflow in a filter.
UNKNOWN_TWIST_VARIANCE = 1e6


def pose_message(
    header: Header, estimate: PositionEstimate, attitude: Attitude | None, frame: LocalFrame
) -> PoseWithCovarianceStamped:
    """
    Return the position in metres around the map's origin, and the attitude where it is known.

    :param header: stamp of the image, frame of the map.
    """
    message = PoseWithCovarianceStamped(header=header)
    position, orientation = message.pose.pose.position, message.pose.pose.orientation
    east, north = frame.enu_from_geodetic(estimate.latitude, estimate.longitude)
    position.x, position.y = float(east), float(north)
    # An unknown altitude stays 0; the vertical variance says that it means nothing.
    position.z = float(estimate.altitude_m) if np.isfinite(estimate.altitude_m) else 0.0
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = estimate.covariance_enu_m2
    covariance[3:, 3:] = np.eye(3) * UNKNOWN_ANGLE_VARIANCE
    if attitude is not None:
        x, y, z, w = attitude.quaternion
        orientation.x, orientation.y, orientation.z, orientation.w = map(float, (x, y, z, w))
        sigmas_deg = [attitude.tilt_sigma_deg] * 2 + [attitude.heading_sigma_deg]
        variances = np.minimum(np.radians(sigmas_deg) ** 2, UNKNOWN_ANGLE_VARIANCE)
        covariance[3:, 3:] = np.diag(variances)
    message.pose.covariance = covariance.ravel()
    return message


def odometry_message(pose: PoseWithCovarianceStamped, child_frame_id: str) -> Odometry:
    """Return a pose as odometry whose twist is unknown."""
    message = Odometry(header=pose.header, child_frame_id=child_frame_id, pose=pose.pose)
    message.twist.covariance = (np.eye(6) * UNKNOWN_TWIST_VARIANCE).ravel()
    return message
