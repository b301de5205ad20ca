"""The drone's side of ROS: publish images with their heading, wait for the fixes."""

from __future__ import annotations

import array
import time
from collections.abc import Callable

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image, NavSatFix
from std_msgs.msg import Float64

from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.view import View
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.messages.fix import position_from_fix
from visual_navsat.messages.sensors import stamp_ns
from visual_navsat_sim.demo.outcome import NO_ANSWER

_HEADING_LEAD_S = 0.03  # the heading has its own topic and must arrive before the image
_DIAGNOSTICS_PERIOD_S = 1.0


class Drone:
    """A ROS node with a camera."""

    def __init__(self, domain_id: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain_id)
        self._node = Node('drone', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        newest_only = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        reliable = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
        self._images = self._node.create_publisher(Image, 'image', newest_only)
        self._headings = self._node.create_publisher(Float64, 'heading', newest_only)
        self._fixes: list[NavSatFix] = []
        self._reasons: list[str] = []  # why the last image got no fix
        self._failure = ''  # why the node does not become active
        self._node.create_subscription(NavSatFix, 'localizer/fix', self._fixes.append, reliable)
        self._node.create_subscription(
            DiagnosticArray, '/diagnostics', self._on_diagnostics, reliable
        )

    def wait_for_localizer(self, timeout_s: float, check_alive: Callable[[], None]) -> None:
        """
        Return when the localizer is active: it has subscribed to the images.

        :param check_alive: raises an error where the localizer has ended.
        :raises VisualNavsatError: if it is not ready in time, with the reason that it gives.
        """

        def is_ready() -> bool:
            check_alive()
            if self._failure:
                raise VisualNavsatError(f'the node cannot start: {self._failure}')
            return self._images.get_subscription_count() > 0

        if not self._spin_until(is_ready, timeout_s):
            raise VisualNavsatError(f'the node was not ready within {timeout_s:.0f} s')

    def send(self, name: str, image: np.ndarray, heading_deg: float, timeout_s: float) -> Answer:
        """
        Publish an image and return the fix with its stamp, or that no answer came in time.

        :param image: (H, W, 3) uint8 RGB.
        """
        self._headings.publish(Float64(data=heading_deg))
        self._spin_until(lambda: False, _HEADING_LEAD_S)
        height, width = image.shape[:2]
        message = Image(encoding='rgb8', height=height, width=width, step=3 * width)
        message.header.frame_id = 'camera'
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.data = array.array('B', image.tobytes())
        started = time.monotonic()
        self._reasons.clear()
        self._images.publish(message)
        stamp = message.header.stamp
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

    def rest(self, seconds: float) -> None:
        """Wait, and go on listening."""
        self._spin_until(lambda: False, seconds)

    def close(self) -> None:
        """Leave ROS."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _fix_of(self, stamp: Time) -> NavSatFix | None:
        return next((fix for fix in self._fixes if fix.header.stamp == stamp), None)

    def _wait_for_reason(self) -> Refusal:
        """Return why there was no fix, which the next diagnostics say."""
        self._reasons.clear()
        self._spin_until(lambda: bool(self._reasons), 1.5 * _DIAGNOSTICS_PERIOD_S)
        if not self._reasons:
            return Refusal('no_fix')
        reason, _, detail = self._reasons[-1].partition(': ')
        return Refusal(reason, detail)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = {pair.key: pair.value for pair in status.values}
            if 'localizer' in status.name and 'reason' in values:
                self._reasons.append(values['reason'].removeprefix('no fix, '))
                if values.get('state') == 'unconfigured':
                    self._failure = values.get('last_problem', '')

    def _spin_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        end = time.monotonic() + timeout_s
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._executor.spin_once(timeout_sec=min(left, 0.05))
        return True
