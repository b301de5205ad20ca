"""What people look at while the node runs: drawn only while somebody does."""

from __future__ import annotations

import array
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from visual_navsat.geometry.nadir import NadirImage, look_down
from visual_navsat.geometry.view import View
from visual_navsat.index.imagery import open_imagery
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.ros.debug_image import draw_answer
from visual_navsat.ros.markers import answer_markers

if TYPE_CHECKING:  # it imports torch, which takes seconds
    from visual_navsat.engine import QueryResult, RetrievalEngine

# An old picture is worth less than the newest; RViz and Foxglove ask for reliable ones.
NEWEST_RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)


class LiveView:
    """The markers and the debug image of each answer."""

    def __init__(self, node: LifecycleNode) -> None:
        self._markers, self._debug_image = (
            node.create_lifecycle_publisher(kind, topic, NEWEST_RELIABLE)
            for kind, topic in ((MarkerArray, '~/markers'), (Image, '~/debug_image'))
        )
        self._engine: RetrievalEngine | None = None
        self._imagery: MapImagery | None = None  # opened when it is first looked at

    def use(self, engine: RetrievalEngine | None) -> None:
        """Take the map of an engine; None to let go of it."""
        self._engine, self._imagery = engine, None

    def show(
        self,
        header: Header,
        map_frame_id: str,
        image: np.ndarray,
        view: View,
        result: QueryResult,
        tracked: PositionEstimate | Refusal,
    ) -> float | None:
        """
        Publish what an answer looks like to those who subscribed.

        :param header: of the fix.
        :param image: (H, W, 3) uint8 RGB that was asked about, with the view that was known.
        :return: milliseconds that it took, None if nobody looks.
        """
        wants_markers = self._markers.get_subscription_count() > 0
        wants_image = self._debug_image.get_subscription_count() > 0
        if not wants_markers and not wants_image:
            return None
        started = time.perf_counter()
        photo = look_down(image, view) or NadirImage(image, None, view, None)
        if wants_markers:
            frame, place = self._engine.frame, result.placement
            footprint_m = None
            if place is not None:
                size = photo.image.shape[1::-1]
                footprint_m = place.ground_from_pixel(footprint_px(photo), size, frame)
            map_header = Header(stamp=header.stamp, frame_id=map_frame_id)
            self._markers.publish(
                answer_markers(
                    map_header, frame, result, result.hypotheses, footprint_m, result.position,
                    tracked,
                )
            )  # fmt: skip
        if wants_image:
            picture = draw_answer(photo, result, tracked, self._open_imagery())
            self._debug_image.publish(image_message(header, picture))
        return 1e3 * (time.perf_counter() - started)

    def _open_imagery(self) -> MapImagery:
        if self._imagery is None:
            self._imagery = open_imagery(self._engine.tiles, self._engine.manifest)
        return self._imagery


def footprint_px(photo: NadirImage) -> np.ndarray:
    """Return the corners (N, 2), column and row, of the ground that a photo shows."""
    height, width = photo.image.shape[:2]
    # Of a whole photo the outer edges of its pixels.
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
    if photo.mask is None or not photo.mask.any():
        return corners
    outlines, _ = cv2.findContours(
        photo.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    return cv2.approxPolyDP(hull, 0.01 * max(height, width), True)[:, 0].astype(float)


def image_message(header: Header, rgb: np.ndarray) -> Image:
    """Return an (H, W, 3) uint8 RGB array as a message."""
    height, width = rgb.shape[:2]
    message = Image(header=header, height=height, width=width, encoding='rgb8', step=3 * width)
    # rclpy takes an array.array as it is; it would check a list or ndarray byte by byte.
    message.data = array.array('B', rgb.tobytes())
    return message
