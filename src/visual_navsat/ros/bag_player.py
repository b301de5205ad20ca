# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Play a bag to a running localizer with /clock, as ros2 bag play would, and keep its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
import importlib
import math
import time
from typing import Any

import numpy as np
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, NavSatFix, PointCloud2
from visual_navsat.errors import MissingDependencyError, VisualNavsatError
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.messages.sensors import stamp_ns
from visual_navsat.replay.bag import Bag
from visual_navsat.replay.bag_topics import TRUTH
from visual_navsat.ros.localizer_client import LocalizerClient
from visual_navsat.ros.qos import RELIABLE

# As tf2 listens to it.
_QOS = {'tf_static': QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)}
_ANSWERS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
_CLOCK_PERIOD_S = 0.01
_LEAD_S = 1.0  # until the node has the clock of the bag and every connection carries messages
_QUIET_S = 5.0  # after this long without an answer of a node that is idle, none is to come
_COUNTERS = (
    *('images_received', 'images_dropped', 'images_stale', 'images_refused'),
    'query_errors',
)


@dataclass
class PlayedImage:
    """An image that was published, and the messages that came back with its stamp."""

    name: str  # as Bag.events has it
    published_at: float  # on the monotonic clock
    fix: NavSatFix | None = None
    tracked: NavSatFix | None = None
    candidates: PointCloud2 | None = None
    answered_ns: int | None = None  # on /clock
    seconds: float = math.nan  # of real time from publishing to the last message


@dataclass
class Played:
    """What was published, and what came back."""

    num_published: int = 0  # images
    images: dict[int, PlayedImage] = field(default_factory=dict)  # by stamp, nanoseconds
    counters: dict[str, int] = field(default_factory=dict)  # of the node, over this bag

    @property
    def lost(self) -> int:
        """How many images the node never received."""
        return self.num_published - self.counters['images_received']


