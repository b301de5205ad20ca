# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The drone's side of ROS: publish images with their heading, wait for the fixes."""

from __future__ import annotations

from collections.abc import Callable
import time

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import Image, NavSatFix
from std_msgs.msg import Float64, Header
from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.view import View
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.messages.fix import position_from_fix
from visual_navsat.messages.sensors import stamp_ns
from visual_navsat.ros.conversions import image_message
from visual_navsat.ros.image_topics import NEWEST_ONLY
from visual_navsat.ros.localizer_client import LocalizerClient
from visual_navsat.ros.qos import RELIABLE
from visual_navsat_sim.demo.outcome import NO_ANSWER

_HEADING_LEAD_S = 0.03  # the heading has its own topic and must arrive before the image
_DIAGNOSTICS_PERIOD_S = 1.0


class Drone(LocalizerClient):
    """A ROS node with a camera."""

    def __init__(self, domain_id: int) -> None:
        super().__init__('drone', domain_id)
        self._images = self._node.create_publisher(Image, 'image', NEWEST_ONLY)
        self._headings = self._node.create_publisher(Float64, 'heading', NEWEST_ONLY)
        self._fixes: list[NavSatFix] = []
        self._node.create_subscription(NavSatFix, 'localizer/fix', self._fixes.append, RELIABLE)

    def wait_for_localizer(self, timeout_s: float, check_alive: Callable[[], None]) -> None:
        """
        Return when the localizer is active: it has subscribed to the images.

        :param check_alive: raises an error where the localizer has ended.
        :raises VisualNavsatError: if it is not ready in time, with the reason that it gives.
        """
        if not self._wait_until_ready(
            lambda: self._images.get_subscription_count() > 0, timeout_s, check_alive
        ):
            raise VisualNavsatError(f'the node was not ready within {timeout_s:.0f} s')

    def send(self, name: str, image: np.ndarray, heading_deg: float, timeout_s: float) -> Answer:
        """
        Publish an image and return the fix with its stamp, or that no answer came in time.

        :param image: (H, W, 3) uint8 RGB.
        """
        self._headings.publish(Float64(data=heading_deg))
        self.rest(_HEADING_LEAD_S)
        stamp = self._node.get_clock().now().to_msg()
        message = image_message(Header(stamp=stamp, frame_id='camera'), image)
        started = time.monotonic()
        self._images.publish(message)
        self._spin_until(lambda: self._fix_of(stamp) is not None, timeout_s)
        total_ms = 1e3 * (time.monotonic() - started)
        fix = self._fix_of(stamp)
        self._fixes.clear()
        position: PositionEstimate | Refusal
        if fix is None:
            position = Refusal(NO_ANSWER, f'no answer within {timeout_s:.0f} s')
        elif (position := position_from_fix(fix)) == Refusal('no_fix'):
            position = self._wait_for_reason()
        return Answer(
            position,
            timings_ms={'total': total_ms},
            name=name,
            stamp_ns=stamp_ns(message),
            view=View(heading_deg=heading_deg),
        )

    def _fix_of(self, stamp: Time) -> NavSatFix | None:
        return next((fix for fix in self._fixes if fix.header.stamp == stamp), None)

    def _wait_for_reason(self) -> Refusal:
        """Return why there was no fix, which the next diagnostics say."""
        heard = self._num_diagnoses
        if not self._spin_until(lambda: self._num_diagnoses > heard, 1.5 * _DIAGNOSTICS_PERIOD_S):
            return Refusal('no_fix')
        reason, _, detail = self._diagnosis['reason'].removeprefix('no fix, ').partition(': ')
        return Refusal(reason, detail)
