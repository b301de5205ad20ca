# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A ROS node beside the localizer: it publishes what the localizer needs and hears its answers."""

from __future__ import annotations

from collections.abc import Callable
import math
import time

from diagnostic_msgs.msg import DiagnosticArray
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from visual_navsat.errors import VisualNavsatError
from visual_navsat.ros.qos import RELIABLE

_SPIN_S = 0.05
_DIAGNOSTICS_TIMEOUT_S = 5.0  # for two, which come once a second


class LocalizerClient:
    """A node in a context of its own, which is spun only while something is waited for."""

    def __init__(self, name: str, domain_id: int, use_sim_time: bool = False) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain_id)
        clock = [Parameter('use_sim_time', value=use_sim_time)]
        self._node = Node(name, context=self._context, parameter_overrides=clock)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._diagnosis: dict[str, str] = {}  # the last one of the localizer
        self._num_diagnoses = 0
        self._heard_at = -math.inf  # the last one, on the monotonic clock
        self._node.create_subscription(
            DiagnosticArray, '/diagnostics', self._on_diagnostics, RELIABLE
        )

    def close(self) -> None:
        """Leave ROS."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def rest(self, seconds: float) -> None:
        """Wait, and go on listening."""
        self._spin_until(lambda: False, seconds)

    def wait_until_idle(self, discovery_s: float = 0.0) -> bool:
        """
        Return whether the localizer has answered all that was sent to it before.

        Waits as long as it works on an image, and goes on saying so.

        :param discovery_s: seconds in which it must be heard for the first time.
        """
        if not self._spin_until(lambda: bool(self._diagnosis), discovery_s):
            return False
        while self._hear_anew():
            if not self._is_busy:
                return True
        return False

    def _hear_anew(self) -> bool:
        """Wait for a diagnosis that was made after this call; return whether it came."""
        # The first that arrives may have been under way.
        enough = self._num_diagnoses + 2
        return self._spin_until(lambda: self._num_diagnoses >= enough, _DIAGNOSTICS_TIMEOUT_S)

    @property
    def _is_busy(self) -> bool:
        """Whether the localizer works on an image and has said so lately."""
        is_alive = time.monotonic() - self._heard_at < _DIAGNOSTICS_TIMEOUT_S
        return is_alive and self._diagnosis.get('busy') == 'true'

    def _spin_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Return True once the condition holds, False if it does not within the timeout."""
        end = time.monotonic() + timeout_s
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._executor.spin_once(timeout_sec=min(left, _SPIN_S))
        return True

    def _wait_until_ready(
        self, is_ready: Callable[[], bool], timeout_s: float, check_alive: Callable[[], None]
    ) -> bool:
        """
        Return whether the localizer was ready within the timeout.

        :param check_alive: raises if waiting longer is pointless.
        :raises VisualNavsatError: if the localizer says that it cannot start.
        """

        def is_ready_now() -> bool:
            check_alive()
            problem = self._diagnosis.get('last_problem')
            if problem and self._diagnosis.get('state') == 'unconfigured':
                raise VisualNavsatError(f'the node cannot start: {problem}')
            return is_ready()

        return self._spin_until(is_ready_now, timeout_s)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = {pair.key: pair.value for pair in status.values}
            if 'localizer' in status.name and 'images_received' in values:
                self._diagnosis = values
                self._num_diagnoses += 1
                self._heard_at = time.monotonic()
