# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the node publishes about an image."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from sensor_msgs.msg import NavSatFix, PointCloud2
from std_msgs.msg import Header
from visual_navsat.config import NodeConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.ros.conversions import (
    candidates_message,
    fix_message,
    odometry_message,
    pose_message,
)
from visual_navsat.ros.qos import advertise, RELIABLE


class Outputs:
    """The lifecycle publishers of the node; silent while it is not active."""

    def __init__(self, node: LifecycleNode) -> None:
        self._fix, self._fix_tracked, self._candidates, self._pose, self._odometry = (
            advertise(node, kind, topic, RELIABLE)
            for kind, topic in (
                (NavSatFix, '~/fix'),
                (NavSatFix, '~/fix_tracked'),
                (PointCloud2, '~/candidates'),
                (PoseWithCovarianceStamped, '~/pose'),
                (Odometry, '~/odometry'),
            )
        )

    def publish(
        self, header: Header, answer: Answer, frame: LocalFrame, config: NodeConfig
    ) -> None:
        """
        Publish the answer to an image, and where it takes the track.

        :param header: of the fix.
        :param frame: of the track.
        """
        messages: list[tuple[LifecyclePublisher, Any]] = []
        if answer.was_looked_for:
            messages.append((self._candidates, candidates_message(header, answer.candidates)))
        for publisher, position in (
            (self._fix, answer.position), (self._fix_tracked, answer.tracked)
        ):  # fmt: skip
            messages.append((publisher, fix_message(header, position, config.altitude_m)))
        if isinstance(answer.tracked, PositionEstimate):
            # A pose cannot say that there is no position: without one, none is published.
            map_header = Header(stamp=header.stamp, frame_id=config.map_frame_id)
            pose = pose_message(map_header, answer.tracked, answer.attitude, frame)
            messages.append((self._pose, pose))
            messages.append((self._odometry, odometry_message(pose, config.base_frame_id)))
        # Only now: a value that a message cannot hold must not leave half of an answer out there.
        for publisher, message in messages:
            publisher.publish(message)
