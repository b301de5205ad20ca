# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A topic that is looked at a few times a second instead of waking the node for each message."""

from __future__ import annotations

from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from visual_navsat.ros.qos import SENSOR_DATA, subscribe

_EACH = 10


class _NeverExecuted(CallbackGroup):
    """Keeps an executor from waiting for a subscription: somebody else takes its messages."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        pass


class PolledTopic:
    """
    Messages that wait in the middleware until they are taken, the newest always among them.

    An executor takes half a millisecond of CPU for each message, and to decode one a fifth: at
    50 Hz more than all that a bridge does with them.
    """

    def __init__(self, node: Node, kind: type, topic: str) -> None:
        """
        Subscribe.

        :raises ConfigError: if an override of the quality of service makes no sense.
        """
        self._kind = kind
        self._subscription = subscribe(
            node, kind, topic, _unused, SENSOR_DATA, raw=True, callback_group=_NeverExecuted()
        )

    def take(self) -> list[bytes]:
        """
        Return what has come since the last call, serialized, oldest first.

        Of many one in ten: what a vehicle does in between shows in the next.
        """
        waiting: list[bytes] = []
        with self._subscription.handle:
            while taken := self._subscription.handle.take_message(self._kind, True):
                waiting.append(taken[0])
        return waiting[::-_EACH][::-1]

    def decode(self, data: bytes) -> Any:
        """Return a message; raise what rclpy raises of one that is malformed."""
        return deserialize_message(data, self._kind)


def _unused(_: bytes) -> None:
    """Take nothing: an executor never calls it."""
