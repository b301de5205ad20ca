# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Subscribe to the vehicle's sensors while the node is active, and fill a Flight with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped, QuaternionStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, Imu, NavSatFix, Range
from std_msgs.msg import Float64
from visual_navsat.config import NodeConfig
from visual_navsat.messages.flight_inputs import put_message
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.gimbal_tf import GimbalTf
from visual_navsat.ros.guard import Guard
from visual_navsat.ros.qos import SENSOR_DATA, subscribe
from visual_navsat.tracking.flight import Flight

SENSORS = {
    'camera_info': CameraInfo,
    'imu': Imu,
    'attitude': QuaternionStamped,
    'heading': Float64,
    'altitude': Float64,
    'range': Range,
    'odom': Odometry,
    'gnss': NavSatFix,
    'initialpose': PoseWithCovarianceStamped,
}


class SensorInputs:
    """
    The optional inputs beside the images.

    Each message goes into the flight; an invalid one is reported and ignored.
    """

    def __init__(
        self,
        node: Node,
        flight: Flight,
        config: NodeConfig,
        health: NodeHealth,
        report: Callable[[str, str], None],
        guard: Guard,
    ) -> None:
        """
        Start listening.

        :param report: is given one line for each message that is ignored.
        :raises ConfigError: if the mount is to come from TF and tf2_ros is not installed, or an
            override of the quality of service makes no sense.
        """
        self._node = node
        self._flight = flight
        self._config = config
        self._health, self._report, self._guard = health, report, guard
        self.gimbal = GimbalTf(node, config.base_frame_id) if config.mount_from_tf else None
        self._subscriptions: list[Subscription] = []
        try:
            for topic, kind in SENSORS.items():
                self._subscriptions.append(self._subscribe(kind, topic))
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Stop listening."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        if self.gimbal is not None:
            self.gimbal.close()

    def _subscribe(self, kind: type, topic: str) -> Subscription:
        def handle(message: Any) -> None:
            # The time of arrival stands in for the stamp that a message lacks.
            now_ns = self._node.get_clock().now().nanoseconds
            put_message(self._flight, topic, message, now_ns, self._config.map_frame_id)
            self._health.recover(topic)

        def ignore(reason: str) -> None:
            self._health.count('inputs_ignored')
            line = reason if topic in reason else f'{topic}: {reason}'
            self._report(f'{line}; ignored', topic)

        callback = self._guard.wrap(handle, ignore)
        return subscribe(self._node, kind, topic, callback, SENSOR_DATA)
