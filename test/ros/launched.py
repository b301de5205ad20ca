# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Our launch files, started by the real ``ros2 launch`` from a prefix that colcon would make."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path
import signal
import subprocess
import sys

from localizer_peer import TIMEOUT_S, wait_for
from visual_navsat.ros.domain import reserve_domain_id

ROOT = Path(__file__).resolve().parents[2]
_ROS2 = 'import sys; from ros2cli.cli import main; sys.argv[0] = "ros2"; sys.exit(main())'
# Says in which namespace it is, and what it was told. ekf_node itself is on no package index.
_FILTER = """
import rclpy
from rclpy.node import Node

rclpy.init()
node = Node('name_that_launch_replaces', automatically_declare_parameters_from_overrides=True)
topics = {name: node.get_parameter(name).value for name in ('odom0', 'odom1', 'imu0')}
topics = {name: node.resolve_topic_name(topic) for name, topic in topics.items()}
sim = node.get_parameter('use_sim_time').value
print(f'filter {node.get_fully_qualified_name()} {topics} {sim}', flush=True)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
"""


def install(prefix: Path) -> Path:
    """Make a prefix in which ROS finds our package, and a stand-in for robot_localization."""
    for package in ('visual_navsat', 'robot_localization'):
        index = prefix / 'share/ament_index/resource_index/packages'
        index.mkdir(parents=True, exist_ok=True)
        (index / package).touch()
    share = prefix / 'share/visual_navsat'
    for folder in ('launch', 'config'):
        (share / folder).mkdir(parents=True)
        for file in (ROOT / folder).iterdir():
            if file.is_file():
                (share / folder / file.name).symlink_to(file)
    for name, module in (('localizer', 'localizer_node'), ('autopilot_bridge', 'bridge_node')):
        program = f'from visual_navsat.ros.{module} import main\nraise SystemExit(main())\n'
        _write_program(prefix / 'lib/visual_navsat' / name, program)
    _write_program(prefix / 'lib/robot_localization/ekf_node', _FILTER)
    return prefix


def _write_program(path: Path, program: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!{sys.executable}\n{program}')
    path.chmod(0o755)


class Launch:
    """A running launch."""

    def __init__(
        self, folder: Path, file: str, *arguments: str, environment: Mapping[str, str] = {}
    ) -> None:
        self.domain_id = reserve_domain_id()
        self._log_file = folder / f'launch_{self.domain_id}.txt'
        prefix = folder / 'prefix'
        if not prefix.is_dir():
            install(prefix)
        prefixes = [str(prefix), *filter(None, [os.environ.get('AMENT_PREFIX_PATH')])]
        with self._log_file.open('w') as log:
            self.process = subprocess.Popen(
                [sys.executable, '-c', _ROS2, 'launch', 'visual_navsat', file, *arguments],
                env={
                    **os.environ,
                    'AMENT_PREFIX_PATH': os.pathsep.join(prefixes),
                    'ROS_DOMAIN_ID': str(self.domain_id),
                    'ROS_LOG_DIR': str(folder / 'log'),
                    'OMP_NUM_THREADS': '1',
                    **environment,
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Launch:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)

    def log(self) -> str:
        return self._log_file.read_text()

    def wait_for_line(self, words: str) -> str:
        """Return the first line with these words; fail if the launch ends before it says it."""

        def found() -> str | None:
            has_ended = self.process.poll() is not None
            line = next((line for line in self.log().splitlines() if words in line), None)
            assert line or not has_ended, f'no {words!r} in:\n{self.log()}'
            return line

        return wait_for(found, f'line with {words!r}')

    def exit_code(self) -> int:
        return self.process.wait(TIMEOUT_S)

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.exit_code()
