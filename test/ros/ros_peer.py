# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A ROS node of a test, in a context of its own, that spins until it is closed."""

from __future__ import annotations

import threading

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

TIMEOUT_S = 60.0  # for whatever is waited for, on a machine that may be busy


class RosPeer:
    """What both peers share; a subclass makes its publishers and subscriptions, then spins."""

    def __init__(self, domain_id: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain_id)
        self.node = Node(f'peer_{domain_id}', context=self._context)

    def spin(self) -> None:
        """Begin to take messages, in a thread."""
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and the node."""
        self._executor.shutdown()
        self._thread.join(TIMEOUT_S)
        self.node.destroy_node()
        self._context.try_shutdown()
