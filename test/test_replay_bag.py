# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Bags of every kind give the same flight, and damaged ones one clear line."""

from contextlib import closing
import sqlite3

import _needs_rosbags  # noqa: F401 (skips this file where it is absent)
import numpy as np
import pytest
from recorded_flight import KINDS as KINDS_IN_BAG
from recorded_flight import Recorder, SECOND, START_NS
from visual_navsat.config import Config
from visual_navsat.errors import VisualNavsatError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.replay.bag import Bag
from visual_navsat.replay.recording import RecordingError
from visual_navsat.replay.stored_bag import is_bag
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.timed_image import TimedImage

TOPICS = {'image': '/camera/image', 'heading': '/compass', 'truth': '/fix'}
KINDS = {
    'mcap': {},
    'sqlite3': {'storage': 'sqlite3'},
    'mcap, messages compressed': {'compression': 'message'},
    'mcap, chunks compressed': {'compression': 'storage'},
    'sqlite3, messages compressed': {'storage': 'sqlite3', 'compression': 'message'},
    'sqlite3, file compressed': {'storage': 'sqlite3', 'compression': 'file'},
}


def picture(value: int) -> np.ndarray:
    pixels = np.full((20, 30, 3), value, np.uint8)
    pixels[0, 0] = (200, 100, 50)
    return pixels


def record(recorder: Recorder) -> Recorder:
    for number in range(3):
        stamp_ns = START_NS + number * SECOND
        recorder.add_truth(10.0 + number * 1e-4, 20.0, stamp_ns)
        recorder.add_heading(90.0 + number, stamp_ns)
        recorder.add_image(picture(number), stamp_ns, stamp_ns + 5)
    return recorder


