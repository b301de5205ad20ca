# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Start the localizer and robot_localization, which fuses its track with odometry and an IMU."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare
from visual_navsat.ros.launch_localizer import (
    filter_options,
    localizer_arguments,
    localizer_options,
)


def generate_launch_description():
    """Return what ``ros2 launch visual_navsat with_robot_localization.launch.py`` runs."""
    filter_params = [FindPackageShare('visual_navsat'), 'config', 'robot_localization.yaml']
    return LaunchDescription(
        [
            *localizer_arguments(),
            DeclareLaunchArgument(
                'filter_params_file',
                default_value=PathJoinSubstitution(filter_params),
                description='YAML file of parameters of robot_localization',
            ),
            OpaqueFunction(
                function=lambda context: [
                    Node(**localizer_options(context)),
                    Node(**filter_options(context)),
                ]
            ),
        ]
    )
