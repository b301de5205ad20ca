# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The bridge in a launch file: its arguments, and what they make of its node."""

from __future__ import annotations

from typing import Any

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch_ros.parameter_descriptions import ParameterValue
from visual_navsat.ros.launch_arguments import (
    argument,
    end_if_failed,
    given_in,
    log_level_of,
    node_arguments,
    time_source,
)
from visual_navsat.ros.launch_values import existing_file

_SETTINGS = {
    'autopilot': 'ardupilot or px4',
    'connect': 'udp:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or /dev/NAME,BAUD',
    'telemetry': 'What tells motion and state: mavlink, px4, mavros or none',
    'way': 'Message of the positions',
    'loop': 'off sends no position; open sends GNSS; closed sends the fixes',
    'motion': 'What carries the fixes: autopilot or odometry',
}


def bridge_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of the launch file."""
    return [
        *(argument(name, '', f'{text}; empty: params_file') for name, text in _SETTINGS.items()),
        argument('fix_topic', 'localizer/fix', 'Fixes of single images'),
        argument('odom_topic', 'odom', 'Odometry, used with motion:=odometry'),
        *node_arguments('autopilot_bridge.yaml'),
    ]


def bridge_options(context: LaunchContext) -> dict[str, Any]:
    """
    Return the arguments of the launch action Node that is the bridge.

    :raises ConfigError: if a launch argument makes no sense.
    """
    given = given_in(context)
    settings = {name: given(name) for name in _SETTINGS if given(name)}
    return {
        'package': 'visual_navsat',
        'executable': 'autopilot_bridge',
        'name': 'autopilot_bridge',
        'namespace': given('namespace'),
        'output': 'screen',
        'parameters': [
            existing_file('params_file', given('params_file')),
            # "off" would be taken for a boolean.
            {name: ParameterValue(value, value_type=str) for name, value in settings.items()}
            | time_source(given),
        ],
        'remappings': [('localizer/fix', given('fix_topic')), ('odom', given('odom_topic'))],
        'ros_arguments': log_level_of('autopilot_bridge', given),
        'on_exit': end_if_failed,
    }
