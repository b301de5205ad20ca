# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Publishers and subscriptions whose quality of service the standard parameters override."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import copy
from functools import partial
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.node import Node
from rclpy.qos import QoSPolicyKind, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from visual_navsat.errors import ConfigError, reason_of

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError

RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
# Best effort also hears reliable publishers. Deep enough for an IMU during one busy moment.
SENSOR_DATA = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
_POLICIES = (
    QoSPolicyKind.HISTORY,
    QoSPolicyKind.DEPTH,
    QoSPolicyKind.RELIABILITY,
    QoSPolicyKind.DURABILITY,
)


def subscribe(
    node: Node,
    kind: type,
    topic: str,
    callback: Callable[[Any], None],
    qos: QoSProfile,
    on_lost: Callable[[int], None] | None = None,
    **options: Any,
) -> Subscription:
    """
    Return a subscription that ``qos_overrides.TOPIC.subscription.*`` may change.

    :param on_lost: is given how many messages were lost on their way, if the middleware says so.
    :param options: of ``create_subscription``.
    :raises ConfigError: if these parameters make no sense.
    """
    create = partial(node.create_subscription, **options)
    if on_lost is not None:
        events = SubscriptionEventCallbacks(message_lost=partial(_tell_lost, on_lost))
        watched = partial(create, event_callbacks=events)
        with suppress(UnsupportedEventTypeError):
            return _overridable(watched, kind, topic, callback, qos)
    return _overridable(create, kind, topic, callback, qos)


def _tell_lost(on_lost: Callable[[int], None], status: Any) -> None:
    on_lost(status.total_count_change)


def advertise(node: LifecycleNode, kind: type, topic: str, qos: QoSProfile) -> LifecyclePublisher:
    """
    Return a lifecycle publisher that ``qos_overrides.TOPIC.publisher.*`` may change.

    :raises ConfigError: if these parameters make no sense.
    """
    return _overridable(node.create_lifecycle_publisher, kind, topic, qos)


def _overridable(create: Callable[..., Any], kind: type, topic: str, *arguments: Any) -> Any:
    *others, qos = arguments
    own = copy.copy(qos)  # rclpy writes the overrides into it
    options = QoSOverridingOptions(_POLICIES)
    try:
        return create(kind, topic, *others, own, qos_overriding_options=options)
    except UnsupportedEventTypeError:
        raise
    except Exception as error:  # rclpy raises what it stumbles over
        raise ConfigError(
            f'qos_overrides of {topic} cannot be used ({reason_of(error)}): history is '
            'keep_last or keep_all, depth a whole number, reliability reliable or best_effort, '
            'durability volatile or transient_local'
        ) from error
