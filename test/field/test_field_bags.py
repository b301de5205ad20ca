# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Bags as recorders leave them: without metadata, stamps, summary or end, or with other topics."""

from contextlib import closing
import json
from pathlib import Path
import shutil
import sqlite3

import _needs_rosbags  # noqa: F401 (skips this file where it is absent)
from mcap.records import Chunk
from mcap.stream_reader import breakup_chunk, StreamReader
from mcap.writer import CompressionType, Writer
import numpy as np
import pytest
from recorded_flight import Recorder, SECOND, START_NS
from visual_navsat.errors import VisualNavsatError
from visual_navsat.replay.bag import Bag
from visual_navsat.replay.stored_bag import is_bag
from visual_navsat.tracking.timed_image import TimedImage

DATA = Path(__file__).parent / 'data'
TOPICS = {'image': '/cam/compressed', 'heading': '/hdg', 'altitude': '/alt', 'truth': '/gps'}
CASES = {
    'bag-stampzero': 'bag',
    'bag-nometadata': 'bag',
    'mcap-jsonchannel': 'flight.mcap',
    'mcap-nosummary': 'flight.mcap',
}
FLAGS = [word for role, topic in TOPICS.items() for word in (f'--{role}-topic', topic)]


@pytest.mark.parametrize(('case', 'name'), CASES.items())
def test_the_flight_is_found_where_it_was(case, name, field_index, command, tmp_path):
    path = DATA / case / name
    out = tmp_path / 'out'
    words = ('replay', path, '--map', field_index, *FLAGS, '--hfov-deg', 71.6, '--out', out)
    done = command(*words)
    assert done.code == 0, done.err
    result = json.loads((out / 'evaluation_fix.json').read_text())
    assert (result['n'], result['refused'], result['false_fixes']) == (3, 0, 0)
    assert result['error_m']['p90'] < 5.0
    notes = json.loads((out / 'replay.json').read_text())['notes']
    said = {
        'bag-stampzero': ['/gps has stamps of 0', '/cam/compressed has stamps of 0'],
        'bag-nometadata': [f'{path} has no metadata.yaml'],
    }
    assert len(notes) == len(said.get(case, []))
    for note, begin in zip(notes, said.get(case, []), strict=True):
        assert note.startswith(begin)
        assert done.out.count(note) == 1


def content(path, topics=TOPICS):
    """Return stamps and arrivals of the images, true positions, and what was unusual."""
    with Bag(path, topics) as bag:
        truth = bag.truth()
        images = [event for event in bag.events() if isinstance(event, TimedImage)]
    times = [(image.stamp_ns, image.arrival_ns) for image in images]
    return times, [sample.stamp_ns for sample in truth.samples], list(bag.notes)


def refusal(path, topics=TOPICS):
    with pytest.raises(VisualNavsatError) as raised, Bag(path, topics) as bag:
        list(bag.events())
    assert '\n' not in str(raised.value)
    return str(raised.value)


def field_messages():
    """Return schemas, channels and messages of the good field flight."""
    with (DATA / 'mcap-jsonchannel' / 'flight.mcap').open('rb') as file:
        records = []
        for record in StreamReader(file, emit_chunks=True).records:
            records += breakup_chunk(record) if isinstance(record, Chunk) else [record]
    return records


def write_mcap(path, chunk_bytes=50_000, **options):
    """Write the field flight anew; protobuf's schemas are bytes that are no text."""
    named = {type(record).__name__: [] for record in field_messages()}
    for record in field_messages():
        named[type(record).__name__].append(record)
    with path.open('wb') as file:
        writer = Writer(file, chunk_size=chunk_bytes, **options)
        writer.start('ros2')
        schemas = {
            one.id: writer.register_schema(
                one.name,
                'protobuf' if one.encoding == 'jsonschema' else one.encoding,
                b'\n\xff\xfe\x80' if one.encoding == 'jsonschema' else one.data,
            )
            for one in {one.id: one for one in named['Schema']}.values()
        }
        channels = {
            one.id: writer.register_channel(
                one.topic, one.message_encoding, schemas[one.schema_id]
            )
            for one in {one.id: one for one in named['Channel']}.values()
        }
        for one in named['Message']:
            writer.add_message(channels[one.channel_id], one.log_time, one.data, one.publish_time)
        writer.finish()
    return path


