# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Positions published for mavros, and what is said where the messages are not installed."""

import importlib.util

import _needs_pymavlink  # noqa: F401
from bridge_peer import start_bridge
from geometry_msgs.msg import PoseWithCovarianceStamped
from localizer_peer import TIMEOUT_S
from nav_msgs.msg import Odometry
from outgoing_fix import ORIGIN, outgoing
import pytest
from rclpy.executors import SingleThreadedExecutor
from visual_navsat.autopilot import topic_messages
from visual_navsat.autopilot.messages import Posture
from visual_navsat.autopilot.topic_messages import Topic
from visual_navsat.errors import ConfigError
from visual_navsat.ros.topic_sender import fill, TopicSender

POSTURE = Posture(-99.0, 0.1, 0.2, 0.3)


def test_a_pose_arrives_and_that_nobody_listens_is_noticed(node):
    sender = TopicSender(node, topic_messages.MAVROS_VISION)
    message = topic_messages.mavros_vision(outgoing(), ORIGIN, POSTURE)
    assert not sender.send(message)
    heard = []
    node.create_subscription(
        PoseWithCovarianceStamped, '/mavros/vision_pose/pose_cov', heard.append, 10
    )
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    while not heard:
        sender.send(message)
        executor.spin_once(TIMEOUT_S)
    executor.shutdown()
    (pose,) = heard
    assert pose.pose.pose.position.y == pytest.approx(100.0)
    assert pose.pose.covariance[7] == message.fields['pose']['covariance'][7]
    assert pose.header.frame_id == 'map' and pose.header.stamp.nanosec == 250_000_000


def test_every_field_of_odometry_is_one_of_the_message():
    odometry = Odometry()
    fill(odometry, topic_messages.mavros_odometry(outgoing(), ORIGIN, POSTURE).fields)
    assert odometry.pose.pose.position.x == pytest.approx(-50.0)


def test_a_field_that_the_message_lacks_is_named_unless_it_is_optional():
    fill(Odometry(), {'lat_lon_valid': True}, frozenset({'lat_lon_valid'}))
    with pytest.raises(ConfigError, match='Odometry has no field lat_lon_valid'):
        fill(Odometry(), {'lat_lon_valid': True})


def test_a_message_that_a_version_lacks_is_named(node):
    with pytest.raises(ConfigError, match='nav_msgs has no message AuxGlobalPosition'):
        TopicSender(node, Topic('x', 'nav_msgs/msg/AuxGlobalPosition', True))


@pytest.mark.skipif(importlib.util.find_spec('px4_msgs') is not None, reason='px4_msgs is here')
def test_messages_that_are_not_installed_end_the_node_in_a_line(tmp_path):
    parameters = ('connect:=tcp:127.0.0.1:1', 'autopilot:=px4', 'way:=dds_1_18')
    with start_bridge(tmp_path, *parameters) as (process, _):
        assert process.exit_code() == 1
        assert 'fmu/in/aux_global_position_v1 needs the messages of px4_msgs' in process.log()
        assert 'Traceback' not in process.log()
