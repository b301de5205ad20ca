# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The flying computer's side of ROS: images and what is known of them out, answers in."""

from __future__ import annotations

from collections.abc import Callable
import math
import threading

from geometry_msgs.msg import Quaternion, QuaternionStamped
import numpy as np
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Float64, Header
from visual_navsat.autopilot.messages import Posture
from visual_navsat.errors import VisualNavsatError
from visual_navsat.ros.conversions import image_message, stamp_message
from visual_navsat.ros.flight_observer import FlightObserver
from visual_navsat.ros.image_topics import NEWEST_ONLY
from visual_navsat.ros.localizer_client import LocalizerClient
from visual_navsat.ros.qos import RELIABLE
from visual_navsat.session.records import Record
from visual_navsat_sim.worlds.camera import Pinhole

_FRAME_ID = 'camera'


class FlyingDrone(LocalizerClient):
    """A ROS node with a camera, a compass and a barometer, which also hears what is answered."""

    def __init__(self, domain_id: int, camera: Pinhole, take: Callable[[Record], None]) -> None:
        """
        Join ROS, on the time that :meth:`tick` tells.

        :param take: is given what localizer and bridge say, as records of a session.
        """
        super().__init__('drone', domain_id, use_sim_time=True)
        self._clock = self._node.create_publisher(Clock, '/clock', NEWEST_ONLY)
        self._camera = camera
        self._images, self._infos, self._attitudes, self._altitudes = (
            self._node.create_publisher(kind, topic, qos)
            for kind, topic, qos in (
                (Image, 'image', NEWEST_ONLY),
                (CameraInfo, 'camera_info', RELIABLE),
                (QuaternionStamped, 'attitude', RELIABLE),
                (Float64, 'altitude', RELIABLE),
            )
        )
        self._has_closed = False
        self._thread: threading.Thread | None = None
        self._observer = FlightObserver(self._node, take)

    def close(self) -> None:
        """Leave ROS."""
        self._has_closed = True
        super().close()
        if self._thread is not None:
            self._thread.join()

    def wait_for_localizer(self, timeout_s: float, check_alive: Callable[[], None]) -> None:
        """
        Return when the localizer is active: it has subscribed to the images; then go on hearing.

        :param check_alive: raises an error where a node has ended.
        :raises VisualNavsatError: if it is not ready in time, with the reason that it gives.
        """
        if not self._wait_until_ready(
            lambda: self._images.get_subscription_count() > 0, timeout_s, check_alive
        ):
            raise VisualNavsatError(f'the localizer was not ready within {timeout_s:.0f} s')
        # From now on what is said is heard whatever else we do.
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def tick(self, now_ns: int) -> None:
        """Publish the time; from any thread."""
        if not self._has_closed:
            self._clock.publish(Clock(clock=stamp_message(now_ns)))

    def tell(self, stamp_ns: int, posture: Posture) -> None:
        """
        Publish the autopilot's heading and height, and the camera; from any thread.

        The gimbal holds the camera level whatever the vehicle does: of its attitude only the
        heading matters.
        """
        if self._has_closed:
            return
        east_to_nose = math.pi / 2 - posture.yaw_rad
        x, y, z, w = 0.0, 0.0, math.sin(east_to_nose / 2), math.cos(east_to_nose / 2)
        attitude = QuaternionStamped(header=_header(stamp_ns))
        attitude.quaternion = Quaternion(x=x, y=y, z=z, w=w)
        self._attitudes.publish(attitude)
        self._altitudes.publish(Float64(data=-posture.down_m))
        camera = self._camera
        info = CameraInfo(header=_header(stamp_ns), width=camera.width, height=camera.height)
        info.k = [
            *(camera.focal_length_px, 0.0, camera.width / 2),
            *(0.0, camera.focal_length_px, camera.height / 2),
            *(0.0, 0.0, 1.0),
        ]
        self._infos.publish(info)

    def show(self, image: np.ndarray, stamp_ns: int) -> None:
        """
        Publish an image.

        :param image: (H, W, 3) uint8 RGB.
        :param stamp_ns: when it was taken.
        """
        self._images.publish(image_message(_header(stamp_ns), image))


def _header(stamp_ns: int) -> Header:
    return Header(stamp=stamp_message(stamp_ns), frame_id=_FRAME_ID)