OPTIONS = {
    'protobuf beside': {},
    'zstd': {'compression': CompressionType.ZSTD},
    'lz4': {'compression': CompressionType.LZ4},
    'without chunks': {'use_chunking': False},
    'without statistics': {'use_statistics': False},
    'without summary': {'use_summary_offsets': False, 'use_statistics': False},
    'without channels in the summary': {'repeat_channels': False, 'repeat_schemas': False},
}


@pytest.mark.parametrize('options', OPTIONS.values(), ids=OPTIONS)
def test_mcap_of_every_writer(tmp_path, options):
    images, truth, notes = content(write_mcap(tmp_path / 'a.mcap', **options))
    assert len(images) == 3 and len(truth) == 3 and notes == []


def test_mcap_that_was_cut_off_gives_what_is_whole(tmp_path):
    path = write_mcap(tmp_path / 'a.mcap')
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    images = []
    cut = r'whole up to byte \d+: .* try mcap recover'
    with pytest.raises(VisualNavsatError, match=cut), Bag(path, TOPICS) as bag:
        for event in bag.events():
            images += [event] if isinstance(event, TimedImage) else []
    assert 1 <= len(images) < 3


def test_a_topic_of_json_is_named():
    path = DATA / 'mcap-jsonchannel' / 'flight.mcap'
    message = refusal(path, {**TOPICS, 'heading': '/log'})
    assert '/log of' in message and 'holds no messages of ROS 2 (json, foxglove.Log)' in message


OURS = {'image': '/camera/image', 'truth': '/fix'}


def recorded(path, stamp_ns=START_NS, is_ros1=False, **storage):
    recorder = Recorder(is_ros1)
    for number in range(4):
        image = np.full((20, 20, 3), number * 10, np.uint8)
        arrival_ns = START_NS + number * SECOND
        recorder.add_image(image, stamp_ns and stamp_ns + number * SECOND, arrival_ns)
        recorder.add_truth(10.0, 20.0, stamp_ns and stamp_ns + number * SECOND)
        recorder.messages[-1] = ('/fix', arrival_ns, recorder.messages[-1][2])
    return recorder.write(path, **storage)


@pytest.mark.parametrize('is_ros1', [False, True], ids=['ROS 2', 'ROS 1'])
def test_stamps_of_zero_become_the_time_of_arrival(tmp_path, is_ros1):
    path = recorded(tmp_path / ('a.bag' if is_ros1 else 'a'), stamp_ns=0, is_ros1=is_ros1)
    images, truth, notes = content(path, OURS)
    times = [START_NS + number * SECOND for number in range(4)]
    assert images == [(time, time) for time in times] and truth == times
    assert len(notes) == 2
    with Bag(path, OURS) as bag:  # as it is played to the node
        role, arrival_ns, raw = next(bag.messages(['image']))
        raw = bag.ros2_bytes(role, raw)
    header = Recorder().store.deserialize_cdr(raw, 'sensor_msgs/msg/Image').header
    assert header.stamp.sec * SECOND + header.stamp.nanosec == arrival_ns
    assert header.frame_id == 'belly'


STORAGES = {
    'mcap': {},
    'sqlite3': {'storage': 'sqlite3'},
    'mcap, messages compressed': {'compression': 'message'},
    'sqlite3, file compressed': {'storage': 'sqlite3', 'compression': 'file'},
}


@pytest.mark.parametrize('storage', STORAGES.values(), ids=STORAGES)
@pytest.mark.parametrize('metadata', [None, '{', 'a: 1', '[]', 'rosbag2_bagfile_information: 5'])
def test_metadata_that_are_gone_or_damaged(tmp_path, storage, metadata):
    path = recorded(tmp_path / 'bag', **storage)
    (path / 'metadata.yaml').unlink()
    if metadata is not None:
        (path / 'metadata.yaml').write_text(metadata)
    assert is_bag(path)
    images, truth, (note,) = content(path, OURS)
    assert len(images) == len(truth) == 4
    assert ('damaged' in note) == (metadata is not None) and 'ros2 bag reindex' in note


