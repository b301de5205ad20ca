# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The topics on which images come: raw or compressed, never both at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image
from visual_navsat.ros.qos import subscribe

NEWEST_ONLY = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
TOPICS = {'raw': (Image, 'image'), 'compressed': (CompressedImage, 'image/compressed')}


def transports(setting: str) -> tuple[str, ...]:
    """Return what ``node.image_transport`` allows."""
    return tuple(TOPICS) if setting == 'auto' else (setting,)


def image_topic_names(node: Node, setting: str) -> str:
    """Return for people where images are expected."""
    return ' or '.join(node.resolve_topic_name(TOPICS[name][1]) for name in transports(setting))


class ImageTopics:
    """
    Subscriptions to the allowed transports, until one of them delivers: then to that one only.

    A camera that publishes both is not asked for the other any more, so it need not compress.
    """

    def __init__(
        self,
        node: Node,
        setting: str,
        take: Callable[[Image | CompressedImage], None],
        note_lost: Callable[[int], None],
    ) -> None:
        """
        Start listening.

        :param setting: ``node.image_transport``.
        :param note_lost: is given how many images were lost on their way.
        :raises ConfigError: if an override of the quality of service makes no sense.
        """
        self._node, self._allowed = node, transports(setting)
        self._take, self._note_lost = take, note_lost
        self.subscriptions: dict[str, Subscription] = {}  # by transport
        self.listen_to_all()

    def listen_to_all(self) -> None:
        """Take whichever of the allowed transports delivers next."""
        for name in self._allowed:
            if name not in self.subscriptions:
                kind, topic = TOPICS[name]
                take = partial(self._on_message, name)
                self.subscriptions[name] = subscribe(
                    self._node, kind, topic, take, NEWEST_ONLY, self._note_lost
                )

    def close(self) -> None:
        """Stop listening."""
        for name in list(self.subscriptions):
            self._drop(name)

    def _on_message(self, transport: str, message: Image | CompressedImage) -> None:
        if transport not in self.subscriptions:
            return  # it was under way when the other transport delivered
        for other in self.subscriptions.keys() - {transport}:
            self._drop(other)
        self._take(message)

    def _drop(self, transport: str) -> None:
        self._node.destroy_subscription(self.subscriptions.pop(transport))
