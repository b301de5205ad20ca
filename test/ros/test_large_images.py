# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The shipped Fast DDS profile, on a 6 MB image between two processes."""

from importlib.metadata import version
import os
from pathlib import Path
import shutil
import subprocess
import sys

from localizer_peer import Peer, TIMEOUT_S, wait_for
import pytest
import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from visual_navsat.ros.domain import reserve_domain_id
from visual_navsat.ros.large_images import profile_variable, PROFILE_VARIABLES

PROFILE = Path(__file__).resolve().parents[2] / 'config/fastdds_large_images.xml'
SHARED_MEMORY = Path('/dev/shm')
COUNT = 6

CAMERA = """
import array, sys, time
import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

rclpy.init()
node = rclpy.create_node('camera')
images = node.create_publisher(Image, sys.argv[1], qos_profile_sensor_data)
while images.get_subscription_count() == 0:
    time.sleep(0.01)
time.sleep(0.5)
message = Image(encoding='rgb8', width=1920, height=1080, step=5760)
message.data = array.array('B', bytes(5760 * 1080))
for second in range(int(sys.argv[2])):
    message.header.stamp.sec = second + 1
    images.publish(message)
    time.sleep(0.1)
time.sleep(0.5)
node.destroy_node()
rclpy.shutdown()
"""


pytestmark = pytest.mark.skipif(
    'fastrtps' not in rclpy.get_rmw_implementation_identifier(), reason='Fast DDS is not in use'
)


def start_camera(topic, count, domain_id, **environment):
    """Start a camera with images of 6 MB, 10 a second."""
    command = [sys.executable, '-c', CAMERA, topic, str(count)]
    own = {k: v for k, v in os.environ.items() if k not in PROFILE_VARIABLES}
    own['ROS_DOMAIN_ID'] = str(domain_id)
    return subprocess.Popen(command, env=own | environment)


@pytest.mark.skipif(
    not SHARED_MEMORY.is_dir() or shutil.disk_usage(SHARED_MEMORY).free < 2**28,
    reason='less than 256 MiB of shared memory',
)
def test_best_effort_images_larger_than_the_default_segment_arrive():
    domain_id = reserve_domain_id()
    peer = Peer(domain_id)
    received = []
    peer.node.create_subscription(Image, '/large', received.append, qos_profile_sensor_data)
    variable = profile_variable(version('rclpy'))
    camera = start_camera('/large', COUNT, domain_id, **{variable: str(PROFILE)})
    try:
        wait_for(lambda: len(received) >= COUNT / 2, 'half of the large images')
    finally:
        camera.wait(TIMEOUT_S)
        peer.close()
    assert all(len(message.data) == 5760 * 1080 for message in received)


def test_images_that_fast_dds_drops_are_counted_and_the_profile_is_named(localizer, small_map):
    process, peer = localizer(f'node.map:={small_map.index}', 'image_transport:=raw')
    peer.node.destroy_publisher(peer.images)
    camera = start_camera('/image', 1000, process.domain_id)
    try:
        values = peer.wait_for_status(
            lambda _, v: int(v['images_lost']) > 5 and 'too large' in v['last_problem'], 'loss'
        )
    finally:
        camera.kill()
        camera.wait()
    assert all(variable in values['last_problem'] for variable in PROFILE_VARIABLES)
    assert 'were lost on their way' in process.log() or 'lost on the way' in process.log()