def test_a_split_bag_is_one(tmp_path):
    path = recorded(tmp_path / 'bag')
    (file,) = path.glob('*.mcap')
    for number in (0, 1, 10):
        shutil.copyfile(file, path / f'part_{number}.mcap')
    file.unlink()
    images, _, (note,) = content(path, OURS)
    assert len(images) == 12 and images == sorted(images)
    assert 'bag.mcap' in note  # of which metadata.yaml speaks


def test_a_folder_without_any_storage(tmp_path):
    (tmp_path / 'metadata.yaml').write_text('a: 1')
    assert 'has no .db3 or .mcap' in refusal(tmp_path, OURS)


def test_an_empty_file_and_an_unfinished_one(tmp_path):
    for name in ('a.mcap', 'a.db3', 'a.bag'):
        (tmp_path / name).write_bytes(b'')
        assert 'cannot be opened' in refusal(tmp_path / name, OURS)
    (tmp_path / 'a.bag.active').write_bytes(b'#ROSBAG V2.0')
    assert 'rosbag reindex' in refusal(tmp_path / 'a.bag.active', OURS)


def test_what_sqlite_has_not_written_into_the_bag_yet_is_read(tmp_path):
    path = recorded(tmp_path / 'bag', storage='sqlite3')
    (file,) = path.glob('*.db3')
    killed = tmp_path / 'killed'
    with closing(sqlite3.connect(file)) as database:
        database.execute('PRAGMA journal_mode = WAL')
        first = 'SELECT topic_id, timestamp + 9000000000, data FROM messages ORDER BY id LIMIT 1'
        database.execute(f'INSERT INTO messages (topic_id, timestamp, data) {first}')
        database.commit()
        shutil.copytree(path, killed)  # as it is when its recorder is killed now
    before = (killed / file.name).read_bytes()
    images, _, (note,) = content(killed, OURS)
    assert len(images) == 5 and 'was not closed by its recorder' in note
    assert (killed / file.name).read_bytes() == before


def test_a_broken_definition_of_another_topic_does_no_harm(tmp_path):
    path = recorded(tmp_path / 'bag', storage='sqlite3')
    with closing(sqlite3.connect(next(path.glob('*.db3')))) as database:
        other = "topic_type = 'nav_msgs/msg/Odometry'"
        database.execute(
            f"UPDATE message_definitions SET encoded_message_definition = 'x y z' WHERE {other}"
        )
        database.commit()
    images, _, notes = content(path, OURS)
    assert len(images) == 4 and notes == []


@pytest.mark.parametrize('field', ['float64 latitude', 'uint8 position_covariance_type'])
def test_a_type_without_one_of_its_fields_is_refused(tmp_path, field):
    path = recorded(tmp_path / 'bag', storage='sqlite3')
    with closing(sqlite3.connect(next(path.glob('*.db3')))) as database:
        new = f"replace(encoded_message_definition, '{field}', '{field}x')"
        database.execute(f'UPDATE message_definitions SET encoded_message_definition = {new}')
        database.commit()
    message = refusal(path, OURS)
    assert f'defines sensor_msgs/msg/NavSatFix without {field.split()[1]}' in message


def test_a_topic_of_another_serialisation_is_named(tmp_path):
    path = recorded(tmp_path / 'bag', storage='sqlite3')
    with closing(sqlite3.connect(next(path.glob('*.db3')))) as database:
        database.execute("UPDATE topics SET serialization_format = 'json' WHERE name = '/fix'")
        database.commit()
    assert '(json, sensor_msgs/msg/NavSatFix)' in refusal(path, OURS)
    with Bag(path, {'image': '/camera/image'}) as bag:
        assert len(list(bag.events())) == 4
