# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Start and stop the real ROS nodes as processes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
import signal
import subprocess
import sys

from visual_navsat.errors import VisualNavsatError
from visual_navsat.ros.domain import reserve_domain_id

_STOP_TIMEOUT_S = 15.0


class NodeProcess:
    """A node with its output in a log file."""

    program: Sequence[str]  # what Python is given

    def __init__(
        self,
        parameters: Mapping[str, str | float],
        log_file: Path,
        remappings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """
        Start the node.

        :param parameters: ROS parameters by their names, such as ``node.map``.
        :param remappings: other names for the node's topics, such as ``image``.
        :param environment: what differs from our own.
        """
        self.log_file = log_file
        command = [sys.executable, *self.program, '--ros-args']
        for name, value in parameters.items():
            command += ['-p', f'{name}:={value}']
        for name, topic in (remappings or {}).items():
            command += ['-r', f'{name}:={topic}']
        try:
            with log_file.open('w') as log:
                # A session of its own: Ctrl-C in the terminal comes to us, and we stop the node.
                self._process = subprocess.Popen(
                    command,
                    env={**os.environ, **(environment or {})},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            raise VisualNavsatError(f'cannot start the node: {error}') from error

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def log(self) -> str:
        """Return what it has written."""
        return self.log_file.read_text(encoding='utf-8', errors='replace')

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it has not ended."""
        self._process.send_signal(number)

    def check_alive(self) -> None:
        """Raise VisualNavsatError with the last line of its log if the node has ended."""
        code = self._process.poll()
        if code is not None:
            lines = self.log().split('\n')
            last = next((line for line in reversed(lines) if line.strip()), 'nothing')
            raise VisualNavsatError(
                f'the node ended with exit code {code}; the end of {self.log_file} says: {last}'
            )

    def stop(self) -> int:
        """Send SIGINT as a terminal would, wait, and return the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class LocalizerProcess(NodeProcess):
    """The node ``localizer``."""

    program = ('-m', 'visual_navsat.ros.localizer_node')


class BridgeProcess(NodeProcess):
    """The node ``autopilot_bridge``."""

    program = ('-m', 'visual_navsat.ros.bridge_node')


def keep_ros_on_this_machine() -> int:
    """Let neither us nor the node be heard elsewhere; return the domain that both use."""
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    if 'ROS_DOMAIN_ID' not in os.environ:
        os.environ['ROS_DOMAIN_ID'] = str(reserve_domain_id())
    return int(os.environ['ROS_DOMAIN_ID'])
