# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The bridge as a ROS node: fixes come by a topic, and go to an autopilot by MAVLink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
import math
import threading
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from nav_msgs.msg import Odometry
from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter
from sensor_msgs.msg import NavSatFix
from visual_navsat.autopilot.bridge import Bridge, Loop
from visual_navsat.autopilot.health_facts import State
from visual_navsat.autopilot.link import Link, NoLink
from visual_navsat.autopilot.runner import Runner
from visual_navsat.autopilot.topic_telemetry import Heard, TELEMETRY
from visual_navsat.errors import MissingDependencyError
from visual_navsat.geometry.geodesy import check_lat_long
from visual_navsat.localization.position import Refusal
from visual_navsat.messages.fix import position_from_fix
from visual_navsat.messages.sensors import checked_stamp_ns, odometry_from_message
from visual_navsat.ros.bridge_health import BridgeHealth
from visual_navsat.ros.bridge_parameters import declare_settings, explain_rejection, setting
from visual_navsat.ros.diagnosed_node import DiagnosedNode
from visual_navsat.ros.diagnostics_publisher import DiagnosticsPublisher
from visual_navsat.ros.guard import Guard, LOG_PERIOD_S
from visual_navsat.ros.polled_topic import PolledTopic
from visual_navsat.ros.process import run_node
from visual_navsat.ros.qos import SENSOR_DATA, subscribe
from visual_navsat.ros.topic_sender import message_class, TopicSender

_AFTER_FAULT_S = 1.0


class BridgeNode(DiagnosedNode):
    """
    Carry the localizer's fixes to an autopilot.

    The bridge lives in a thread of its own, which waits for the link; callbacks hand it what they
    hear. It starts with the loop off: no position goes out before that is asked for.
    """

    has_failed = False  # it lives on whatever the link does

    def __init__(self) -> None:
        super().__init__('autopilot_bridge')
        self.guard = Guard(self)
        self._settings = settings = declare_settings(self)
        self._link = Link(settings.endpoint) if settings.endpoint else NoLink()
        target = settings.target
        topics = TopicSender(self, target.topic) if target.topic else None
        self._bridge = Bridge(self._link, target, settings.bridge_config, topics)
        self._health = BridgeHealth()
        self._runner = Runner(self._bridge, self._look, self._now_ns, self._poll)
        self._polled: list[Callable[[], None]] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._live, name='bridge', daemon=True)
        self._listen(NavSatFix, 'localizer/fix', self._on_fix)
        if settings.motion == 'odometry':
            self._polled.append(self._polled_topic(Odometry, 'odom', self._on_odometry))
        for heard in TELEMETRY.get(settings.telemetry, ()):
            self._listen_to_autopilot(heard)
        self.add_on_set_parameters_callback(
            self.guard.wrap(
                self._on_parameters,
                lambda line: SetParametersResult(successful=False, reason=line),
            )
        )
        self._diagnostics = DiagnosticsPublisher(
            self, 'autopilot', self._read_status, lambda: settings.hardware_id
        )

    def autostart(self) -> None:
        """Begin to talk to the autopilot."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Let the bridge end and close its link; return whether it has within the timeout."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self._link.close()
        return True

    def _now_ns(self) -> int:
        return int(self.get_clock().now().nanoseconds)

    def _live(self) -> None:
        turn = self.guard.wrap(self._turn, self._note_fault)
        while not self._ending.is_set():
            turn()

    def _turn(self) -> None:
        self._runner.turn()
        self._health.recover('bridge')

    def _note_fault(self, line: str) -> None:
        self._report(line, 'bridge')
        self._ending.wait(_AFTER_FAULT_S)

    def _look(self, states: Sequence[State], now_ns: int) -> None:
        settings = self._settings
        where = settings.endpoint or f'topics, telemetry {settings.telemetry}'
        numbers = {
            'loop': self._bridge.config.loop,
            'autopilot': f'{settings.autopilot} {settings.target.way} at {where}',
            **self._bridge.numbers(now_ns),
        }
        if not self._health.note_states(states, numbers):
            return
        for state in states:
            # In two calls: rclpy wants each to keep its severity.
            if state.level == 'ok':
                self.get_logger().info(f'{state.name}: {state.line}')
            else:
                self.get_logger().warning(f'{state.name}: {state.line}')

    def _read_status(self, name: str, _: int) -> DiagnosticStatus:
        return self._health.status(name)

    def _listen(self, kind: type, topic: str, take: Callable[[Any], None]) -> None:
        subscribe(self, kind, topic, self._guarded(topic, take), SENSOR_DATA)

    def _listen_to_autopilot(self, heard: Heard) -> None:
        vehicle = self._bridge.vehicle
        try:
            kind = message_class(heard.topic)
        except MissingDependencyError as error:
            if heard.is_needed:
                raise
            self.get_logger().warning(f'less will be known of the autopilot: {error}')
            return

        def take(message: Any) -> None:
            vehicle.told_ns = self._now_ns()
            heard.hear(vehicle, message, vehicle.told_ns)

        self._polled.append(self._polled_topic(kind, heard.topic.name, take))

    def _polled_topic(
        self, kind: type, topic: str, take: Callable[[Any], None]
    ) -> Callable[[], None]:
        """Return what hands over the messages of a topic that have come since its last call."""
        polled = PolledTopic(self, kind, topic)
        handle = self._guarded(topic, lambda data: take(polled.decode(data)))

        def poll() -> None:
            for data in polled.take():
                handle(data)

        return poll

    def _guarded(self, topic: str, take: Callable[[Any], None]) -> Callable[[Any], None]:
        def handle(message: Any) -> None:
            take(message)
            self._health.recover(topic)

        def ignore(line: str) -> None:
            self._health.count('inputs_ignored')
            self._report(f'{topic}: {line}; ignored', topic)

        return self.guard.wrap(handle, ignore)

    def _poll(self, bridge: Bridge, now_ns: int) -> None:
        for poll in self._polled:
            poll()

    def _on_fix(self, message: NavSatFix) -> None:
        stamp_ns, position = checked_stamp_ns(message, 'a fix'), position_from_fix(message)
        if isinstance(position, Refusal):
            self._health.count('no_fixes')
            return
        # One that is NaN goes on: the bridge does not send it, and says so in its states.
        if math.isfinite(position.latitude) and math.isfinite(position.longitude):
            check_lat_long(position.latitude, position.longitude, 'a fix')
        self._health.count('fixes')
        self._runner.submit(lambda bridge, now_ns: bridge.offer(position, stamp_ns, now_ns))

    def _on_odometry(self, message: Odometry) -> None:
        stamp_ns, pose = checked_stamp_ns(message, 'odom'), odometry_from_message(message)
        self._health.count('odometry')
        self._bridge.offer_odometry(pose.position_m, stamp_ns)

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        reason = explain_rejection(parameters)
        for parameter in parameters:
            if not reason and parameter.name == 'loop':
                self._runner.submit(partial(_set_loop, loop=setting('loop', parameter.value)))
        return SetParametersResult(successful=not reason, reason=reason)

    def _report(self, line: str, source: str) -> None:
        self._health.note_problem(line, source)
        self.get_logger().warning(line, throttle_duration_sec=LOG_PERIOD_S)


def _set_loop(bridge: Bridge, _: int, loop: Loop) -> None:
    bridge.set_loop(loop)


def main() -> int:
    """Run the node until SIGINT or SIGTERM; return the exit code."""
    return run_node(BridgeNode)


if __name__ == '__main__':
    raise SystemExit(main())
