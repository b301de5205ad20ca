# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What people look at while the node runs; drawn only while somebody subscribes."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import TYPE_CHECKING

import numpy as np
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.photo_pose import PhotoPose
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.ros.conversions import image_message
from visual_navsat.ros.debug_image import draw_answer
from visual_navsat.ros.markers import answer_markers
from visual_navsat.ros.qos import advertise
from visualization_msgs.msg import MarkerArray

if TYPE_CHECKING:  # it imports torch, which takes seconds
    from visual_navsat.loaded_map import LoadedMap

# An old picture is worth less than the newest; RViz and Foxglove ask for reliable ones.
NEWEST_RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)


class LiveView:
    """The markers and the debug image of each answer."""

    def __init__(self, node: LifecycleNode) -> None:
        self._markers, self._debug_image = (
            advertise(node, kind, topic, NEWEST_RELIABLE)
            for kind, topic in ((MarkerArray, '~/markers'), (Image, '~/debug_image'))
        )
        self._map: LoadedMap | None = None
        self._imagery: MapImagery | None = None  # opened when it is first looked at

    def use(self, loaded_map: LoadedMap | None) -> None:
        """Use a map from now on; None: no map."""
        self._map, self._imagery = loaded_map, None

    def show(
        self, header: Header, map_frame_id: str, read: Callable[[], np.ndarray], answer: Answer
    ) -> float | None:
        """
        Publish pictures of an answer for those who subscribed.

        :param header: of the fix.
        :param read: returns the image that was answered, (H, W, 3) uint8 RGB.
        :return: milliseconds that it took; None if nobody subscribed.
        """
        wants_markers = self._markers.get_subscription_count() > 0
        wants_image = self._debug_image.get_subscription_count() > 0
        loaded_map = self._map
        if answer.view is None or loaded_map is None or not (wants_markers or wants_image):
            return None
        started = time.perf_counter()
        image = read()
        photo = look_down(image, answer.view) or NadirImage(image, None, answer.view, None)
        if wants_markers:
            frame, place, footprint_m = loaded_map.frame, answer.best_match, None
            if place is not None:
                pose = PhotoPose.of(place)
                footprint_m = frame.enu_from_geodetic(*pose.center) + photo.ground_from_pixel(
                    photo.outline_px, pose.heading_deg, pose.gsd_m_per_px
                )
            map_header = Header(stamp=header.stamp, frame_id=map_frame_id)
            self._markers.publish(answer_markers(map_header, frame, answer, footprint_m))
        if wants_image:
            picture = draw_answer(photo, answer, self._open_imagery(loaded_map))
            self._debug_image.publish(image_message(header, picture))
        return 1e3 * (time.perf_counter() - started)

    def _open_imagery(self, loaded_map: LoadedMap) -> MapImagery:
        if self._imagery is None and loaded_map.manifest is not None:
            # It imports pandas, a tenth of what the node takes to start; few look at the picture.
            from visual_navsat.index.imagery import open_imagery  # noqa: PLC0415

            self._imagery = open_imagery(loaded_map.tiles, loaded_map.manifest)
        return self._imagery or MapImagery()
