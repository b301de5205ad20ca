# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Start the bridge that carries the localizer's fixes to an autopilot."""

from launch import LaunchDescription
from launch.actions import OpaqueFunction
from launch_ros.actions import Node
from visual_navsat.ros.launch_bridge import bridge_arguments, bridge_options


def generate_launch_description():
    """Return what ``ros2 launch visual_navsat autopilot_bridge.launch.py`` runs."""
    return LaunchDescription(
        [
            *bridge_arguments(),
            OpaqueFunction(function=lambda context: [Node(**bridge_options(context))]),
        ]
    )
