# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The localizer in a launch file: its arguments, and what they make of its node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch_ros.parameter_descriptions import ParameterValue
from visual_navsat.ros.large_images import large_image_environment
from visual_navsat.ros.launch_arguments import (
    argument,
    end_if_failed,
    given_in,
    log_level_of,
    node_arguments,
    time_source,
)
from visual_navsat.ros.launch_values import (
    base_topic,
    camera_info_topic,
    existing_file,
    expand_home,
    PARAMETERS,
    SENSOR_TOPICS,
)


def localizer_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments that every launch file of the localizer takes."""
    return [
        argument('map', '', 'Index folder made by visual-navsat build-map; empty: params_file'),
        argument('model', '', 'Backbone; empty: params_file, else that of the index'),
        argument(
            'calibration_file', '', 'YAML file that takes the calibration to the next flight'
        ),
        argument('image_topic', 'image', 'Camera images; compressed ones on it + /compressed'),
        argument('camera_info_topic', '', 'Empty: camera_info beside image_topic'),
        *(
            argument(f'{sensor}_topic', sensor, f'Topic of the input {sensor}')
            for sensor in SENSOR_TOPICS
            if sensor != 'camera_info'
        ),
        *node_arguments('localizer.yaml'),
    ]


def localizer_options(context: LaunchContext) -> dict[str, Any]:
    """
    Return the arguments of the launch action Node (or LifecycleNode) that is the localizer.

    :raises ConfigError: if a launch argument makes no sense.
    """
    given = given_in(context)
    image_topic = base_topic(given('image_topic'))
    topics = {sensor: given(f'{sensor}_topic') for sensor in SENSOR_TOPICS}
    topics['camera_info'] = topics['camera_info'] or camera_info_topic(image_topic)
    return {
        'package': 'visual_navsat',
        'executable': 'localizer',
        'name': 'localizer',
        'namespace': given('namespace'),
        'output': 'screen',
        'parameters': [
            existing_file('params_file', given('params_file')),
            {'node.exit_on_failure': True, **_parameters(given)},
        ],
        'remappings': [
            ('image', image_topic),
            ('image/compressed', f'{image_topic}/compressed'),
            *topics.items(),
        ],
        'ros_arguments': log_level_of('localizer', given),
        'additional_env': large_image_environment(context.environment),
        'on_exit': end_if_failed,
    }


def filter_options(context: LaunchContext) -> dict[str, Any]:
    """
    Return the arguments of the launch action Node that is robot_localization behind the localizer.

    It is in the same namespace and hears the same odometry and IMU, whatever those are called.

    :raises ConfigError: if a launch argument makes no sense.
    """
    given = given_in(context)
    return {
        'package': 'robot_localization',
        'executable': 'ekf_node',
        'name': 'ekf_map',
        'namespace': given('namespace'),
        'output': 'screen',
        'parameters': [
            existing_file('filter_params_file', given('filter_params_file')),
            time_source(given),
        ],
        'remappings': [(topic, given(f'{topic}_topic')) for topic in ('odom', 'imu')],
    }


def _parameters(given: Callable[[str], str]) -> dict[str, Any]:
    """Return the ROS parameters of the arguments that are not empty; those go over params_file."""
    values: dict[str, Any] = {}
    for name in ('map', 'model', 'calibration_file'):
        if given(name):
            text = expand_home(given(name))
            values[PARAMETERS[name]] = ParameterValue(text, value_type=str)
    return values | time_source(given)
