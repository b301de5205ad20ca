# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The node lives on under fire, in short; the bench does it for half an hour."""

from argparse import Namespace
import os

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
from bench.fire import __main__ as fire
from bench.fire.compressed_images import COMPRESSED
from bench.fire.raw_images import RAW
from bench.fire.sensors import FAULTS
import pytest

# Of rclpy's own services, which raise in our executor: the second in Jazzy's alone.
OF_RCLPY = (
    'ValueError: 99 is not a valid Parameter.Type',
    'rclpy._rclpy_pybind11.RCLError: Failed to trigger lifecycle state machine transition',
)


def test_there_are_many_ways_to_be_malformed():
    assert len(RAW) + len(COMPRESSED) + len(FAULTS) > 120
    assert not RAW.keys() & COMPRESSED.keys()


@pytest.mark.slow
def test_the_node_lives_through_all_of_it(tmp_path, monkeypatch):
    monkeypatch.delenv('ROS_DOMAIN_ID', raising=False)
    monkeypatch.setattr(fire, '_ROUNDS', 2)
    before = dict(os.environ)
    try:
        record = fire.run(Namespace(minutes=0.2, circles=2, pauses=2, seed=1), tmp_path)
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert record['exit_code'] == 0
    for name in ('calm', 'fire'):
        images = record['images'][name]
        assert images['unaccounted'] == 0
        assert images['false_fixes'] == 0
        assert images['counters']['query_errors'] == 0
    assert record['latency']['calm']['answered'] > 0
    assert all(record['map_deleted'].values())
    assert record['pauses']['unanswered'] == record['circles']['unanswered'] == 0
    assert all(fault.startswith(OF_RCLPY) for fault in record['faults'])
