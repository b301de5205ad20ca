# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The bridge as a process, over UDP to the fake autopilot, with fixes that are published."""

import math
import time

import _needs_pymavlink  # noqa: F401
from bridge_peer import FixStream, start_bridge
from diagnostic_msgs.msg import DiagnosticStatus
import numpy as np
import pytest
from rehearsed_flight import switched_on
from visual_navsat.autopilot.transport import UdpTransport
from visual_navsat_sim.autopilot.served_autopilot import ServedAutopilot
from visual_navsat_sim.fly.endpoint import free_udp_port


@pytest.fixture
def bridged(tmp_path):
    """Return a function that starts a bridge and an autopilot that speaks to its UDP port."""
    open_ones = []

    def start(autopilot, *parameters):
        port = free_udp_port()
        bridge = start_bridge(tmp_path, f'connect:=udp:127.0.0.1:{port}', *parameters)
        process, peer = bridge.__enter__()
        served = ServedAutopilot(autopilot, UdpTransport('127.0.0.1', port, does_listen=False))
        served.__enter__()
        open_ones.append((bridge, served))
        return process, peer

    yield start
    for bridge, served in open_ones:
        served.__exit__(None, None, None)
        bridge.__exit__(None, None, None)


def test_fixes_on_a_topic_move_the_estimator_once_the_loop_is_closed(bridged):
    autopilot = switched_on('ardupilot', 'vision')
    process, peer = bridged(autopilot)
    publish = FixStream(peer, autopilot.flight)
    values = peer.wait_for_state('off', meanwhile=publish)
    assert values['loop'] == 'off' and values['sent_hz'] == 'nan'
    assert not peer.set_parameter('rate_hz', 2.0).successful
    assert 'must be one of' in peer.set_parameter('loop', 'shut').reason
    assert peer.set_parameter('loop', 'closed').successful
    values = peer.wait_for_state('fused', meanwhile=publish)
    assert (values['states'], values['loop']) == ('fused', 'closed')
    assert values['level'] == DiagnosticStatus.OK
    assert int(values['fixes']) > 0 and values['reset_counter'] == '0'
    assert 'fused: the EKF is' in values['message']
    # The fixes claim 3 m and have no error; what is left is of a machine that is busy.
    assert autopilot.error_m < 10.0
    assert process.stop() == 0
    assert 'Traceback' not in process.log()


def test_odometry_carries_the_fixes_where_it_is_asked_to(bridged):
    autopilot = switched_on('px4', 'sensor')
    # A bridge on the velocity of the autopilot would carry nothing.
    autopilot._tell = {**autopilot._tell, 'local': lambda _: None}
    _, peer = bridged(autopilot, 'autopilot:=px4', 'loop:=closed', 'motion:=odometry')
    publish_fix = FixStream(peer, autopilot.flight, late_s=1.0)

    def publish():
        peer.publish_odometry(autopilot.flight.position_en_m, time.time_ns())
        publish_fix()
        time.sleep(0.02)

    values = peer.wait_for_state('fused', meanwhile=publish)
    assert int(values['odometry']) > 10


def test_what_is_wrong_is_said_and_lived_through(bridged):
    autopilot = switched_on('px4', 'sensor')
    autopilot.parameters['EKF2_AGP0_CTRL'] = 0.0
    process, peer = bridged(autopilot, 'autopilot:=px4', 'loop:=closed')
    publish = FixStream(peer, autopilot.flight)
    values = peer.wait_for_state('not_switched_on', meanwhile=publish)
    assert values['message'].endswith('-> EKF2_AGP0_CTRL 1')
    assert 'EKF2_AGP0_CTRL 1' in values['not_switched_on']
    peer.publish_fix(np.array([math.nan, 0.0]), time.time_ns())
    peer.wait_for_state('nan_position', meanwhile=publish)
    process.check_alive()


def test_an_endpoint_that_is_none_ends_it_in_a_line(tmp_path):
    with start_bridge(tmp_path, 'connect:=ttyS0') as (process, _):
        assert process.exit_code() == 1
        assert 'parameter refused: connect: an endpoint must be' in process.log()
        assert 'Traceback' not in process.log()
