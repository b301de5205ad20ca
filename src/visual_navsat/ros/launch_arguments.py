# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the launch files of our nodes have in common: arguments, and how a launch ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from launch import LaunchContext
from launch.actions import DeclareLaunchArgument
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare
from visual_navsat.errors import VisualNavsatError
from visual_navsat.ros.launch_values import PARAMETERS, truth

LOG_LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')


def argument(name: str, default: Any, description: str, **options: Any) -> DeclareLaunchArgument:
    """Return a launch argument."""
    return DeclareLaunchArgument(name, default_value=default, description=description, **options)


def node_arguments(params_file: str) -> list[DeclareLaunchArgument]:
    """
    Return the arguments that every node takes.

    :param params_file: the file in config/ that holds its parameters.
    """
    share = FindPackageShare('visual_navsat')
    return [
        argument('namespace', '', 'Namespace of the node and of its relative topics'),
        argument('use_sim_time', '', 'true: the time comes from /clock; empty: params_file'),
        argument(
            'params_file',
            PathJoinSubstitution([share, 'config', params_file]),
            'YAML file of parameters, under /**',
        ),
        argument('log_level', 'info', 'Messages below it are not shown', choices=LOG_LEVELS),
    ]


def given_in(context: LaunchContext) -> Callable[[str], str]:
    """Return a function that returns the value of a launch argument."""
    return lambda name: LaunchConfiguration(name).perform(context)


def log_level_of(node_name: str, given: Callable[[str], str]) -> list[str]:
    """Return the ROS arguments that set a node's log level; rcl and DDS say much at debug."""
    logger = '.'.join([*given('namespace').strip('/').split('/'), node_name]).lstrip('.')
    return ['--log-level', f'{logger}:={given("log_level")}']


def time_source(given: Callable[[str], str]) -> dict[str, Any]:
    """Return the parameter of the argument ``use_sim_time``; none if it is empty."""
    value = given('use_sim_time')
    return {PARAMETERS['use_sim_time']: truth('use_sim_time', value)} if value else {}


def end_if_failed(event: ProcessExited, context: LaunchContext) -> None:
    """
    End the launch with an error code if a node could not start.

    One that a signal ended, or that was killed in flight, leaves the other nodes alone.

    :raises VisualNavsatError: which is how a launch gets an exit code.
    """
    if event.returncode > 0 and not context.is_shutdown:
        name = event.process_name.rpartition('-')[0]  # without the number that launch adds
        raise VisualNavsatError(
            f'the {name} ended with code {event.returncode}; its last lines above say why'
        )
