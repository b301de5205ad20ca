# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The camera's mount from recorded TF: as tf2 looks it up, and through the verb replay."""

import csv

import _needs_rosbags  # noqa: F401 (skips this file where it is absent)
from makers import GSD, SmallMap
import numpy as np
import pytest
from recorded_flight import lat_long, photo_over, Recorder, SECOND, START_NS
from visual_navsat.cli.main import main
from visual_navsat.geometry.rotation import about_up, body_from_mounted_camera
from visual_navsat.replay.recorded_tf import RecordedTf

DOWN = body_from_mounted_camera(0.0, -90.0, 0.0)
MS = 1_000_000
FACING_NORTH = np.array([0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5)])


@pytest.fixture
def recorder():
    return Recorder()


def known(recorder: Recorder) -> RecordedTf:
    tf = RecordedTf('base_link')
    for topic, _, message in recorder.messages:
        tf.add(message, topic == '/tf_static')
    return tf


def turned(yaw_deg: float) -> np.ndarray:
    """Return the rotation of something turned to the right."""
    return about_up(np.radians(-yaw_deg))


def test_a_gimbal_between_two_transforms(recorder):
    recorder.add_tf('gimbal', 'belly', DOWN, 0, START_NS)
    recorder.add_tf('base_link', 'gimbal', turned(10), START_NS, START_NS)
    recorder.add_tf('base_link', 'gimbal', turned(50), START_NS + SECOND, START_NS)
    tf = known(recorder)
    quarter = tf.body_from_camera(START_NS + SECOND // 4, 'belly')
    np.testing.assert_allclose(quarter, body_from_mounted_camera(0, -90, 20), atol=1e-12)
    last = tf.body_from_camera(START_NS + SECOND, 'belly')
    np.testing.assert_allclose(last, body_from_mounted_camera(0, -90, 50), atol=1e-12)


@pytest.mark.parametrize('offset_ns', [-1, SECOND + 1, 20 * SECOND])
def test_nothing_is_known_before_the_first_transform_and_after_the_last(recorder, offset_ns):
    for stamp_ns in (START_NS, START_NS + SECOND):
        recorder.add_tf('base_link', 'belly', DOWN, stamp_ns, START_NS)
    assert known(recorder).body_from_camera(START_NS + offset_ns, 'belly') is None


def test_transforms_are_forgotten_after_ten_seconds(recorder):
    for seconds in (0, 1, 12):
        recorder.add_tf('base_link', 'belly', DOWN, START_NS + seconds * SECOND, START_NS)
    tf = known(recorder)
    assert tf.body_from_camera(START_NS, 'belly') is None
    tf.clear()
    assert tf.body_from_camera(START_NS + 12 * SECOND, 'belly') is None


def test_what_the_vehicle_does_in_the_world_is_not_needed(recorder):
    # The camera hangs on a plate that is the parent of the vehicle's frame as well.
    recorder.add_tf('map', 'plate', turned(77), START_NS, START_NS)
    recorder.add_tf('/plate', '/base_link', turned(30), 0, START_NS)
    recorder.add_tf('plate', 'belly', turned(30) @ DOWN, 0, START_NS)
    found = known(recorder).body_from_camera(START_NS + 60 * SECOND, 'belly')
    np.testing.assert_allclose(found, DOWN, atol=1e-12)


def test_frames_that_are_not_connected(recorder):
    recorder.add_tf('base_link', 'arm', turned(5), 0, START_NS)
    recorder.add_tf('arm', 'base_link', turned(5), 0, START_NS)  # a loop, too
    assert known(recorder).body_from_camera(START_NS, 'belly') is None


def test_a_rotation_that_is_none_is_left_out(recorder):
    recorder.add_tf('base_link', 'belly', DOWN, 0, START_NS)
    recorder.messages[0][2].transforms[0].transform.rotation.w = 5.0
    assert known(recorder).body_from_camera(START_NS, 'belly') is None


def record(small_map: SmallMap, recorder: Recorder) -> Recorder:
    """Record a vehicle that faces north, with a camera whose gimbal is turned to the east."""
    recorder.add_tf('gimbal', 'belly', DOWN, 0, START_NS - SECOND)
    for number in range(3):
        stamp_ns = START_NS + number * SECOND
        recorder.add_attitude(FACING_NORTH, stamp_ns)
        # The image arrives first, and the transform after it when the node still waits for it.
        recorder.add_tf('base_link', 'gimbal', turned(90), stamp_ns - 50 * MS, stamp_ns - 20 * MS)
        pixels = np.rot90(photo_over(small_map, 140 + 20.0 * number))  # east is up
        recorder.add_image(pixels, stamp_ns, stamp_ns + 10 * MS)
        recorder.add_tf('base_link', 'gimbal', turned(90), stamp_ns + 5 * MS, stamp_ns + 55 * MS)
    return recorder


def replay(small_map, bag, out, *arguments):
    """Run the verb and return its exit code and the rows of its table."""
    words = ('replay', bag, '--map', small_map.index, '--out', out, '--gsd-m-per-px', GSD)
    topics = ('--image-topic', '/camera/image', '--attitude-topic', '/attitude')
    code = main([str(word) for word in (*words, *topics, *arguments)])
    table = out / 'fixes.csv'
    return code, list(csv.DictReader(table.open())) if table.exists() else []


@pytest.mark.slow
@pytest.mark.parametrize('is_ros1', [False, True], ids=['ROS 2', 'ROS 1'])
def test_a_flight_with_a_turned_gimbal(small_map, tmp_path, is_ros1):
    recorder = record(small_map, Recorder(is_ros1))
    bag = recorder.write(tmp_path / ('flight.bag' if is_ros1 else 'bag'))
    code, rows = replay(small_map, bag, tmp_path / 'out', '--mount-from-tf')
    assert code == 0
    for number, row in enumerate(rows):
        lat, long = lat_long(140 + 20.0 * number)
        assert float(row['latitude']) == pytest.approx(lat, abs=3e-5)  # 3 m
        assert float(row['longitude']) == pytest.approx(long, abs=3e-5)
    # Without it the attitude says that north is up, and that is nowhere on the map.
    code, rows = replay(small_map, bag, tmp_path / 'fixed')
    assert code == 0 and [row['status'] for row in rows] == ['no_fix'] * 3


@pytest.mark.slow
def test_images_whose_mount_is_not_known_are_counted(small_map, tmp_path, capsys):
    recorder = record(small_map, Recorder())
    recorder.messages = [
        entry for entry in recorder.messages if entry[0] != '/tf' or entry[1] < START_NS + SECOND
    ]
    bag = recorder.write(tmp_path / 'bag')
    code, rows = replay(small_map, bag, tmp_path / 'out', '--mount-from-tf')
    assert code == 0 and len(rows) == 3
    assert '2 images were taken when TF did not know' in capsys.readouterr().out


def test_a_recording_without_tf_is_refused_in_one_line(small_map, tmp_path, capsys):
    recorder = Recorder()
    recorder.add_image(photo_over(small_map, 140.0), START_NS)
    photos = tmp_path / 'photos'
    photos.mkdir()
    for recording in (recorder.write(tmp_path / 'bag'), photos):
        topics = ('--image-topic', '/camera/image') if recording.name == 'bag' else ()
        words = ('replay', recording, '--map', small_map.index, '--mount-from-tf', *topics)
        assert main([str(word) for word in words]) == 1
        message = capsys.readouterr().err
        assert message.count('\n') == 1
        assert f'node.mount_from_tf is true, and {recording} has no /tf or /tf_static' in message
        assert 'node.mount_roll_deg' in message
