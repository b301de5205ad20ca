# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Messages wait until somebody looks, and no executor takes them."""

import time

from localizer_peer import wait_for
from nav_msgs.msg import Odometry
import pytest
from rclpy.executors import SingleThreadedExecutor
from visual_navsat.ros.polled_topic import PolledTopic


def test_the_newest_is_taken_and_few_of_those_before(node):
    polled = PolledTopic(node, Odometry, 'odom')
    publisher = node.create_publisher(Odometry, 'odom', 10)
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    wait_for(publisher.get_subscription_count, 'subscription')
    for x in range(25):
        message = Odometry()
        message.pose.pose.position.x = float(x)
        publisher.publish(message)
        time.sleep(0.001)
    executor.spin_once(0.1)  # takes none of them
    taken = []

    def newest_has_come():
        taken.extend(polled.decode(data).pose.pose.position.x for data in polled.take())
        return taken and taken[-1] == 24.0

    wait_for(newest_has_come, 'newest message')
    assert taken == sorted(taken) and len(taken) < 25
    assert polled.take() == []
    executor.shutdown()


def test_what_is_no_message_is_an_error_of_the_decoder(node):
    polled = PolledTopic(node, Odometry, 'odom')
    with pytest.raises(Exception, match=r'.'):
        polled.decode(b'\x00\x01')
