# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The launch file of the replay, started by ``ros2 launch`` with stand-ins for player and RViz."""

import os
import re
import signal
import sys

import _needs_launch  # noqa: F401 (skips this file where it is absent)
from launched import install, Launch
from localizer_peer import Peer, wait_for
from makers import GSD
import numpy as np
import pytest

REPLAY = 'replay.launch.py'
pytestmark = pytest.mark.slow

# ros2 bag play is on no package index. This publishes one image as soon as the node listens, and
# ends at once, as a bag does with its last message.
PLAYER = """
import array, sys, time
import numpy as np
import rclpy
from sensor_msgs.msg import Image

if sys.argv[1:3] != ['bag', 'play']:
    sys.exit(f'not the arguments of a player: {{sys.argv}}')
print('plays', *sys.argv[3:], flush=True)
if {code} == 0:
    rgb = np.load({image!r})
    rclpy.init()
    node = rclpy.create_node('player')
    images = node.create_publisher(Image, '/image', 10)
    while images.get_subscription_count() == 0:
        time.sleep(0.01)
    # The peer of a test that has one; and what is published on a new match may get lost.
    end = time.monotonic() + 3.0
    while node.count_subscribers('/localizer/fix') == 0 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.5)
    height, width = rgb.shape[:2]
    message = Image(encoding='rgb8', width=width, height=height, step=3 * width)
    message.data = array.array('B', rgb.tobytes())
    message.header.stamp.sec = 77
    images.publish(message)
    images.wait_for_all_acked(rclpy.duration.Duration(seconds=5))
    node.destroy_node()
    rclpy.shutdown()
else:
    print('the bag is damaged', file=sys.stderr, flush=True)
sys.exit({code})
"""
RVIZ = """
import signal
signal.sigwait([signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
"""


@pytest.fixture
def replay(tmp_path, small_map):
    """Return a function that starts the replay, with a player that ends with the given code."""
    running = []
    np.save(tmp_path / 'image.npy', small_map.tile_image(5))
    (tmp_path / 'bag').mkdir()
    (tmp_path / 'params.yaml').write_text(
        f'/**:\n  ros__parameters:\n    node: {{gsd_m_per_px: {GSD}}}\n'
    )
    prefix = install(tmp_path / 'prefix')
    (prefix / 'share/ament_index/resource_index/packages/rviz2').touch()
    write_program(prefix / 'lib/rviz2/rviz2', RVIZ)

    def start(code, *arguments):
        player = PLAYER.format(code=code, image=str(tmp_path / 'image.npy'))
        write_program(tmp_path / 'bin/ros2', player)
        words = (
            *(f'bag:={tmp_path}/bag', f'map:={small_map.index}'),
            f'params_file:={tmp_path}/params.yaml',
        )
        path = os.pathsep.join([str(tmp_path / 'bin'), os.environ['PATH']])
        running.append(Launch(tmp_path, REPLAY, *words, *arguments, environment={'PATH': path}))
        return running[-1]

    yield start
    for one in running:
        one.__exit__()


def write_program(path, program):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!{sys.executable}\n{program}')
    path.chmod(0o755)


def test_the_last_answer_comes_before_the_end(replay, tmp_path):
    running = replay(0, 'rviz:=false', 'rate:=2.0')
    peer = Peer(running.domain_id)
    try:
        assert running.exit_code() == 0
        fix = wait_for(lambda: peer.fixes, 'fix of the last image')[-1]
    finally:
        peer.close()
    assert (fix.header.stamp.sec, fix.status.status) == (77, 0)
    assert f'plays {tmp_path}/bag --clock 100 --rate 2.0' in running.log()
    assert 'rviz2' not in running.log()


def test_a_player_that_dies_is_reported_with_its_code(replay):
    running = replay(3, 'rviz:=true')
    assert running.exit_code() != 0
    assert 'the bag is damaged' in running.log()
    assert 'ended with code 3; its last lines above say why' in running.log()
    assert 'Traceback' not in running.log()


def test_rviz_stays_when_the_bag_has_ended_until_it_is_closed(replay):
    running = replay(0)
    running.wait_for_line('the bag has ended; close RViz')
    pid = re.search(r'\[rviz2-\d\]: process started with pid \[(\d+)\]', running.log())
    assert running.process.poll() is None
    os.kill(int(pid[1]), signal.SIGUSR1)
    assert running.exit_code() == 0


@pytest.mark.parametrize(
    ('argument', 'words'),
    [
        ('bag:=/no/such/bag', 'bag must name a bag of rosbag2, and /no/such/bag does not exist'),
        ('rviz:=perhaps', "rviz must be true or false, got 'perhaps'"),
    ],
)
def test_a_wrong_argument_ends_the_launch_in_a_line_that_names_it(replay, argument, words):
    running = replay(0, argument)
    assert running.exit_code() != 0
    assert words in running.log()
    assert 'Traceback' not in running.log()


def test_a_map_that_is_missing_ends_the_launch_before_the_bag_is_played(replay):
    running = replay(0, 'map:=/no/such/map', 'rviz:=false')
    assert running.exit_code() != 0
    assert '/no/such/map' in running.log()
    assert 'plays' not in running.log()
