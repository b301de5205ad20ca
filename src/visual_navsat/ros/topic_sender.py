# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Publish positions for PX4 by DDS, or for mavros; their messages are imported where used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from visual_navsat.autopilot.topic_messages import Topic, TopicMessage
from visual_navsat.errors import ConfigError
from visual_navsat.optional import import_optional
from visual_navsat.ros.qos import RELIABLE

# PX4 reads the newest, and its reader is best effort.
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class TopicSender:
    """A publisher of one kind of message."""

    def __init__(self, node: Node, topic: Topic) -> None:
        """
        Advertise.

        :raises MissingDependencyError: if the package of the message is not installed.
        :raises ConfigError: if it is of a version without this message.
        """
        self._kind = message_class(topic)
        qos = RELIABLE if topic.is_reliable else _NEWEST
        self._publisher = node.create_publisher(self._kind, topic.name, qos)

    def send(self, message: TopicMessage) -> bool:
        """
        Publish a message; return whether somebody listens.

        :raises ConfigError: if the installed message has other fields.
        """
        filled = self._kind()
        fill(filled, message.fields, message.optional)
        self._publisher.publish(filled)
        return bool(self._publisher.get_subscription_count())


def fill(message: Any, fields: Mapping[str, Any], optional: frozenset[str] = frozenset()) -> None:
    """
    Set the fields of a message, and those of the messages within it.

    :param optional: names that the message need not have.
    :raises ConfigError: if it lacks another.
    """
    for name, value in fields.items():
        if not hasattr(message, name):
            if name in optional:
                continue
            raise ConfigError(
                f'{type(message).__name__} has no field {name}: px4_msgs and mavros_msgs must be '
                'those of the version that way names'
            )
        if isinstance(value, Mapping):
            fill(getattr(message, name), value, optional)
        else:
            setattr(message, name, value)


def message_class(topic: Topic) -> Any:
    """
    Return the class of a topic's messages.

    :raises MissingDependencyError: if the package of the message is not installed.
    :raises ConfigError: if it is of a version without this message.
    """
    package, _, name = topic.kind.split('/')
    module = import_optional(
        f'{package}.msg',
        f'{topic.name} needs the messages of {package}: build or install that package, and source '
        'its workspace',
    )
    if not hasattr(module, name):
        raise ConfigError(f'{package} has no message {name}: it is of another version; see way')
    return getattr(module, name)
