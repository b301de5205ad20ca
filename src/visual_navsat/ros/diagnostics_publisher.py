# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A node's status on /diagnostics, once a second whatever the node is busy with."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from std_msgs.msg import Header
from visual_navsat.ros.diagnostics_thread import DiagnosticsThread
from visual_navsat.ros.hardware import hardware_name
from visual_navsat.ros.qos import RELIABLE


class DiagnosticsPublisher:
    """Publish a status under the node's full name, so that two vehicles are told apart."""

    def __init__(
        self,
        node: Node,
        task: str,
        read_status: Callable[[str, int], DiagnosticStatus],
        read_hardware_id: Callable[[], str],
    ) -> None:
        """
        Start publishing.

        :param task: what the status is about, in a word.
        :param read_status: is given its name and the time in nanoseconds.
        :param read_hardware_id: returns an empty string for that of the machine.
        """
        self._node = node
        # As diagnostic_updater writes it, and without the slash that its aggregator splits at.
        self._name = f'{node.get_fully_qualified_name().lstrip("/")}: {task}'
        self._read_status, self._read_hardware_id = read_status, read_hardware_id
        self._hardware_name = hardware_name()
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', RELIABLE)
        self._thread = DiagnosticsThread(self._publish)

    def stop(self) -> None:
        """End the thread; nothing is published once this returns."""
        self._thread.stop()

    def _publish(self) -> None:
        now = self._node.get_clock().now()
        status = self._read_status(self._name, now.nanoseconds)
        status.hardware_id = self._read_hardware_id() or self._hardware_name
        message = DiagnosticArray(header=Header(stamp=now.to_msg()), status=[status])
        try:
            self._publisher.publish(message)
        except Exception:
            if self._node.context.ok():
                raise  # else it met the shutdown