class BagPlayer(LocalizerClient):
    """A ROS node that is the camera, the sensors, the clock and the ground station."""

    def __init__(self, bag: Bag, domain_id: int, camera: CameraModel | None = None) -> None:
        """
        Advertise the bag's topics; the node subscribes to them when it is active.

        :param bag: an open one; its truth is not played.
        :param camera: published once on ``camera_info``, for a bag without that topic.
        """
        super().__init__('bag_player', domain_id)
        self._bag = bag
        self._clock = self._node.create_publisher(Clock, '/clock', RELIABLE)
        self._publishers: dict[str, Any] = {
            role: self._node.create_publisher(
                _message_class(kind), bag.topics[role], _QOS.get(role, RELIABLE)
            )
            for role, kind in bag.types.items()
            if role != TRUTH
        }
        self._camera_info = None
        if camera is not None:
            self._camera_info = _camera_info(camera)
            self._publishers['camera_info'] = self._node.create_publisher(
                CameraInfo, 'camera_info', RELIABLE
            )
        self._played = Played()
        self._now_ns = 0  # on /clock
        for kind, topic, name in (
            (NavSatFix, 'fix', 'fix'),
            (NavSatFix, 'fix_tracked', 'tracked'),
            (PointCloud2, 'candidates', 'candidates'),
        ):
            keep = partial(self._keep, name)
            self._node.create_subscription(kind, f'/localizer/{topic}', keep, _ANSWERS)

    def wait_for_localizer(self, timeout_s: float, check_alive: Callable[[], None]) -> None:
        """
        Return when the localizer listens to every topic of the bag.

        :param check_alive: raises if waiting longer is pointless.
        :raises VisualNavsatError: if it does not within the timeout, or says that it cannot.
        """
        if not self._wait_until_ready(
            lambda: bool(self._diagnosis) and not self._unheard(), timeout_s, check_alive
        ):
            what = ', '.join(self._unheard()) or '/diagnostics'
            raise VisualNavsatError(
                f'no localizer listens to {what} after {timeout_s:.0f} s: is it active, are its '
                'inputs remapped to the topics of the bag, and is ROS_DOMAIN_ID the same?'
            )

    def play(self, rate: float, progress: Callable[[], object]) -> Played:
        """
        Publish the bag at its own pace and return what the node made of it.

        :param rate: times as fast as recorded.
        :param progress: called after each image.
        :raises RecordingError: if the bag is damaged.
        """
        before = self._counters_now()
        messages = self._bag.messages([r for r in self._bag.topics if r != TRUTH])
        first_ns, started = None, 0.0
        for role, arrival_ns, raw in messages:
            if first_ns is None:
                first_ns, started = arrival_ns, self._begin(arrival_ns)
            due = started + (arrival_ns - first_ns) / 1e9 / rate
            self._run_clock_until(due, first_ns, started, rate)
            self._publish_clock(arrival_ns)
            if role == 'image':
                self._note_image(raw)
                progress()
            self._publishers[role].publish(self._bag.ros2_bytes(role, raw))
        if first_ns is not None:
            self._wait_for_answers(first_ns, started, rate)
        after = self._counters_now()
        counted = {name: after[name] - before[name] for name in _COUNTERS}
        self._played.counters.update(counted)
        return self._played

    def _begin(self, first_ns: int) -> float:
        """Let the node take the bag's clock; return when the first message is due."""
        started = time.monotonic() + _LEAD_S
        self._run_clock_until(started, first_ns, started, 1.0)
        if self._camera_info is not None:
            self._publishers['camera_info'].publish(self._camera_info)
            self.rest(0.1)  # two topics keep no order between them
            started = time.monotonic()
        return started

    def _note_image(self, raw: bytes) -> None:
        stamp = stamp_ns(self._bag.decode('image', raw))
        self._played.num_published += 1
        name = f'image_{self._played.num_published:06d}'
        self._played.images[stamp] = PlayedImage(name, time.monotonic())

    def _wait_for_answers(self, first_ns: int, started: float, rate: float) -> None:
        """Let the clock run on until every image has its answer or nothing more comes."""
        missing, last = -1, time.monotonic()
        while count := sum(image.tracked is None for image in self._played.images.values()):
            if count != missing:
                missing, last = count, time.monotonic()
            if time.monotonic() - last > _QUIET_S and not self._is_busy:
                return
            self._run_clock_until(time.monotonic() + 0.1, first_ns, started, rate)

    def _run_clock_until(self, due: float, first_ns: int, started: float, rate: float) -> None:
        while (now := time.monotonic()) < due:
            self._publish_clock(first_ns + round((now - started) * 1e9 * rate))
            self._executor.spin_once(timeout_sec=min(_CLOCK_PERIOD_S, due - now))

    def _publish_clock(self, now_ns: int) -> None:
        self._now_ns = max(now_ns, self._now_ns)  # a clock that jumps back resets filters
        self._clock.publish(Clock(clock=Time(nanoseconds=max(self._now_ns, 0)).to_msg()))

    def _keep(self, name: str, message: Any) -> None:
        """Keep a message as an attribute of the image that it answers."""
        image = self._played.images.get(stamp_ns(message))
        if image is None:
            return  # somebody else published that image
        setattr(image, name, message)
        image.answered_ns = self._now_ns
        image.seconds = time.monotonic() - image.published_at

    def _unheard(self) -> list[str]:
        return [
            publisher.topic_name
            for publisher in self._publishers.values()
            if publisher.get_subscription_count() == 0
        ]

    def _counters_now(self) -> dict[str, int]:
        """Return the node's counters, from diagnostics that are made after this call."""
        self._hear_anew()
        return {name: int(self._diagnosis[name]) for name in _COUNTERS}


def _message_class(kind: str) -> type:
    """Return the class of a type such as ``sensor_msgs/msg/Image``."""
    package, _, name = kind.split('/')
    try:
        return getattr(importlib.import_module(f'{package}.msg'), name)
    except ImportError as error:
        raise MissingDependencyError(
            f'--ros needs {package} to play {kind}: install that package of your ROS distribution'
        ) from error


def _camera_info(camera: CameraModel) -> CameraInfo:
    """Return an ideal camera as a message; an empty distortion model means rectified images."""
    message = CameraInfo(width=camera.width, height=camera.height)
    message.k = camera.matrix.ravel()
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = np.insert(camera.matrix, 3, 0.0, axis=1).ravel()
    return message
