# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The node's process ends with exit code 0, whatever it is doing."""

from signal import SIGINT, SIGTERM
import time

from localizer_peer import make_image_message, start_localizer, wait_for
import pytest


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


@ended_by((SIGTERM,), (SIGINT, SIGINT))
def test_while_it_infers(localizer, small_map, signals):
    process, peer = localizer(f'node.map:={small_map.index}')
    peer.wait_until_active()
    peer.images.publish(make_image_message(small_map.ground))
    time.sleep(0.1)
    assert_ends_well(process, signals)
