# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The fields of the messages that go by ROS topics, and a bridge that sends by them."""

import math

import _needs_pymavlink  # noqa: F401
import numpy as np
from outgoing_fix import ORIGIN, outgoing, STAMP
from px4_topics import ToSensor
import pytest
from rehearsed_flight import FixMaker, START, switched_on
from visual_navsat.autopilot import messages, topic_messages
from visual_navsat.autopilot.bridge import Bridge, BridgeConfig
from visual_navsat.autopilot.messages import Posture
from visual_navsat.autopilot.target import find_target, TARGETS
from visual_navsat.errors import ConfigError
from visual_navsat_sim.autopilot.rehearsal import Rehearsal

POSTURE = Posture(-99.0, 0.1, 0.2, 0.3)


def rotation(roll, pitch, yaw):
    """Return Rz(yaw) Ry(pitch) Rx(roll), written out as in any textbook."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a), math.cos(a)) for a in (roll, pitch, yaw))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def rotation_of(q):
    x, y, z, w = q['x'], q['y'], q['z'], q['w']
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@pytest.mark.parametrize('make', [topic_messages.mavros_vision, topic_messages.mavros_odometry])
def test_a_pose_for_mavros_becomes_what_goes_by_mavlink(make):
    fields = make(outgoing(), ORIGIN, POSTURE).fields
    pose = fields['pose']['pose']
    east_m, north_m, up_m = (pose['position'][axis] for axis in 'xyz')
    assert (north_m, east_m, -up_m) == pytest.approx((100.0, -50.0, -99.0), abs=1e-6)
    # mavros turns east-north-up into north-east-down, and forward-left-up into forward-right-down.
    ned_from_enu = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])
    flu_from_frd = np.diag([1, -1, -1])
    turned = ned_from_enu @ rotation_of(pose['orientation']) @ flu_from_frd
    assert turned == pytest.approx(rotation(0.1, 0.2, 0.3), abs=1e-9)
    variance = messages.pose_covariance(3.0)[0]
    covariance = np.reshape(fields['pose']['covariance'], (6, 6))
    assert covariance[0, 0] == covariance[1, 1] == variance
    assert np.count_nonzero(covariance) == 2
    assert fields['header']['stamp'] == {'sec': 1_800_000_000, 'nanosec': 250_000_000}
    assert fields['header']['frame_id'] == 'map'


def test_odometry_for_mavros_says_that_its_velocity_is_unknown():
    fields = topic_messages.mavros_odometry(outgoing(), ORIGIN, POSTURE).fields
    assert fields['child_frame_id'] == 'base_link'
    assert math.isnan(fields['twist']['twist']['linear']['x'])
    assert math.isnan(fields['twist']['covariance'][0])


def test_gps_for_mavros_is_gps_input_with_a_header():
    by_mavlink = messages.gps_input(outgoing(), 480.0).fields
    fields = topic_messages.mavros_gps(outgoing(), 480.0).fields
    assert fields.pop('header')['stamp']['sec'] == 1_800_000_000
    assert fields == {name: v for name, v in by_mavlink.items() if name != 'time_usec'}


def test_px4_gets_what_its_estimator_reads():
    sent = outgoing(sigma=4.0)
    for message in (
        topic_messages.vehicle_global_position(sent),
        topic_messages.aux_global_position(sent),
    ):
        fields = message.fields
        assert fields['timestamp'] == 0
        assert fields['timestamp_sample'] == STAMP // 1000
        assert (fields['lat'], fields['lon']) == (sent.position.latitude, sent.position.longitude)
        assert fields['eph'] == pytest.approx(4.0)
        assert fields['lat_lon_reset_counter'] == 3
        assert math.isnan(fields['alt']) and math.isnan(fields['epv'])
    assert (fields['id'], fields['source']) == (1, 2)
    older = topic_messages.vehicle_global_position(sent)
    assert older.fields['lat_lon_valid'] is True and older.fields['alt_valid'] is False
    assert older.optional == {'lat_lon_valid', 'alt_valid'}
    assert 'id' not in older.fields


def test_a_way_by_topics_needs_them():
    for target in (target for target in TARGETS if target.topic is not None):
        with pytest.raises(ConfigError, match='start the node autopilot_bridge'):
            Bridge(None, target)


def test_positions_go_by_topics_and_the_rest_by_mavlink():
    autopilot = switched_on('px4', 'sensor')
    target = find_target('px4', 'dds_1_18')
    topics = ToSensor(autopilot)
    rehearsal = Rehearsal(autopilot, target, BridgeConfig(loop='closed'), topics)
    maker = FixMaker(rehearsal, refused=0.0, late_s=(0.3, 0.6))
    maker.run(8.0)
    assert rehearsal.state_names() == ['fused']
    assert {m.name for m in rehearsal.link.sent} == {
        'heartbeat', 'command_long', 'param_request_read'
    }  # fmt: skip
    assert topics.sent[-1]['lat'] == pytest.approx(START.latitude, abs=0.01)
    topics.has_listener = False
    maker.run(2.0)
    state = next(
        s for s in rehearsal.bridge.states(rehearsal.now_ns) if s.name == 'nobody_listens'
    )
    assert 'fmu/in/aux_global_position_v1 (px4_msgs/msg/AuxGlobalPosition)' in state.words
