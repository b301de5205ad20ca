"""Subscribe to the vehicle's sensors while the node is active, and fill a Flight with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped, QuaternionStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Imu, NavSatFix, Range
from std_msgs.msg import Float64

from visual_navsat.config import NodeConfig
from visual_navsat.errors import VisualNavsatError
from visual_navsat.fusion.attitude import Attitude
from visual_navsat.fusion.flight import Flight
from visual_navsat.fusion.vehicle_sensors import ImageMoment, MatchedInputs
from visual_navsat.ros.gimbal_tf import GimbalTf
from visual_navsat.ros.sensor_conversions import (
    attitude_from_imu,
    camera_from_message,
    finite_number,
    gnss_from_message,
    odometry_from_message,
    prior_from_message,
    quaternion_from_message,
    range_from_message,
)

# Best effort also hears reliable publishers. Deep enough for an IMU during one busy moment.
SENSOR_DATA = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)


class SensorInputs:
    """
    The optional inputs beside the images.

    Each handler puts one message into the flight; what a message gets wrong is reported, and the
    message is ignored.
    """

    def __init__(
        self, node: Node, flight: Flight, config: NodeConfig, report: Callable[[str], None]
    ) -> None:
        """
        Start to listen.

        :param report: is given one line for each message that is ignored.
        :raises ConfigError: if the mount shall come from TF and tf2_ros is not installed.
        """
        self._node = node
        self._flight = flight
        self._config = config
        self._report = report
        self._gimbal = GimbalTf(node, config.base_frame_id) if config.mount_from_tf else None
        self._subscriptions = [
            self._subscribe(kind, topic, handle)
            for kind, topic, handle in (
                (CameraInfo, 'camera_info', self._on_camera_info),
                (Imu, 'imu', self._on_imu),
                (QuaternionStamped, 'attitude', self._on_attitude),
                (Float64, 'heading', self._on_heading),
                (Float64, 'altitude', self._on_altitude),
                (Range, 'range', self._on_range),
                (Odometry, 'odom', self._on_odom),
                (NavSatFix, 'gnss', self._on_gnss),
                (PoseWithCovarianceStamped, 'initialpose', self._on_initialpose),
            )
        ]

    def match(self, image_header, arrival_ns: int, width: int, height: int) -> MatchedInputs:
        """Return what is known about an image; waits for TF, so not on the executor's thread."""
        mount = self._flight.sensors.fixed_mount
        if self._gimbal is not None:
            mount = self._gimbal.body_from_camera(image_header)
        moment = ImageMoment(Time.from_msg(image_header.stamp).nanoseconds, arrival_ns)
        return self._flight.sensors.match(moment, width, height, mount)

    def close(self) -> None:
        """Stop to listen."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        if self._gimbal is not None:
            self._gimbal.close()

    def _subscribe(self, kind: type, topic: str, handle: Callable[[Any], None]):
        def handle_or_report(message) -> None:
            try:
                handle(message)
            except VisualNavsatError as error:
                self._report(str(error))

        return self._node.create_subscription(kind, topic, handle_or_report, SENSOR_DATA)

    def _now_ns(self) -> int:
        """Return the time of arrival, which stands in for the stamp that a message lacks."""
        return self._node.get_clock().now().nanoseconds

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._flight.sensors.camera = camera_from_message(message)

    def _on_imu(self, message: Imu) -> None:
        self._flight.sensors.imu.add(_stamp_ns(message), attitude_from_imu(message))

    def _on_attitude(self, message: QuaternionStamped) -> None:
        attitude = Attitude(quaternion_from_message(message.quaternion))
        self._flight.sensors.attitude.add(_stamp_ns(message), attitude)

    def _on_heading(self, message: Float64) -> None:
        heading_deg = finite_number(message.data, 'heading') % 360.0
        self._flight.sensors.heading_deg.add(self._now_ns(), heading_deg)

    def _on_altitude(self, message: Float64) -> None:
        altitude_m = finite_number(message.data, 'altitude')
        self._flight.sensors.altitude_m.add(self._now_ns(), altitude_m)

    def _on_range(self, message: Range) -> None:
        range_m = range_from_message(message)
        if range_m is not None:
            self._flight.sensors.range_m.add(_stamp_ns(message), range_m)

    def _on_odom(self, message: Odometry) -> None:
        self._flight.track.add_odometry(_stamp_ns(message), odometry_from_message(message))

    def _on_gnss(self, message: NavSatFix) -> None:
        position = gnss_from_message(message)
        if position is not None:
            self._flight.gnss.add(_stamp_ns(message), *position)

    def _on_initialpose(self, message: PoseWithCovarianceStamped) -> None:
        self._flight.track.restart(prior_from_message(message, self._config.map_frame_id))


def _stamp_ns(message) -> int:
    return Time.from_msg(message.header.stamp).nanoseconds
