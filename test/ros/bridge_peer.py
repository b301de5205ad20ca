# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A real bridge process, the fake autopilot that it talks to, and the fixes that it hears."""

from __future__ import annotations

from contextlib import contextmanager
import time

from diagnostic_msgs.msg import DiagnosticArray
from localizer_peer import TestedLocalizer, wait_for
from nav_msgs.msg import Odometry
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rehearsed_flight import place
from ros_peer import RosPeer, TIMEOUT_S
from sensor_msgs.msg import NavSatFix
from std_msgs.msg import Header
from visual_navsat.ros.conversions import fix_message, stamp_message


class BridgePeer(RosPeer):
    """A ROS node of the test: it publishes fixes and odometry, and reads the diagnostics."""

    def __init__(self, domain_id: int) -> None:
        super().__init__(domain_id)
        self.statuses = []
        self._fixes = self.node.create_publisher(NavSatFix, '/localizer/fix', 10)
        self._odometry = self.node.create_publisher(Odometry, '/odom', 10)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self.spin()

    def publish_fix(self, east_north_m, stamp_ns: int) -> None:
        header = Header(stamp=stamp_message(stamp_ns), frame_id='camera')
        self._fixes.publish(fix_message(header, place(east_north_m), 0.0))

    def publish_odometry(self, east_north_m, stamp_ns: int) -> None:
        message = Odometry(header=Header(stamp=stamp_message(stamp_ns)))
        message.pose.pose.position.x, message.pose.pose.position.y = map(float, east_north_m)
        self._odometry.publish(message)

    def wait_for_state(self, name: str, meanwhile=lambda: None):
        """Return the values of the next status in which a state holds."""
        seen = len(self.statuses)

        def found():
            meanwhile()
            for status in self.statuses[seen:]:
                values = {value.key: value.value for value in status.values}
                if name in values['states'].split():
                    return values | {'message': status.message, 'level': status.level}
            return None

        return wait_for(found, f'state {name}')

    def set_parameter(self, name: str, value):
        """Return the result of setting a parameter of the bridge."""
        client = self.node.create_client(SetParameters, '/autopilot_bridge/set_parameters')
        assert client.wait_for_service(TIMEOUT_S)
        parameters = [Parameter(name, value=value).to_parameter_msg()]
        future = client.call_async(SetParameters.Request(parameters=parameters))
        return wait_for(lambda: future.result() if future.done() else None, 'result').results[0]

    def _on_diagnostics(self, message) -> None:
        self.statuses += message.status


@contextmanager
def start_bridge(folder, *parameters: str):
    """Yield a bridge process with these ROS parameters, and a peer that talks to it."""
    program = ('-m', 'visual_navsat.ros.bridge_node')
    process = TestedLocalizer(folder, *parameters, program=program)
    peer = BridgePeer(process.domain_id)
    try:
        yield process, peer
    finally:
        peer.close()
        process.stop()


class FixStream:
    """Publish the truth of a flight twice a second, a moment late."""

    def __init__(self, peer, flight, late_s: float = 0.1) -> None:
        self._peer, self._flight, self._late_s = peer, flight, late_s
        self._published_at = 0.0

    def __call__(self) -> None:
        """Publish if it is time."""
        if time.monotonic() - self._published_at < 0.5:
            return
        self._published_at = time.monotonic()
        # It was there then, as nearly as a flight in a straight line is known.
        then_m = self._flight.position_en_m - self._late_s * self._flight.velocity_en
        self._peer.publish_fix(then_m, time.time_ns() - round(self._late_s * 1e9))
