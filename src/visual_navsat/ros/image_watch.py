# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Notice that images do not come, or are lost on their way, and say why."""

from __future__ import annotations

from collections.abc import Callable
import time

from rclpy.node import Node
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.image_silence import explain_silence, remedy_for_large_images
from visual_navsat.ros.image_topics import ImageTopics

SILENCE_S = 3.0  # without an image
_FEWEST_LOST = 3  # in a period; a lost image now and then is nothing to worry about


class ImageWatch:
    """Is told of every image and of every loss, and asked regularly. For one thread."""

    def __init__(self, node: Node, health: NodeHealth, report: Callable[[str, str], None]) -> None:
        """:param report: is given a line about what is wrong, and with what."""
        self._node, self._health, self._report = node, health, report
        self._heard_at = time.monotonic()
        self._num_heard = self._num_lost = 0  # since the last check
        self._num_lost_in_silence = 0

    def note_image(self) -> None:
        """Note that an image has come."""
        self._heard_at, self._num_lost_in_silence = time.monotonic(), 0
        self._num_heard += 1
        self._health.silence = ''
        self._health.recover('silence')

    def note_lost(self, number: int) -> None:
        """Note that the middleware knows of images that did not reach us."""
        self._num_lost += number
        self._num_lost_in_silence += number
        self._health.count('images_lost', number)

    def check(self, topics: ImageTopics) -> None:
        """Say what is wrong since the last check; in a silence listen for other transports."""
        heard, self._num_heard = self._num_heard, 0
        lost, self._num_lost = self._num_lost, 0
        if time.monotonic() - self._heard_at >= SILENCE_S:
            self._explain(topics)
        elif lost > max(heard, _FEWEST_LOST):
            line = f'{lost} images were lost on their way, {heard} came: '
            self._report(line + remedy_for_large_images(), 'loss')
        elif heard:
            self._health.recover('loss')

    def _explain(self, topics: ImageTopics) -> None:
        topics.listen_to_all()
        reason = explain_silence(
            self._node, topics.subscriptions.values(), self._num_lost_in_silence > 0
        )
        if reason != self._health.silence:
            self._health.silence = reason
            self._report(f'no image: {reason}', 'silence')
