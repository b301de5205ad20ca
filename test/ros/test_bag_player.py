# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A bag played to the real node gives the answers of the replay without ROS."""

import csv
import json
from pathlib import Path
import signal
import subprocess
import sys

import _needs_rosbags  # noqa: F401 (skips this file where it is absent)
from localizer_peer import TIMEOUT_S, wait_for
from makers import GSD
import pytest
from recorded_flight import record_flight, Recorder
from visual_navsat.cli.main import main
from visual_navsat.ros.domain import reserve_domain_id
from visual_navsat.ros.node_process import LocalizerProcess

COUNT = 4
TOPICS = ('--heading-topic', '/compass', '--truth-topic', '/fix', '--gsd-m-per-px', str(GSD))


@pytest.fixture(scope='module')
def bags(small_map, tmp_path_factory):
    """Return the same flight as recorded by ROS 2 and by ROS 1."""
    folder = tmp_path_factory.mktemp('flight')
    return {
        'ROS 2': record_flight(small_map, Recorder(), COUNT).write(folder / 'bag'),
        'ROS 1': record_flight(small_map, Recorder(is_ros1=True), COUNT).write(
            folder / 'flight.bag'
        ),
    }


@pytest.fixture
def domain(monkeypatch):
    """Let this process and those that it starts meet in a domain of their own."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(reserve_domain_id()))
    monkeypatch.setenv('OMP_NUM_THREADS', '1')


@pytest.fixture
def replay(small_map, tmp_path, domain):
    """Return a function that runs the verb and returns its rows and summary."""

    def run(bag, image_topic, *arguments):
        out = tmp_path / f'out{len(list(tmp_path.glob("out*")))}'
        words = ('replay', bag, '--map', small_map.index, '--out', out, *TOPICS)
        assert main([*map(str, words), '--image-topic', image_topic, *arguments]) == 0
        rows = list(csv.DictReader((out / 'fixes.csv').open()))
        return rows, json.loads((out / 'replay.json').read_text())

    return run


def test_a_node_that_cannot_start_says_why(small_map, bags, domain, capsys):
    words = ('replay', bags['ROS 2'], '--map', small_map.index, '--ros', *TOPICS)
    words += ('--image-topic', '/camera/image', '--checkpoint', '/no/such.pth')
    assert main([*map(str, words)]) == 1
    error = capsys.readouterr().err
    assert 'the node cannot start: ' in error and '/no/such.pth' in error


def positions(rows) -> list[list[float]]:
    names = ('stamp_s', 'latitude', 'longitude', 'tracked_latitude', 'tracked_longitude')
    return [[float(row[name] or 'nan') for name in names] for row in rows]


@pytest.mark.parametrize(
    ('recorded_by', 'image_topic'), [('ROS 2', '/camera/image'), ('ROS 1', '/camera/compressed')]
)
def test_no_message_is_lost_and_the_answers_are_the_same(replay, bags, recorded_by, image_topic):
    rows, summary = replay(bags[recorded_by], image_topic, '--ros', '--rate', '0.4')
    assert (summary['images'], summary['answered']) == (COUNT, COUNT)
    assert (summary['lost'], summary['dropped'], summary['stale']) == (0, 0, 0)
    expected, _ = replay(bags[recorded_by], image_topic)
    assert positions(rows) == [pytest.approx(row, nan_ok=True) for row in positions(expected)]


def child_processes(process: int) -> list[int]:
    """Return the processes that the main thread of a process started."""
    children = Path(f'/proc/{process}/task/{process}/children')
    return [int(number) for number in children.read_text().split()] if children.exists() else []


def is_alive(process: int) -> bool:
    status = Path(f'/proc/{process}/stat')
    return status.exists() and status.read_text().rpartition(')')[2].split()[0] != 'Z'


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_replay_that_is_ended_ends_its_node(small_map, bags, domain, number):
    words = ('replay', bags['ROS 2'], '--map', small_map.index, '--ros', *TOPICS)
    words += ('--image-topic', '/camera/image', '--rate', '0.01')
    command = [sys.executable, '-m', 'visual_navsat.cli.main', *map(str, words)]
    replay = subprocess.Popen(command, start_new_session=True)
    try:
        wait_for(lambda: child_processes(replay.pid), 'node')
        (node,) = child_processes(replay.pid)
        replay.send_signal(number)
        assert replay.wait(TIMEOUT_S) in (-number, 130)
        assert not is_alive(node)
    finally:
        replay.kill()


def test_a_node_that_runs_already(replay, bags, small_map, tmp_path):
    node = LocalizerProcess(
        {'node.map': str(small_map.index), 'node.gsd_m_per_px': GSD, 'use_sim_time': True},
        tmp_path / 'node.log',
        {'image': '/camera/image', 'heading': '/compass'},
    )
    try:
        for _ in range(2):  # the second time its clock goes back, and its counters go on
            _, summary = replay(
                bags['ROS 2'], '/camera/image', '--ros', '--attach', '--rate', '0.4'
            )
            assert (summary['answered'], summary['lost']) == (COUNT, 0)
            assert summary['fixes'] == COUNT
        node.check_alive()
    finally:
        node.stop()
