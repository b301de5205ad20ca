# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Start the localizer, which configures and activates itself."""

from launch import LaunchDescription
from launch.actions import OpaqueFunction
from launch_ros.actions import Node
from visual_navsat.ros.launch_localizer import localizer_arguments, localizer_options


def generate_launch_description():
    """Return what ``ros2 launch visual_navsat localizer.launch.py map:=DIR`` runs."""
    return LaunchDescription(
        [
            *localizer_arguments(),
            OpaqueFunction(function=lambda context: [Node(**localizer_options(context))]),
        ]
    )
