# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Why no image comes, as far as the other side's announcements tell."""

from __future__ import annotations

from collections.abc import Iterable

import rclpy
from rclpy.node import Node
from rclpy.qos import qos_check_compatible, QoSCompatibility
from rclpy.subscription import Subscription
from visual_navsat.files import find_shared_file
from visual_navsat.ros.large_images import PROFILE, PROFILE_VARIABLES


def explain_silence(
    node: Node, subscriptions: Iterable[Subscription], are_lost: bool = False
) -> str:
    """
    Return in a line why nothing comes, and what to do about it.

    :param are_lost: whether the middleware knows of messages that were lost on their way.
    """
    reasons = [reason for one in subscriptions if (reason := _explain(node, one, are_lost))]
    return '; '.join(reasons) or 'nothing publishes there: is the camera running and remapped?'


def _explain(node: Node, subscription: Subscription, are_lost: bool) -> str:
    """Return what is wrong with the publishers of a topic; nothing if there are none."""
    topic = subscription.topic_name
    publishers = node.get_publishers_info_by_topic(topic)
    if not publishers:
        return ''
    expected = _type_name(subscription.msg_type)
    of_type = [publisher for publisher in publishers if publisher.topic_type == expected]
    if not of_type:
        return f'{topic} carries {publishers[0].topic_type}, not {expected}: remap another topic'
    checks = [qos_check_compatible(p.qos_profile, subscription.qos_profile) for p in of_type]
    if all(compatibility == QoSCompatibility.ERROR for compatibility, _ in checks):
        reason = ' '.join(checks[0][1].replace('ERROR:', '').split()).rstrip('.; ')
        return (
            f'QoS incompatible on {topic} ({reason}): change the camera, or '
            f'qos_overrides.{topic}.subscription.*'
        )
    names = ', '.join(sorted({publisher.node_name for publisher in of_type}))
    what = 'all is lost on the way: ' if are_lost else 'nothing arrives: if it does send, '
    return f'{names} publishes {topic}, but {what}{remedy_for_large_images()}'


def remedy_for_large_images() -> str:
    """Return what to do about images that are lost because of their size."""
    if 'fastrtps' in rclpy.get_rmw_implementation_identifier():
        new, old = PROFILE_VARIABLES
        path = find_shared_file(PROFILE) or PROFILE
        return (
            'the images are likely too large for Fast DDS, which drops most over 512 kB: start it '
            f'with {new} (Fast DDS 3: Kilted) or {old} (Fast DDS 2: Humble, Jazzy) set to {path}, '
            'or let it send compressed images'
        )
    return (
        'the images are likely too large for the buffers of UDP: raise net.core.rmem_max, or let '
        'it send compressed images'
    )


def _type_name(kind: type) -> str:
    """Return a name such as ``sensor_msgs/msg/Image``."""
    package, folder, *_ = kind.__module__.split('.')
    return f'{package}/{folder}/{kind.__name__}'
