# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The localizer in a launch file: its arguments, and what they make of its node."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare
from visual_navsat.errors import VisualNavsatError
from visual_navsat.ros.large_images import large_image_environment
from visual_navsat.ros.launch_values import (
    base_topic,
    camera_info_topic,
    existing_file,
    expand_home,
    PARAMETERS,
    SENSOR_TOPICS,
    truth,
)

LOG_LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')


def localizer_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments that every launch file of the localizer takes."""
    share = FindPackageShare('visual_navsat')
    return [
        _argument('map', '', 'Index folder made by visual-navsat build-map; empty: params_file'),
        _argument('model', '', 'Backbone; empty: params_file, else that of the index'),
        _argument('image_topic', 'image', 'Camera images; compressed ones on it + /compressed'),
        _argument('camera_info_topic', '', 'Empty: camera_info beside image_topic'),
        *(
            _argument(f'{sensor}_topic', sensor, f'Topic of the input {sensor}')
            for sensor in SENSOR_TOPICS
            if sensor != 'camera_info'
        ),
        _argument('namespace', '', 'Namespace of the node and of its relative topics'),
        _argument('use_sim_time', '', 'true: the time comes from /clock; empty: params_file'),
        _argument(
            'params_file',
            PathJoinSubstitution([share, 'config', 'localizer.yaml']),
            'YAML file of parameters, under /**',
        ),
        _argument('log_level', 'info', 'Messages below it are not shown', choices=LOG_LEVELS),
    ]


def localizer_options(context: LaunchContext) -> dict[str, Any]:
    """
    Return the arguments of the launch action Node (or LifecycleNode) that is the localizer.

    :raises ConfigError: if a launch argument makes no sense.
    """
    given = partial(_given, context)
    image_topic = base_topic(given('image_topic'))
    topics = {sensor: given(f'{sensor}_topic') for sensor in SENSOR_TOPICS}
    topics['camera_info'] = topics['camera_info'] or camera_info_topic(image_topic)
    logger = '.'.join([*given('namespace').strip('/').split('/'), 'localizer']).lstrip('.')
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
        # Of this node only: rcl and DDS say much at debug.
        'ros_arguments': ['--log-level', f'{logger}:={given("log_level")}'],
        'additional_env': large_image_environment(context.environment),
        'on_exit': end_if_failed,
    }


def filter_options(context: LaunchContext) -> dict[str, Any]:
    """
    Return the arguments of the launch action Node that is robot_localization behind the localizer.

    It is in the same namespace and hears the same odometry and IMU, whatever those are called.

    :raises ConfigError: if a launch argument makes no sense.
    """
    given = partial(_given, context)
    return {
        'package': 'robot_localization',
        'executable': 'ekf_node',
        'name': 'ekf_map',
        'namespace': given('namespace'),
        'output': 'screen',
        'parameters': [
            existing_file('filter_params_file', given('filter_params_file')),
            _time_source(given),
        ],
        'remappings': [(topic, given(f'{topic}_topic')) for topic in ('odom', 'imu')],
    }


def end_if_failed(event: ProcessExited, context: LaunchContext) -> None:
    """
    End the launch with an error code if the localizer could not start.

    One that a signal ended, or that was killed in flight, leaves the other nodes alone.

    :raises VisualNavsatError: which is how a launch gets an exit code.
    """
    if event.returncode > 0 and not context.is_shutdown:
        raise VisualNavsatError(
            f'the localizer ended with code {event.returncode}; its last lines above say why'
        )


def _argument(name: str, default: Any, description: str, **options: Any) -> DeclareLaunchArgument:
    return DeclareLaunchArgument(name, default_value=default, description=description, **options)


def _given(context: LaunchContext, argument: str) -> str:
    """Return the value of a launch argument."""
    return LaunchConfiguration(argument).perform(context)


def _parameters(given: Callable[[str], str]) -> dict[str, Any]:
    """Return the ROS parameters of the arguments that are not empty; those go over params_file."""
    values: dict[str, Any] = {}
    for argument in ('map', 'model'):
        if given(argument):
            text = expand_home(given(argument))
            values[PARAMETERS[argument]] = ParameterValue(text, value_type=str)
    return values | _time_source(given)


def _time_source(given: Callable[[str], str]) -> dict[str, Any]:
    value = given('use_sim_time')
    return {PARAMETERS['use_sim_time']: truth('use_sim_time', value)} if value else {}
