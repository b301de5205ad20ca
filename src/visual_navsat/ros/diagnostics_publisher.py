# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The node's health on /diagnostics, once a second whatever the node is busy with."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from std_msgs.msg import Header
from visual_navsat.config import NodeConfig
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.diagnostics_thread import DiagnosticsThread
from visual_navsat.ros.hardware import hardware_name
from visual_navsat.ros.image_topics import image_topic_names
from visual_navsat.ros.outputs import RELIABLE


class DiagnosticsPublisher:
    """Publish a NodeHealth under the node's full name, so that two vehicles are told apart."""

    def __init__(
        self,
        node: Node,
        health: NodeHealth,
        read_config: Callable[[], NodeConfig],
        note_facts: Callable[[float], None],
    ) -> None:
        """
        Start publishing.

        :param read_config: returns the settings as of now.
        :param note_facts: is called with the time in seconds before the health is read.
        """
        self._node, self._health = node, health
        self._read_config, self._note_facts = read_config, note_facts
        # As diagnostic_updater writes it, and without the slash that its aggregator splits at.
        self._name = f'{node.get_fully_qualified_name().lstrip("/")}: localization'
        self._hardware_name = hardware_name()
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', RELIABLE)
        self._thread = DiagnosticsThread(self._publish)

    def stop(self) -> None:
        """End the thread; nothing is published once this returns."""
        self._thread.stop()

    def _publish(self) -> None:
        now = self._node.get_clock().now()
        self._note_facts(now.nanoseconds / 1e9)
        config = self._read_config()
        topics = image_topic_names(self._node, config.image_transport)
        status = self._health.status(self._name, topics)
        status.hardware_id = config.hardware_id or self._hardware_name
        message = DiagnosticArray(header=Header(stamp=now.to_msg()), status=[status])
        try:
            self._publisher.publish(message)
        except Exception:
            if self._node.context.ok():
                raise  # else it met the shutdown
