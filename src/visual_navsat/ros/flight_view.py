# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Watch a flight in a thread: a node of its own beside localizer and bridge, and the computer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from visual_navsat.board import BoardMonitor
from visual_navsat.lives_within import LivesWithin
from visual_navsat.ros.flight_observer import FlightObserver
from visual_navsat.session.records import board_record, Record

_BOARD_S = 1.0


class FlightView(LivesWithin):
    """Subscribes within ``with``; whoever ends it, nobody else notices."""

    def __init__(self, take: Callable[[Record], None], namespace: str = '') -> None:
        """
        Join ROS in the domain of the environment.

        :param take: is given each record, in a thread of its own.
        :param namespace: of the nodes, such as ``/uav1``.
        """
        super().__init__('flight view')
        self._take = take
        self._context = Context()
        rclpy.init(context=self._context)
        self._node = Node('flight_view', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._observer = FlightObserver(self._node, take, namespace)
        self._board = BoardMonitor()
        self._node.create_timer(_BOARD_S, self._tell_board)

    def _wake(self) -> None:
        self._executor.shutdown()

    def _close(self) -> None:
        self._node.destroy_node()
        self._context.try_shutdown()

    def _live(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()

    def _tell_board(self) -> None:
        time_s = self._node.get_clock().now().nanoseconds / 1e9
        self._take(board_record(time_s, **self._board.read(time_s)))
