# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The replay of a bag in a launch file: the player, RViz, and what ends them all."""

from __future__ import annotations

from pathlib import Path
import sys
from typing import Any

from launch import LaunchContext
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    LogInfo,
    RegisterEventHandler,
    Shutdown,
)
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
from launch_ros.substitutions import FindPackageShare
from visual_navsat.errors import ConfigError, VisualNavsatError
from visual_navsat.ros.launch_localizer import localizer_arguments, localizer_options
from visual_navsat.ros.launch_values import expand_home, truth


def replay_arguments() -> list[DeclareLaunchArgument]:
    """Return the arguments of the replay, and those of the localizer."""
    return [
        DeclareLaunchArgument('bag', description='rosbag2 folder'),
        DeclareLaunchArgument('rate', default_value='1.0', description='Times the real speed'),
        DeclareLaunchArgument('rviz', default_value='true', description='Open RViz'),
        *(argument for argument in localizer_arguments() if argument.name != 'use_sim_time'),
        DeclareLaunchArgument('use_sim_time', default_value='true', description="The bag's clock"),
    ]


class Replay:
    """One localizer, one player and, if it is asked for, one RViz."""

    def __init__(self, context: LaunchContext) -> None:
        """Read the launch arguments; raise ConfigError if one makes no sense."""
        bag, rviz = (LaunchConfiguration(name).perform(context) for name in ('bag', 'rviz'))
        self._bag = existing_bag(bag)
        self._has_rviz = truth('rviz', rviz)
        self._has_bag_ended = False
        self._localizer = LifecycleNode(**localizer_options(context))

    def actions(self) -> list[Any]:
        """Return what starts them; the bag waits for the localizer, which would miss its start."""
        play = ExecuteProcess(
            cmd=[
                *('ros2', 'bag', 'play', self._bag, '--clock', '100'),
                *('--rate', LaunchConfiguration('rate')),
            ],
            output='screen',
            on_exit=self._on_player_exit,
        )
        start = OnStateTransition(
            target_lifecycle_node=self._localizer, goal_state='active', entities=[play]
        )
        actions = [RegisterEventHandler(start), self._localizer]
        return [*actions, self._rviz()] if self._has_rviz else actions

    def _rviz(self) -> Node:
        config = [FindPackageShare('visual_navsat'), 'config', 'localizer.rviz']
        return Node(
            package='rviz2',
            executable='rviz2',
            arguments=['-d', PathJoinSubstitution(config)],
            parameters=[{'use_sim_time': True}],
            on_exit=self._on_rviz_exit,
        )

    def _on_player_exit(self, event: ProcessExited, context: LaunchContext) -> list[Any]:
        """
        Leave RViz open after the bag; without it, end once the last image has its answer.

        :raises VisualNavsatError: if the player has failed, which is how a launch gets an exit
            code.
        """
        if context.is_shutdown:
            return []
        if event.returncode != 0:
            raise VisualNavsatError(
                f'ros2 bag play of {self._bag} ended with code {event.returncode}; its last lines '
                'above say why'
            )
        self._has_bag_ended = True
        if self._has_rviz:
            return [LogInfo(msg='the bag has ended; close RViz or press Ctrl-C to end')]
        return [_end_after_last_answer()]

    def _on_rviz_exit(self, _: ProcessExited, context: LaunchContext) -> list[Any]:
        """End if the bag has ended; before that, RViz is not needed."""
        self._has_rviz = False
        if context.is_shutdown or not self._has_bag_ended:
            return []
        return [_end_after_last_answer()]


def existing_bag(bag: str) -> str:
    """Return the path of the bag, ``~`` expanded; raise ConfigError if there is none."""
    path = Path(expand_home(bag))
    if not path.exists():
        raise ConfigError(f'bag must name a bag of rosbag2, and {path} does not exist')
    return str(path)


def _end_after_last_answer() -> ExecuteProcess:
    """Return what ends the launch once the localizer has answered the last image."""
    return ExecuteProcess(
        cmd=[sys.executable, '-m', 'visual_navsat.ros.last_answer'],
        output='screen',
        on_exit=Shutdown(reason='the bag has ended'),
    )