def check_content(bag: Bag) -> None:
    """Check against what record() put in."""
    assert bag.num_images == 3
    assert bag.truth().at(START_NS + SECOND // 2) == pytest.approx((10.00005, 20.0))
    flight = Flight(Config(), LocalFrame(10, 20), Region(0.0, 0.0, 100.0, 100.0))
    images = []
    for event in bag.events():
        if isinstance(event, TimedImage):
            images.append(event)
            # What arrived before the image is known at the image, as the node would have it.
            heading = flight.sensors.heading_deg.at(event.arrival_ns)
            assert heading.value == 90.0 + len(images) - 1
        else:
            event.put_into(flight)
    assert [image.stamp_ns for image in images] == [START_NS + n * SECOND for n in range(3)]
    assert [image.arrival_ns - image.stamp_ns for image in images] == [5, 5, 5]
    assert {image.frame_id for image in images} == {'belly'}
    for number, image in enumerate(images):
        np.testing.assert_array_equal(image.read(), picture(number))


@pytest.mark.parametrize('kind', KINDS)
def test_rosbag2_of_every_storage_and_compression(tmp_path, kind):
    path = record(Recorder()).write(tmp_path / 'bag', **KINDS[kind])
    assert is_bag(path)
    with Bag(path, TOPICS) as bag:
        check_content(bag)


def test_ros_1_bag(tmp_path):
    path = record(Recorder(is_ros1=True)).write(tmp_path / 'flight.bag')
    with Bag(path, TOPICS) as bag:
        check_content(bag)


def test_compressed_images_and_a_single_file(tmp_path):
    path = record(Recorder()).write(tmp_path / 'bag')
    with Bag(next(path.glob('*.mcap')), {**TOPICS, 'image': '/camera/compressed'}) as bag:
        check_content(bag)


def test_messages_of_ros_1_are_played_as_ros_2_serialises_them(tmp_path):
    path = record(Recorder(is_ros1=True)).write(tmp_path / 'flight.bag')
    ros2 = Recorder()
    with Bag(path, TOPICS) as bag:
        role, _, raw = next(bag.messages(['truth']))
        raw_of_ros2 = bag.ros2_bytes(role, raw)
    message = ros2.store.deserialize_cdr(raw_of_ros2, 'sensor_msgs/msg/NavSatFix')
    assert (message.latitude, message.header.frame_id) == (10.0, 'belly')


def refusal(path, topics=TOPICS) -> str:
    with pytest.raises(VisualNavsatError) as raised, Bag(path, topics) as bag:
        bag.truth()
        list(bag.events())
    message = str(raised.value)
    assert '\n' not in message
    return message


def test_a_missing_topic_lists_those_that_are_there(tmp_path):
    path = record(Recorder()).write(tmp_path / 'bag')
    message = refusal(path, {'image': '/nope'})
    assert "'/nope' for --image-topic" in message
    assert '/compass (std_msgs/msg/Float64), /fix (sensor_msgs/msg/NavSatFix)' in message


def test_a_topic_of_another_type(tmp_path):
    path = record(Recorder()).write(tmp_path / 'bag')
    message = refusal(path, {**TOPICS, 'heading': '/fix', 'truth': '/fix'})
    assert 'sensor_msgs/msg/NavSatFix: --heading-topic must be std_msgs/msg/Float64' in message


def test_no_images(tmp_path):
    recorder = Recorder()
    recorder.add_truth(10.0, 20.0, START_NS)
    assert 'has no images: nothing to replay' in refusal(recorder.write(tmp_path / 'bag'))


def test_truth_without_any_fix(tmp_path):
    recorder = Recorder()
    recorder.add_image(picture(1), START_NS)
    recorder.add_truth(0.0, 0.0, START_NS, status=-1)
    assert '/fix of' in refusal(recorder.write(tmp_path / 'bag'))


def test_truth_of_a_receiver_that_loses_its_fix(tmp_path):
    recorder = Recorder()
    recorder.add_image(picture(1), START_NS)
    places = [(10.0, 20.0), (float('nan'), 20.0), (0.0, 0.0), (10.0001, 20.0)]
    for number, place in enumerate(places):
        recorder.add_truth(*place, START_NS + number * SECOND // 4)
    recorder.add_truth(10.0, 20.0, START_NS + SECOND, status=-1)
    with Bag(recorder.write(tmp_path / 'bag'), TOPICS) as bag:
        truth = bag.truth()
    assert (len(truth.samples), truth.left_out, truth.jumps) == (2, 3, 0)


def test_no_bag_at_all(tmp_path):
    assert f'there is no bag {tmp_path}/none' in refusal(tmp_path / 'none')
    (tmp_path / 'text.mcap').write_text('hello')
    assert 'cannot be opened' in refusal(tmp_path / 'text.mcap')


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_a_truncated_rosbag2(tmp_path, storage):
    path = record(Recorder()).write(tmp_path / 'bag', storage)
    data = next(file for file in path.iterdir() if file.suffix in ('.mcap', '.db3'))
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    assert 'cut off while it was recorded: try mcap recover' in refusal(path)


def test_a_truncated_ros_1_bag(tmp_path):
    path = record(Recorder(is_ros1=True)).write(tmp_path / 'flight.bag')
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 'cut off while it was recorded' in refusal(path)


def test_damage_in_the_middle_leaves_what_came_before(tmp_path):
    recorder = record(Recorder())
    path = recorder.write(tmp_path / 'bag', 'sqlite3')
    with closing(sqlite3.connect(next(path.glob('*.db3')))) as database:
        # The last image and the last true position are cut short.
        for topic in ('/camera/image', '/fix'):
            last = (
                'SELECT max(messages.id) FROM messages JOIN topics ON topic_id = topics.id '
                f"WHERE name = '{topic}'"
            )
            database.execute(f'UPDATE messages SET data = substr(data, 1, 60) WHERE id = ({last})')
        database.commit()
    images = []
    with Bag(path, TOPICS) as bag:
        assert len(bag.truth().samples) == 2
    with Bag(path, TOPICS) as bag, pytest.raises(RecordingError, match='is damaged'):
        for event in bag.events():
            images += [event] if isinstance(event, TimedImage) else []
    assert len(images) == 2


def test_one_topic_for_two_inputs(tmp_path):
    path = record(Recorder()).write(tmp_path / 'bag')
    message = refusal(path, {**TOPICS, 'altitude': '/compass'})
    assert '/compass is given for two inputs' in message


SENSORS = {
    'camera_info': 'sensor_msgs/msg/CameraInfo',
    'imu': 'sensor_msgs/msg/Imu',
    'altitude': 'std_msgs/msg/Float64',
    'range': 'sensor_msgs/msg/Range',
    'odom': 'nav_msgs/msg/Odometry',
    'initialpose': 'geometry_msgs/msg/PoseWithCovarianceStamped',
}


def record_sensors(recorder: Recorder, is_ros1: bool) -> Recorder:
    make, header = recorder.make, recorder.header(START_NS)
    quaternion = make('geometry_msgs/msg/Quaternion', x=0.0, y=0.0, z=1.0, w=0.0)
    zero = make('geometry_msgs/msg/Vector3', x=0.0, y=0.0, z=0.0)
    matrix = np.array([500.0, 0, 320, 0, 510.0, 240, 0, 0, 1])
    matrices = {'d': np.zeros(5), 'k': matrix, 'r': np.eye(3).ravel(), 'p': np.zeros(12)}
    if is_ros1:
        matrices = {name.upper(): value for name, value in matrices.items()}
    roi = make(
        'sensor_msgs/msg/RegionOfInterest',
        x_offset=0,
        y_offset=0,
        width=0,
        height=0,
        do_rectify=False,
    )
    pose = make(
        'geometry_msgs/msg/PoseWithCovariance',
        pose=make(
            'geometry_msgs/msg/Pose',
            position=make('geometry_msgs/msg/Point', x=30.0, y=40.0, z=0.0),
            orientation=quaternion,
        ),
        covariance=np.eye(6).ravel(),
    )
    twist = make(
        'geometry_msgs/msg/TwistWithCovariance',
        twist=make('geometry_msgs/msg/Twist', linear=zero, angular=zero),
        covariance=np.zeros(36),
    )
    fields = {
        'camera_info': {
            'width': 640,
            'height': 480,
            'distortion_model': 'plumb_bob',
            'roi': roi,
            'binning_x': 0,
            'binning_y': 0,
            **matrices,
        },
        'imu': {
            'orientation': quaternion,
            'orientation_covariance': np.zeros(9),
            'angular_velocity': zero,
            'angular_velocity_covariance': np.zeros(9),
            'linear_acceleration': zero,
            'linear_acceleration_covariance': np.zeros(9),
        },
        'range': {
            'radiation_type': 0,
            'field_of_view': 0.1,
            'min_range': 1.0,
            'max_range': 99.0,
            'range': 42.0,
        },
        'odom': {'child_frame_id': 'base_link', 'pose': pose, 'twist': twist},
        'initialpose': {'pose': pose},
    }
    for role, kind in SENSORS.items():
        if role == 'altitude':
            message = make(kind, data=77.0)
        else:
            message = make(kind, header=header, **fields[role])
        recorder.add(f'/{role}', START_NS, message)
    return recorder


@pytest.mark.parametrize('is_ros1', [False, True], ids=['ROS 2', 'ROS 1'])
def test_every_sensor_reaches_the_flight(tmp_path, monkeypatch, is_ros1):
    monkeypatch.setattr(
        'recorded_flight.KINDS', {**KINDS_IN_BAG, **{f'/{r}': k for r, k in SENSORS.items()}}
    )
    recorder = record_sensors(Recorder(is_ros1), is_ros1)
    recorder.add_image(picture(1), START_NS)
    path = recorder.write(tmp_path / ('flight.bag' if is_ros1 else 'bag'))
    flight = Flight(Config(), LocalFrame(10, 20), Region(0.0, 0.0, 100.0, 100.0))
    topics = {'image': '/camera/image', **{role: f'/{role}' for role in SENSORS}}
    refused = []
    with Bag(path, topics) as bag:
        for event in bag.events():
            if not isinstance(event, TimedImage):
                try:
                    event.put_into(flight)
                except VisualNavsatError as error:
                    refused.append(str(error))
    assert refused == ["initialpose is in frame 'belly': publish it in 'map'"]
    sensors = flight.sensors
    assert (sensors.camera.fx, sensors.camera.fy, sensors.camera.width) == (500.0, 510.0, 640)
    assert sensors.imu.at(START_NS).value.quaternion.tolist() == [0.0, 0.0, 1.0, 0.0]
    assert sensors.altitude_m.at(START_NS).value == 77.0
    assert sensors.range_m.at(START_NS).value[0] == 42.0
