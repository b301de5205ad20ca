# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The launch file of the bridge, as people start it."""

import _needs_launch  # noqa: F401 (skips this file where it is absent)
import _needs_pymavlink  # noqa: F401
from bridge_peer import BridgePeer
from launched import Launch
import pytest
from visual_navsat_sim.fly.endpoint import free_udp_port

BRIDGE = 'autopilot_bridge.launch.py'
pytestmark = pytest.mark.slow


def test_the_arguments_become_parameters_and_topics(tmp_path):
    arguments = (
        *('autopilot:=px4', f'connect:=udp:127.0.0.1:{free_udp_port()}', 'loop:=off'),
        *('motion:=odometry', 'namespace:=uav1', 'odom_topic:=/vio/odometry'),
    )
    with Launch(tmp_path, BRIDGE, *arguments) as running:
        assert 'PX4' in running.wait_for_line('[uav1.autopilot_bridge]: no_heartbeat')
        peer = BridgePeer(running.domain_id)
        values = peer.wait_for_state('no_heartbeat')
        assert values['loop'] == 'off' and values['autopilot'].startswith('px4 sensor at udp:')
        for topic in ('/uav1/localizer/fix', '/vio/odometry'):
            assert peer.node.get_subscriptions_info_by_topic(topic), topic
        peer.close()
        assert running.interrupt() == 0


def test_an_endpoint_that_is_none_ends_the_launch_with_a_code(tmp_path):
    with Launch(tmp_path, BRIDGE, 'connect:=ttyS0') as running:
        assert running.exit_code() != 0
        assert 'connect: an endpoint must be' in running.log()
        assert 'the autopilot_bridge ended with code 1' in running.log()
        assert 'Traceback' not in running.log()
