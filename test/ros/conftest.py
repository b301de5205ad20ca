# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fixtures for tests of the running node; where ROS is not installed these tests are skipped."""

from contextlib import ExitStack
import importlib.util
import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HAS_ROS = importlib.util.find_spec('rclpy') is not None
# The processes of a test find each other on this machine, and nobody else.
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


def pytest_collection_modifyitems(items):
    """Mark what lies here."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker('ros')


class WithoutRos(pytest.Module):
    """A test file that is not even imported."""

    def collect(self):
        pytest.skip('ROS 2 (rclpy) is not installed', allow_module_level=True)


if not HAS_ROS:

    def pytest_pycollect_makemodule(module_path, parent):
        """Collect a test file as skipped."""
        return WithoutRos.from_parent(parent, path=module_path)


@pytest.fixture
def node():
    """Return a bare node in a domain of its own."""
    import rclpy  # noqa: PLC0415 (absent without ROS)
    from rclpy.context import Context  # noqa: PLC0415
    from rclpy.node import Node  # noqa: PLC0415
    from visual_navsat.ros.domain import reserve_domain_id  # noqa: PLC0415

    context = Context()
    rclpy.init(context=context, domain_id=reserve_domain_id())
    node = Node('tested', context=context)
    yield node
    node.destroy_node()
    context.try_shutdown()


@pytest.fixture
def localizer(tmp_path):
    """Return a function that starts a localizer and returns it with a peer to talk to it."""
    from localizer_peer import start_localizer  # noqa: PLC0415 (it needs ROS)

    with ExitStack() as started:
        yield lambda *parameters: started.enter_context(start_localizer(tmp_path, *parameters))
