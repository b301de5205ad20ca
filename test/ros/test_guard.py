# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whatever a callback raises is one line, and a fault also a traceback in the log."""

import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from visual_navsat.errors import ImageError
from visual_navsat.ros.domain import reserve_domain_id
from visual_navsat.ros.guard import Guard


@pytest.fixture
def guard():
    context = Context()
    rclpy.init(context=context, domain_id=reserve_domain_id())
    node = Node('guarded', context=context)
    yield Guard(node)
    node.destroy_node()
    context.try_shutdown()


def raising(error):
    def callback(*_):
        raise error

    return callback


def test_a_callback_that_does_well_is_left_alone(guard):
    assert guard.wrap(lambda a, b: a + b, str)(1, 2) == 3


def test_an_error_of_ours_is_its_line(guard, capfd):
    assert guard.wrap(raising(ImageError('truncated')), str.upper)('message') == 'TRUNCATED'
    assert 'Traceback' not in capfd.readouterr().err


def test_a_fault_is_a_line_with_its_type_and_leaves_a_traceback(guard, capfd):
    line = guard.wrap(raising(KeyError('a\nb')), str)()
    assert line.startswith('unexpected KeyError: ') and '\n' not in line
    assert 'Traceback' in capfd.readouterr().err
    assert guard.wrap(raising(MemoryError()), str)() == 'unexpected MemoryError'
