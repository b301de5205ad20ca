# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Two vehicles are told apart in the diagnostics."""

from diagnostic_msgs.msg import DiagnosticArray
from localizer_peer import TIMEOUT_S
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from visual_navsat.ros.diagnostics import NodeHealth
from visual_navsat.ros.diagnostics_publisher import DiagnosticsPublisher
from visual_navsat.ros.domain import reserve_domain_id


@pytest.fixture
def context():
    context = Context()
    rclpy.init(context=context, domain_id=reserve_domain_id())
    yield context
    context.try_shutdown()


@pytest.mark.parametrize(
    ('namespace', 'expected'),
    [('', 'localizer: localization'), ('/uav2/nav', 'uav2/nav/localizer: localization')],
)
@pytest.mark.parametrize('hardware_id', ['', 'serial 17'])
def test_name_and_hardware(context, namespace, expected, hardware_id):
    node = Node('localizer', namespace=namespace, context=context)
    heard, now = [], []
    node.create_subscription(DiagnosticArray, '/diagnostics', heard.append, 10)

    def read_status(name, now_ns):
        now.append(now_ns)
        return NodeHealth().status(name, 'image')

    publisher = DiagnosticsPublisher(node, 'localization', read_status, lambda: hardware_id)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    executor.spin_once(TIMEOUT_S)
    while not heard:
        executor.spin_once(TIMEOUT_S)
    publisher.stop()
    executor.shutdown()
    node.destroy_node()
    (status,) = heard[0].status
    assert status.name == expected
    assert status.hardware_id == hardware_id or (not hardware_id and status.hardware_id)
    assert now[0] > 1.7e18
