# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A camera and sensors that send good messages, and malformed ones between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
import random
import time
from typing import Any

from bench.fire.calls import Caller
from bench.fire.compressed_images import COMPRESSED
from bench.fire.raw_images import RAW
from bench.fire.scene import Scene, Shot
from bench.fire.sensors import FAULTS
from bench.fire.watch import Vitals, Watch
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image, NavSatFix
from std_msgs.msg import Float64
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.messages.sensors import stamp_ns
from visual_navsat.ros.localizer_client import LocalizerClient
from visual_navsat.ros.qos import RELIABLE
from visual_navsat.ros.sensor_inputs import SENSORS

RATE_HZ = 30.0
FALSE_M = 50.0
# Each image that the node took ends in exactly one of these.
FATES = (
    *('fixes', 'no_fixes', 'images_dropped', 'images_stale', 'images_abandoned'),
    'images_unanswered',
)
_ANSWERS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)


@dataclass
class Volley:
    """What was sent in a stretch of time, and what came of it."""

    kinds: Counter[str] = field(default_factory=Counter)  # malformed messages
    num_images: int = 0  # that are a message at all
    good: dict[int, int] = field(default_factory=dict)  # time of sending by stamp, nanoseconds
    latencies_ms: list[float] = field(default_factory=list)  # of good images that were answered
    num_fixes: int = 0  # of them
    num_false: int = 0
    counters: dict[str, int] = field(default_factory=dict)  # of the node, over this volley
    vitals: list[Vitals] = field(default_factory=list)  # once a second

    @property
    def num_lost(self) -> int:
        """How many images the node never took: replaced by the next before it looked."""
        return self.num_images - self.counters['images_received']

    @property
    def num_unaccounted(self) -> int:
        """How many images the node took and neither answered nor counted."""
        return self.counters['images_received'] - sum(self.counters[fate] for fate in FATES)


class Gunner(LocalizerClient):
    """A ROS node beside the localizer under fire."""

    def __init__(self, domain_id: int, scene: Scene, rng: random.Random) -> None:
        super().__init__('gunner', domain_id)
        self._scene, self._rng = scene, rng
        self._images = {
            'raw': self._node.create_publisher(Image, '/image', RELIABLE),
            'compressed': self._node.create_publisher(CompressedImage, '/image/compressed', 10),
        }
        self._sensors = {
            topic: self._node.create_publisher(kind, f'/{topic}', RELIABLE)
            for topic, kind in SENSORS.items()
        }
        self._node.create_subscription(NavSatFix, '/localizer/fix', self._on_fix, _ANSWERS)
        self.caller = Caller(self._node)
        self._volley = Volley()

    def is_heard(self, transport: str) -> bool:
        """Return whether the localizer listens to the images and to the sensors."""
        publishers = [self._images[transport], *self._sensors.values()]
        return all(publisher.get_subscription_count() for publisher in publishers)

    def wait_until(self, condition: Any, timeout_s: float) -> bool:
        """Return True once a condition holds, False if it does not within the timeout."""
        return self._spin_until(condition, timeout_s)

    def wait_for(self, future: Any, timeout_s: float = 60.0) -> bool:
        """Return whether a future is done within the timeout."""
        return self._spin_until(future.done, timeout_s)

    def diagnosis(self) -> dict[str, str]:
        """Return what the localizer says of itself now."""
        heard = self._num_diagnoses
        self._spin_until(lambda: self._num_diagnoses >= heard + 2, 10.0)
        return self._diagnosis

    def answer_one(self, transport: str, timeout_s: float = 30.0) -> bool:
        """Send good images until one is answered; return whether one was in time."""
        answered = len(self._volley.latencies_ms)

        def is_answered() -> bool:
            return len(self._volley.latencies_ms) > answered

        end = time.monotonic() + timeout_s
        while not is_answered() and time.monotonic() < end:
            self._send_good(transport)
            self._spin_until(is_answered, 0.5)
        return is_answered()

    def fire(self, seconds: float, transport: str, is_fire: bool, pid: int) -> Volley:
        """
        Send at 30 Hz: two good images, then a malformed one, or a pause where there is no fire.

        :param pid: of the localizer, which is watched meanwhile.
        """
        self._volley = volley = Volley()
        self.wait_until_idle()
        before, watch = self._fates(), Watch(pid)
        due = time.monotonic()
        for slot in range(round(seconds * RATE_HZ)):
            # A camera that is late sends no burst, of which the node would see the last only.
            due = max(due + 1 / RATE_HZ, time.monotonic() + 0.5 / RATE_HZ)
            while (left := due - time.monotonic()) > 0:
                self._executor.spin_once(timeout_sec=left)
            if slot % 3 < 2:
                self._send_good(transport)
            elif is_fire:
                self._send_malformed(transport)
            if slot % 10 == 0:
                self.caller.sense()
            watch.look()
        self.wait_until_idle()
        after = self._fates()
        volley.vitals = watch.samples
        volley.counters = {name: after[name] - before[name] for name in after}
        return volley

    def _fates(self) -> dict[str, int]:
        values = self.diagnosis()
        return {name: int(values[name]) for name in ('images_received', 'query_errors', *FATES)}

    def _send_good(self, transport: str) -> None:
        self._sensors['heading'].publish(Float64(data=self._scene.heading_deg))
        self._sensors['altitude'].publish(Float64(data=self._scene.height_agl_m))
        self._sensors['camera_info'].publish(self._scene.camera_info())
        now_ns = time.time_ns()
        make = self._scene.image if transport == 'raw' else self._scene.compressed
        message = make(now_ns)
        self._volley.good[now_ns] = time.time_ns()
        self._volley.num_images += 1
        self._images[transport].publish(message)

    def _send_malformed(self, transport: str) -> None:
        """Send one malformed image and one malformed measurement; at times a senseless call."""
        shot = Shot(self._scene, time.time_ns(), self._rng)
        name, make = self._rng.choice(list((RAW if transport == 'raw' else COMPRESSED).items()))
        message = make(shot)
        self._volley.kinds[name] += 1
        self._volley.num_images += not isinstance(message, bytes)
        self._images[transport].publish(message)
        name, (topic, make) = self._rng.choice(list(FAULTS.items()))
        self._volley.kinds[name] += 1
        self._sensors[topic].publish(make(shot))
        if self._rng.random() < 0.1:
            self.caller.nonsense()

    def _on_fix(self, fix: NavSatFix) -> None:
        sent_ns = self._volley.good.get(stamp_ns(fix))
        if sent_ns is None:
            return
        self._volley.latencies_ms.append((time.time_ns() - sent_ns) / 1e6)
        if fix.status.status >= 0:
            scene = self._scene
            error_m = distance_m(fix.latitude, fix.longitude, scene.latitude, scene.longitude)
            self._volley.num_fixes += 1
            self._volley.num_false += bool(error_m > FALSE_M)
