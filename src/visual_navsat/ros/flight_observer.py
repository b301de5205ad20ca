# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Watch the localizer and the bridge, and tell what they say as records of a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import math
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from sensor_msgs.msg import NavSatFix, PointCloud2
from visual_navsat.localization.answer import Answer
from visual_navsat.messages.fix import position_from_fix
from visual_navsat.messages.sensors import gnss_from_message, stamp_ns
from visual_navsat.ros.conversions import candidates_from_message
from visual_navsat.ros.guard import Guard
from visual_navsat.ros.marker_places import MarkerPlaces
from visual_navsat.ros.qos import RELIABLE, SENSOR_DATA, subscribe
from visual_navsat.ros.status_records import status_records
from visual_navsat.session.records import (
    answer_record,
    position_record,
    Record,
    refusal_record,
)
from visualization_msgs.msg import MarkerArray

_KEPT = 8  # answers of which a part has arrived
_UNEXPLAINED = 100  # refusals whose reason the diagnostics have not told yet


@dataclass
class _Parts:
    """What has arrived of the answer to one image."""

    fix: NavSatFix | None = None
    tracked: NavSatFix | None = None
    candidates: PointCloud2 | None = None


class FlightObserver:
    """It only listens: that it is there changes nothing, but that markers are drawn for it."""

    def __init__(self, node: Node, take: Callable[[Record], None], namespace: str = '') -> None:
        """
        Begin to listen.

        :param take: is given each record, in the thread that spins the node.
        :param namespace: of the nodes, such as ``/uav1``.
        """
        self._node, self._take = node, take
        self._guard = Guard(node)
        self._parts: dict[int, _Parts] = {}
        self._unexplained: dict[int, None] = {}  # stamps of refused images
        self._num_answers = 0
        self._places = MarkerPlaces()
        prefix = f'{namespace.rstrip("/")}/' if namespace else ''
        # The candidates first: of what has arrived at once they are looked at first.
        self._listen(PointCloud2, f'{prefix}localizer/candidates', self._on_candidates)
        self._listen(NavSatFix, f'{prefix}localizer/fix', self._on_fix)
        self._listen(NavSatFix, f'{prefix}localizer/fix_tracked', self._on_tracked)
        self._listen(MarkerArray, f'{prefix}localizer/markers', self._on_markers)
        self._listen(NavSatFix, f'{prefix}gnss', self._on_gnss, SENSOR_DATA)
        self._nodes = namespace.strip('/')
        self._listen(DiagnosticArray, '/diagnostics', self._on_diagnostics)

    @property
    def _now_s(self) -> float:
        return float(self._node.get_clock().now().nanoseconds) / 1e9

    def _listen(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: Any = RELIABLE
    ) -> None:
        def ignore(line: str) -> None:
            self._node.get_logger().warning(f'{topic}: {line}', throttle_duration_sec=5.0)

        subscribe(self._node, kind, topic, self._guard.wrap(callback, ignore), qos)

    def _parts_of(self, message: Any) -> _Parts:
        stamp = stamp_ns(message)
        if stamp not in self._parts:
            self._parts[stamp] = _Parts()
            while len(self._parts) > _KEPT:
                del self._parts[next(iter(self._parts))]
        return self._parts[stamp]

    def _on_candidates(self, message: PointCloud2) -> None:
        self._parts_of(message).candidates = message

    def _on_fix(self, message: NavSatFix) -> None:
        self._parts_of(message).fix = message
        self._tell_if_whole(stamp_ns(message))

    def _on_tracked(self, message: NavSatFix) -> None:
        self._parts_of(message).tracked = message
        self._tell_if_whole(stamp_ns(message))

    def _tell_if_whole(self, stamp: int) -> None:
        parts = self._parts[stamp]
        if parts.fix is None or parts.tracked is None:
            return
        del self._parts[stamp]
        now_s = self._now_s
        self._num_answers += 1
        answer = Answer(
            position_from_fix(parts.fix),
            candidates=candidates_from_message(parts.candidates) if parts.candidates else (),
            timings_ms={'total': max(1e3 * (now_s - stamp / 1e9), 0.0)},
            name=f'image_{self._num_answers:06d}',
            stamp_ns=stamp,
            frame_id=parts.fix.header.frame_id,
            tracked=position_from_fix(parts.tracked),
        )
        self._places.learn(stamp, parts.fix, parts.tracked)
        self._take(answer_record(now_s, answer))
        if not answer.is_fix:
            self._unexplained[stamp] = None
            while len(self._unexplained) > _UNEXPLAINED:
                del self._unexplained[next(iter(self._unexplained))]

    def _on_markers(self, message: MarkerArray) -> None:
        record = self._places.record(self._now_s, message)
        if record is not None:
            self._take(record)

    def _on_gnss(self, message: NavSatFix) -> None:
        position = gnss_from_message(message)
        if position is not None:
            lat, long, covariance = position
            sigma_m = math.nan if covariance is None else math.sqrt(float(covariance[0, 0]))
            self._take(position_record(self._now_s, 'gnss', lat, long, sigma_m=sigma_m))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if self._is_ours(status):
                values = _values(status)
                for record in status_records(self._now_s, status, values):
                    self._take(record)
                self._explain_refusals(values.get('refusals', ''))

    def _explain_refusals(self, told: str) -> None:
        """Tell the reasons of refused images, which no message of a single image holds."""
        for pair in told.split():
            stamp, _, reason = pair.partition(':')
            if int(stamp) in self._unexplained:
                del self._unexplained[int(stamp)]
                self._take(refusal_record(self._now_s, int(stamp) / 1e9, reason))

    def _is_ours(self, status: DiagnosticStatus) -> bool:
        node = status.name.partition(':')[0]
        return bool(node.rpartition('/')[0] == self._nodes)


def _values(status: DiagnosticStatus) -> Mapping[str, str]:
    return {pair.key: pair.value for pair in status.values}
