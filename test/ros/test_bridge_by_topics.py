# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The bridge as a process without any link: mavros, as the test speaks it, tells and takes all."""

import math
import time

import _needs_pymavlink  # noqa: F401
from bridge_peer import FixStream, start_bridge
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
import numpy as np
from rehearsed_flight import START
from sensor_msgs.msg import NavSatFix
from visual_navsat.ros.conversions import stamp_message

VELOCITY_EN = np.array([6.0, 3.0])


class Mavros:
    """A vehicle that flies straight on, as mavros tells of it; it keeps the poses that it gets."""

    def __init__(self, node):
        self._began_s, self._told_s = time.time(), 0.0
        self.velocity_en, self.poses = VELOCITY_EN, []
        self._local = node.create_publisher(Odometry, '/mavros/local_position/odom', 10)
        self._global = node.create_publisher(NavSatFix, '/mavros/global_position/global', 10)
        node.create_subscription(
            PoseWithCovarianceStamped, '/mavros/vision_pose/pose_cov', self.poses.append, 10
        )

    @property
    def position_en_m(self):
        return self.position_at(time.time())

    def position_at(self, time_s):
        return (time_s - self._began_s) * VELOCITY_EN

    def tell(self):
        if time.time() - self._told_s < 0.05:
            return
        self._told_s = time.time()
        now_ns, (east_m, north_m) = time.time_ns(), self.position_en_m
        odometry = Odometry()
        odometry.header.stamp = stamp_message(now_ns)
        odometry.pose.pose.position.x, odometry.pose.pose.position.y = east_m, north_m
        yaw = math.atan2(VELOCITY_EN[1], VELOCITY_EN[0])
        odometry.pose.pose.orientation.z = math.sin(yaw / 2)
        odometry.pose.pose.orientation.w = math.cos(yaw / 2)
        odometry.twist.twist.linear.x = float(np.linalg.norm(VELOCITY_EN))
        self._local.publish(odometry)
        fix = NavSatFix()
        fix.header.stamp = stamp_message(now_ns)
        fix.latitude, fix.longitude = START.geodetic_from_ned(north_m, east_m)
        self._global.publish(fix)


def test_mavros_alone_carries_and_takes_the_fixes(tmp_path):
    settings = ('telemetry:=mavros', 'way:=mavros_vision', 'loop:=closed')
    with start_bridge(tmp_path, *settings) as (process, peer):
        peer.wait_for_state('no_telemetry')
        mavros = Mavros(peer.node)
        publish_fix = FixStream(peer, mavros, late_s=1.0)

        def fly():
            mavros.tell()
            publish_fix()
            time.sleep(0.01)

        def is_carried():
            fly()
            return len(mavros.poses) > 5

        values = peer.wait_for_state('no_status', meanwhile=fly)  # mavros_msgs is not here
        while not is_carried():
            process.check_alive()
        pose = mavros.poses[-1]
        stamp_s = pose.header.stamp.sec + pose.header.stamp.nanosec / 1e9
        position = pose.pose.pose.position
        # One that is not carried would lie a second behind: 6.7 m.
        np.testing.assert_allclose([position.x, position.y], mavros.position_at(stamp_s), atol=1.0)
        values = peer.wait_for_state('no_status', meanwhile=fly)
        assert not {'no_telemetry', 'no_origin', 'silent'} & set(values['states'].split())
        assert values['autopilot'] == 'ardupilot mavros_vision at topics, telemetry mavros'
        assert process.stop() == 0
        assert 'Traceback' not in process.log()
