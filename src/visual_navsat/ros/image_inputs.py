# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Subscribe to the camera while the node is active, and hand the newest image on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image
from visual_navsat.messages.sensors import checked_stamp_ns
from visual_navsat.ros.conversions import rgb_from_message
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.gimbal_tf import GimbalTf
from visual_navsat.ros.guard import Guard
from visual_navsat.ros.image_topics import ImageTopics
from visual_navsat.ros.image_watch import ImageWatch
from visual_navsat.tracking.stamp_order import StampOrder, StampVerdict
from visual_navsat.tracking.timed_image import TimedImage

_CHECK_PERIOD_S = 1.0


class ImageInputs:
    """
    The camera's images, each once and in the order of their stamps.

    Everything here runs on the executor's thread.
    """

    def __init__(
        self,
        node: Node,
        transport: str,
        stamps: StampOrder,
        gimbal: GimbalTf | None,
        submit: Callable[[TimedImage], bool],
        health: NodeHealth,
        report: Callable[[str, str], None],
        guard: Guard,
    ) -> None:
        """
        Start listening, which makes the camera send.

        :param transport: ``node.image_transport``.
        :param gimbal: knows the mount of a moving camera.
        :param submit: takes an image; returns whether it displaced one that was still waiting.
        :param report: is given a line about what is wrong, and with what.
        :raises ConfigError: if an override of the quality of service makes no sense.
        """
        self._node, self._stamps, self._gimbal, self._submit = node, stamps, gimbal, submit
        self._health, self._report = health, report
        self._take = guard.wrap(self._take_image, self._refuse)
        self._watch = ImageWatch(node, health, report)
        self._topics = ImageTopics(node, transport, self._on_image, self._watch.note_lost)
        # Simulated time stands still without /clock.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        look = partial(self._watch.check, self._topics)
        check = guard.wrap(look, lambda line: report(line, 'silence'))
        self._timer = node.create_timer(_CHECK_PERIOD_S, check, clock=steady)

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_timer(self._timer)
        self._topics.close()
        self._health.silence = ''

    def _on_image(self, message: Image | CompressedImage) -> None:
        self._watch.note_image()
        if not self._health.enabled:
            return
        self._health.count('images_received')
        self._take(message)

    def _refuse(self, reason: str) -> None:
        self._health.count('images_refused')
        self._health.count('images_unanswered')
        self._report(f'{reason}; refused', 'image')

    def _take_image(self, message: Image | CompressedImage) -> None:
        stamp, frame_id = checked_stamp_ns(message, 'image'), message.header.frame_id
        mount = None
        if self._gimbal is not None:
            # Asked by the worker: it may wait for TF, and this thread must not.
            mount = partial(self._gimbal.body_from_camera, stamp, frame_id)
        image = TimedImage(
            name='',
            stamp_ns=stamp,
            arrival_ns=self._node.get_clock().now().nanoseconds,
            read=cache(partial(rgb_from_message, message)),
            frame_id=frame_id,
            body_from_camera=mount,
        )
        if not self._is_stale(image.stamp_ns) and self._submit(image):
            self._health.count('images_dropped')

    def _is_stale(self, image_ns: int) -> bool:
        last_ns = self._stamps.last_ns
        verdict = self._stamps.judge(image_ns)
        if verdict is StampVerdict.NEXT or last_ns is None:
            self._health.recover('stamps')
            return False
        line = f'image stamp {image_ns / 1e9:.3f} s is not after the last, {last_ns / 1e9:.3f} s: '
        if verdict is StampVerdict.STALE:
            self._health.count('images_stale')
            remedy = 'publish each image once, with the time that it was taken'
            self._report(f'{line}dropped; {remedy}', 'stamps')
            return True
        self._health.count('stamp_restarts')
        self._report(line + 'taken as a new sequence, as when a bag starts again', 'stamps')
        return False
