# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The launch files as people start them: by ``ros2 launch``."""

from pathlib import Path

import _needs_launch  # noqa: F401 (skips this file where it is absent)
from launched import Launch
from localizer_peer import wait_for
import pytest
import rclpy
from rclpy.context import Context
from rclpy.node import Node

LOCALIZER = 'localizer.launch.py'
PAIR = 'with_robot_localization.launch.py'
pytestmark = pytest.mark.slow


@pytest.fixture
def launch(tmp_path, small_map):
    """Return a function that starts a launch file; what is left of them ends with the test."""
    running = []

    def start(file, *arguments, **environment):
        running.append(Launch(tmp_path, file, *arguments, environment=environment))
        return running[-1]

    yield start
    for one in running:
        one.__exit__()


@pytest.fixture
def observe():
    """Return a function that makes a node in a domain."""
    made = []

    def make(domain_id):
        context = Context()
        rclpy.init(context=context, domain_id=domain_id)
        made.append((Node('observer', context=context), context))
        return made[-1][0]

    yield make
    for node, context in made:
        node.destroy_node()
        rclpy.shutdown(context=context)


def test_camera_info_follows_the_images_and_every_input_has_an_argument(
    launch, observe, small_map
):
    running = launch(
        LOCALIZER,
        f'map:={small_map.index}',
        'namespace:=uav1',
        'image_topic:=/camera/image_raw',
        'imu_topic:=/mavros/imu/data',
        'heading_topic:=compass',
        'altitude_topic:=/baro',
        'odom_topic:=/vio/odometry',
        'gnss_topic:=/gps/fix',
        'use_sim_time:=true',
        'log_level:=debug',
    )
    running.wait_for_line('[uav1.localizer]: ready')
    node = observe(running.domain_id)
    expected = {
        *('/camera/image_raw', '/camera/image_raw/compressed', '/camera/camera_info'),
        *('/mavros/imu/data', '/uav1/compass', '/baro', '/vio/odometry', '/gps/fix', '/clock'),
        *('/uav1/attitude', '/uav1/range', '/uav1/initialpose'),
    }
    wait_for(
        lambda: all(node.get_subscriptions_info_by_topic(topic) for topic in expected),
        'subscription of every input',
    )
    assert node.get_publishers_info_by_topic('/uav1/localizer/fix')
    assert running.interrupt() == 0


def test_camera_info_can_be_elsewhere(launch, observe, small_map):
    running = launch(
        LOCALIZER,
        f'map:={small_map.index}',
        'image_topic:=/rect/image',
        'camera_info_topic:=/info',
    )
    running.wait_for_line('[localizer]: ready')
    node = observe(running.domain_id)
    wait_for(lambda: node.get_subscriptions_info_by_topic('/info'), 'subscription of /info')
    assert not node.get_subscriptions_info_by_topic('/rect/camera_info')


@pytest.mark.parametrize('file', [LOCALIZER, PAIR])
def test_a_wrong_map_ends_the_launch_with_a_code_and_names_argument_and_parameter(launch, file):
    running = launch(file, 'map:=/no/such/map')
    assert running.exit_code() != 0
    assert 'node.map (launch argument map): no index at /no/such/map' in running.log()
    assert 'the localizer ended with code 1' in running.log()
    assert 'Traceback' not in running.log()


def test_no_map_ends_the_launch_too(launch):
    running = launch(LOCALIZER)
    assert running.exit_code() != 0
    assert 'node.map is empty' in running.log()
    assert 'the launch argument map' in running.log()


@pytest.mark.parametrize(
    ('argument', 'words'),
    [
        ('params_file:=~/none.yaml', 'params_file must name a file'),
        ('use_sim_time:=yes', "use_sim_time must be true or false, got 'yes'"),
        ('log_level:=loud', 'Argument "log_level" provided value "loud" is not valid'),
        ('image_topic:=/', 'image_topic must name a topic'),
        ('model:=dinov3', "unknown model 'dinov3'"),
    ],
)
def test_a_wrong_argument_ends_the_launch_in_a_line_that_names_it(
    launch, small_map, argument, words
):
    running = launch(LOCALIZER, f'map:={small_map.index}', argument)
    assert running.exit_code() != 0
    assert words in running.log()
    assert 'Traceback' not in running.log()


def test_home_is_expanded_and_unknown_keys_are_said(launch, small_map, tmp_path):
    (tmp_path / 'map').symlink_to(small_map.index)
    (tmp_path / 'mine.yaml').write_text(
        '/**:\n  ros__parameters:\n    retrieval: {topk: 3}\n    node: {frame_id: cam}\n'
    )
    running = launch(LOCALIZER, 'map:=~/map', 'params_file:=~/mine.yaml', HOME=str(tmp_path))
    line = running.wait_for_line('no parameter retrieval.topk')
    assert 'did you mean retrieval.top_k?' in line
    running.wait_for_line(f'ready: {len(small_map.tiles)} tiles of {tmp_path}/map')
    assert running.log().count('no parameter') == 1


def environment_of_the_localizer(running) -> list[str]:
    line = running.wait_for_line('process started with pid')
    running.wait_for_line(']: loading')
    pid = line.rpartition('[')[2].rstrip(']')
    return Path(f'/proc/{pid}/environ').read_text().split('\0')


def test_fast_dds_gets_the_profile_for_large_images(launch, small_map, tmp_path):
    running = launch(LOCALIZER, f'map:={small_map.index}')
    set_here = [v for v in environment_of_the_localizer(running) if '_DEFAULT_PROFILES_FILE=' in v]
    assert len(set_here) == 1
    assert set_here[0].endswith('/config/fastdds_large_images.xml')
    running.wait_for_line(']: ready')
    assert 'XMLPARSER' not in running.log()


def test_a_profile_of_ones_own_is_left_alone(launch, small_map, tmp_path):
    own = tmp_path / 'own.xml'
    own.write_text('<profiles xmlns="http://www.eprosima.com"/>')
    running = launch(LOCALIZER, f'map:={small_map.index}', FASTDDS_DEFAULT_PROFILES_FILE=str(own))
    variables = environment_of_the_localizer(running)
    assert [v for v in variables if '_DEFAULT_PROFILES_FILE=' in v] == [
        f'FASTDDS_DEFAULT_PROFILES_FILE={own}'
    ]


def test_a_namespace_moves_the_localizer_and_the_filter(launch, observe, small_map):
    running = launch(
        PAIR, f'map:={small_map.index}', 'namespace:=uav1', 'imu_topic:=/mavros/imu/data',
        'use_sim_time:=true',
    )  # fmt: skip
    line = running.wait_for_line('filter /uav1/ekf_map')
    topics = {'odom0': '/uav1/localizer/odometry', 'odom1': '/uav1/odom'}
    assert str(topics | {'imu0': '/mavros/imu/data'}) in line
    assert line.endswith('True')
    running.wait_for_line('[uav1.localizer]: ready')
    node = observe(running.domain_id)
    wait_for(
        lambda: node.get_publishers_info_by_topic('/uav1/localizer/odometry'), 'tracked position'
    )


def test_without_a_namespace_the_filter_reads_the_same_file(launch, small_map):
    running = launch(PAIR, f'map:={small_map.index}')
    line = running.wait_for_line('filter /ekf_map')
    topics = {'odom0': '/localizer/odometry', 'odom1': '/odom', 'imu0': '/imu'}
    assert str(topics) in line
    assert line.endswith('False')
