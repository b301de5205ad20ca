# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A real localizer process, and a ROS node that talks to it."""

from __future__ import annotations

import array
from collections.abc import Sequence
from contextlib import contextmanager
import itertools
from pathlib import Path
import time

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from lifecycle_msgs.srv import GetState
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from ros_peer import RosPeer, TIMEOUT_S
from sensor_msgs.msg import (
    CompressedImage,
    Image,
    NavSatFix,
    PointCloud2,
    PointField,
)
from visual_navsat.ros.domain import reserve_domain_id
from visual_navsat.ros.node_process import LocalizerProcess
from visual_navsat.ros.sensor_inputs import SENSORS

CLOUD_TYPES = {PointField.UINT32: '<u4', PointField.FLOAT32: '<f4', PointField.FLOAT64: '<f8'}


def read_cloud(cloud: PointCloud2) -> np.ndarray:
    """Return the points of a cloud, one record each with the names of its fields."""
    point = np.dtype(
        {
            'names': [field.name for field in cloud.fields],
            'formats': [CLOUD_TYPES[field.datatype] for field in cloud.fields],
            'offsets': [field.offset for field in cloud.fields],
            'itemsize': cloud.point_step,
        }
    )
    return np.frombuffer(bytes(cloud.data), point)


def wait_for(condition, what: str):
    """Return the first truthy value of ``condition()``; fail when there is none in time."""
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    pytest.fail(f'no {what} within {TIMEOUT_S:.0f} s')


class TestedLocalizer(LocalizerProcess):
    """The node in a process of its own, in a domain of its own."""

    def __init__(self, folder: Path, *parameters: str, program: Sequence[str] = ()) -> None:
        """
        Start it.

        :param parameters: such as ``node.gsd_m_per_px:=0.5``.
        :param program: what Python runs instead of the node's module.
        """
        self.domain_id = reserve_domain_id()
        self.program = tuple(program) or LocalizerProcess.program
        environment = {
            'ROS_DOMAIN_ID': str(self.domain_id),
            'ROS_LOG_DIR': str(folder),
            'OMP_NUM_THREADS': '1',
        }
        split = (parameter.partition(':=') for parameter in parameters)
        values = {name: value for name, _, value in split}
        super().__init__(values, folder / 'log.txt', environment=environment)

    def shared_memory(self) -> set[Path]:
        """Return the segments of DDS in /dev/shm that are its own or its peer's."""
        lines = Path(f'/proc/{self.pid}/maps').read_text().splitlines()
        paths = {Path(line.split()[-1]) for line in lines if '/dev/shm/fast' in line}
        return {path for path in paths if 'port' not in path.name}  # ports are everybody's

    def exit_code(self) -> int:
        return self._process.wait(TIMEOUT_S)


class Peer(RosPeer):
    """A ROS node of the test, spinning in a thread, that collects what the localizer says."""

    def __init__(self, domain_id: int) -> None:
        super().__init__(domain_id)
        self.fixes: list[NavSatFix] = []
        self.tracked: list[NavSatFix] = []
        self.poses: list[PoseWithCovarianceStamped] = []
        self.odometry: list[Odometry] = []
        self.clouds: list[PointCloud2] = []
        self._statuses: list[tuple[float, object]] = []
        self._clients = {}
        self.node.create_subscription(NavSatFix, '/localizer/fix', self.fixes.append, 10)
        self.node.create_subscription(NavSatFix, '/localizer/fix_tracked', self.tracked.append, 10)
        self.node.create_subscription(
            PoseWithCovarianceStamped, '/localizer/pose', self.poses.append, 10
        )
        self.node.create_subscription(Odometry, '/localizer/odometry', self.odometry.append, 10)
        self.node.create_subscription(PointCloud2, '/localizer/candidates', self.clouds.append, 10)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self.images = self.node.create_publisher(Image, '/image', 10)
        self.compressed = self.node.create_publisher(CompressedImage, '/image/compressed', 10)
        # All before the localizer subscribes: what is published on a new match may get lost.
        self._sensors = {
            topic: self.node.create_publisher(kind, f'/{topic}', 10)
            for topic, kind in SENSORS.items()
        }
        self.spin()

    def wait_until_active(self) -> None:
        wait_for(
            lambda: self.images.get_subscription_count() and self.status_since(0),
            'active localizer',
        )

    def status_since(self, moment: float):
        """Return the newest DiagnosticStatus that arrived after ``time.monotonic() == moment``."""
        return next((s for at, s in reversed(list(self._statuses)) if at > moment), None)

    def wait_for_status(self, condition, what: str):
        """Return the values of the next status that fulfils ``condition(status, values)``."""
        start = time.monotonic()

        def matching():
            status = self.status_since(start)
            values = {} if status is None else {v.key: v.value for v in status.values}
            return values if status is not None and condition(status, values) else None

        return wait_for(matching, what)

    def wait_for_fix(self, message):
        """Return the fix with the stamp of an image message."""
        return self.wait_for_answer(self.fixes, message)

    @staticmethod
    def wait_for_answer(answers: list, message):
        """Return which of the answers that arrive has the stamp of an image message."""
        return wait_for(
            lambda: next((a for a in answers if a.header.stamp == message.header.stamp), None),
            'answer with the stamp of the image',
        )

    def send(self, **messages) -> None:
        """Publish on each named topic, and wait until the localizer has heard it."""
        for topic, message in messages.items():
            wait_for(self._sensors[topic].get_subscription_count, f'subscriber of {topic}')
            self._sensors[topic].publish(message)
        self.wait_until_heard()

    def wait_until_heard(self) -> None:
        """Return when the localizer has taken what was published: two topics keep no order."""
        # Requests come by the way that messages come, and are answered after them.
        self.call(GetState, 'get_state')

    def call(self, kind, name: str, **fields):
        """Call a service of the localizer and return its response."""
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, f'/localizer/{name}')
        assert self._clients[name].wait_for_service(TIMEOUT_S), f'no service {name}'
        future = self._clients[name].call_async(kind.Request(**fields))
        return wait_for(lambda: future.result() if future.done() else None, f'answer of {name}')

    def _on_diagnostics(self, message) -> None:
        self._statuses += [(time.monotonic(), status) for status in message.status]


@contextmanager
def start_localizer(folder: Path, *parameters: str, program: Sequence[str] = ()):
    """Yield a localizer with these ROS parameters (``name:=value``) and a peer to talk to it."""
    process = TestedLocalizer(folder, *parameters, program=program)
    peer = Peer(process.domain_id)
    try:
        yield process, peer
    finally:
        peer.close()
        process.stop()


_stamps = itertools.count(1_700_000_000)


def make_image_message(rgb: np.ndarray, *, stamp_s: int | None = None, frame_id: str = 'camera'):
    """Return an rgb8 Image; each is a second newer than the one before unless told."""
    height, width = rgb.shape[:2]
    message = Image(encoding='rgb8', height=height, width=width, step=3 * width)
    message.header.stamp.sec = next(_stamps) if stamp_s is None else stamp_s
    message.header.frame_id = frame_id
    message.data = array.array('B', rgb.tobytes())
    return message
