# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The node's process ends with exit code 0, whatever it is doing."""

from signal import SIGINT, SIGTERM
import time

from localizer_peer import make_image_message, start_localizer, wait_for
import pytest

# The map is loaded just after the node has been taken down, and before the process ends.
LOADED_LATE = """
import threading, time
import rclpy
from visual_navsat.ros import localizer_node
from visual_navsat.tracking.localizer import Localizer

is_down = threading.Event()
load, take_down = Localizer.open, localizer_node.LocalizerNode.destroy_node
shut_down = rclpy.try_shutdown

def load_late(*args, **options):
    is_down.wait()
    return load(*args, **options)

def take_down_first(node):
    take_down(node)
    is_down.set()

def shut_down_later():
    time.sleep(3)
    shut_down()

Localizer.open = load_late
localizer_node.LocalizerNode.destroy_node = take_down_first
rclpy.try_shutdown = shut_down_later
raise SystemExit(localizer_node.main())
"""


def ended_by(*ways):
    """Run a test once for each sequence of signals."""
    ids = ['+'.join(number.name for number in signals) for signals in ways]
    return pytest.mark.parametrize('signals', ways, ids=ids)


def assert_ends_well(process, signals, pause_s=0.0):
    for number in signals:
        process.send_signal(number)
        time.sleep(pause_s)
    assert process.exit_code() == 0, process.log()
    assert 'Traceback' not in process.log()


def test_while_it_waits_for_configure(localizer):
    process, peer = localizer('node.autostart:=false')
    peer.wait_for_status(lambda *_: True, 'diagnostics')
    assert_ends_well(process, (SIGINT, SIGTERM))


@ended_by((SIGINT,), (SIGTERM,))
def test_while_it_waits_for_images_and_leaves_no_shared_memory(tmp_path, small_map, signals):
    with start_localizer(tmp_path, f'node.map:={small_map.index}') as (process, peer):
        peer.wait_until_active()
        segments = process.shared_memory()
        assert_ends_well(process, signals)
    assert segments
    assert [path for path in segments if path.exists()] == []


@ended_by((SIGINT,), (SIGTERM,), (SIGINT, SIGINT), (SIGTERM, SIGTERM))
def test_while_it_loads(localizer, small_map, signals):
    process, _ = localizer(f'node.map:={small_map.index}')
    wait_for(lambda: 'loading' in process.log(), 'loading')
    assert_ends_well(process, signals, pause_s=0.05)


def test_what_loads_to_the_end_after_the_node_does_no_harm(tmp_path, small_map):
    parameter = f'node.map:={small_map.index}'
    with start_localizer(tmp_path, parameter, program=('-c', LOADED_LATE)) as (process, _):
        wait_for(lambda: 'loading' in process.log(), 'loading')
        assert_ends_well(process, (SIGINT,))


@ended_by((SIGTERM,), (SIGINT, SIGINT))
def test_while_it_infers(localizer, small_map, signals):
    process, peer = localizer(f'node.map:={small_map.index}')
    peer.wait_until_active()
    peer.images.publish(make_image_message(small_map.ground))
    time.sleep(0.1)
    assert_ends_well(process, signals)
