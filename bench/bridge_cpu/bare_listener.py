# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A node that takes odometry and does nothing with it, spun as rclpy's own examples spin."""

from __future__ import annotations

from contextlib import suppress

from nav_msgs.msg import Odometry
import rclpy
from rclpy.executors import ExternalShutdownException
from visual_navsat.ros.qos import SENSOR_DATA


def main() -> None:
    rclpy.init()
    node = rclpy.create_node('bare_listener')
    node.create_subscription(Odometry, 'odom', lambda _: None, SENSOR_DATA)
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)


if __name__ == '__main__':
    main()
