# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What ends the launch of a replay: the bag's end, its player's death, or RViz closed after it."""

from __future__ import annotations

import sys
from typing import Any

from launch import LaunchContext
from launch.actions import ExecuteProcess, LogInfo, Shutdown
from launch.conditions import IfCondition
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from visual_navsat.errors import VisualNavsatError


class ReplayEnding:
    """Handlers for the exits of the player and of RViz, which is open if ``rviz`` is true."""

    def __init__(self) -> None:
        self._has_bag_ended = False
        self._is_rviz_closed = False

    def on_player_exit(self, event: ProcessExited, context: LaunchContext) -> list[Any]:
        """
        Leave RViz open after the bag; without it, end once the last image has its answer.

        :raises VisualNavsatError: if the player has failed, which is how a launch gets an exit
            code.
        """
        if context.is_shutdown:
            return []
        if event.returncode != 0:
            bag = LaunchConfiguration('bag').perform(context)
            raise VisualNavsatError(
                f'ros2 bag play of {bag} ended with code {event.returncode}; its last lines above '
                'say why'
            )
        self._has_bag_ended = True
        is_rviz_asked_for = IfCondition(LaunchConfiguration('rviz')).evaluate(context)
        if is_rviz_asked_for and not self._is_rviz_closed:
            return [LogInfo(msg='the bag has ended; close RViz or press Ctrl-C to end')]
        return [_end_after_last_answer()]

    def on_rviz_exit(self, _: ProcessExited, context: LaunchContext) -> list[Any]:
        """End if the bag has ended; before that, RViz is not needed."""
        self._is_rviz_closed = True
        if context.is_shutdown or not self._has_bag_ended:
            return []
        return [_end_after_last_answer()]


def _end_after_last_answer() -> ExecuteProcess:
    """Return what ends the launch once the localizer has answered the last image."""
    return ExecuteProcess(
        cmd=[sys.executable, '-m', 'visual_navsat.ros.last_answer'],
        output='screen',
        on_exit=Shutdown(reason='the bag has ended'),
    )
