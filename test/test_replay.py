# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The verb replay, run as a command over a real index of a tiny map."""

import csv
import json

import _needs_rosbags  # noqa: F401 (skips this file where it is absent)
import cv2
from makers import GSD
import numpy as np
from PIL import Image
import pytest
from recorded_flight import (
    lat_long,
    photo_over,
    record_flight,
    Recorder,
    SECOND,
    START_NS,
)
from visual_navsat.cli.main import main

KNOWN = ('--heading-topic', '/compass', '--gsd-m-per-px', str(GSD))
IMAGES = ('--image-topic', '/camera/image')
TRUTH = ('--truth-topic', '/fix')


@pytest.fixture(scope='module')
def bag(small_map, tmp_path_factory):
    recorder = record_flight(small_map, Recorder())
    return recorder.write(tmp_path_factory.mktemp('flight') / 'bag')


@pytest.fixture
def replay(small_map, tmp_path, capsys):
    """Return a function that runs the verb and returns its exit code, output and results."""

    def run(recording, *arguments):
        out = tmp_path / f'out{len(list(tmp_path.glob("out*")))}'
        words = ['replay', recording, '--map', small_map.index, '--out', out, *arguments]
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err, out

    return run


def test_a_flight_is_found_and_scored(replay, bag):
    code, text, out = replay(bag, *IMAGES, *KNOWN, *TRUTH)
    assert code == 0
    assert '5 images, 5 answered, 5 fixes' in text
    assert 'calibration_scale_factor: 1.0' in text and 'calibration_matches: 5, 0 left out' in text
    evaluation = json.loads((out / 'evaluation_fix.json').read_text())
    assert evaluation['n'] == 5 and evaluation['false_fixes'] == 0
    assert evaluation['error_m']['p90'] < 3.0
    tracked = json.loads((out / 'evaluation_tracked.json').read_text())
    assert tracked['n'] == 5 and tracked['false_fixes'] == 0
    rows = list(csv.DictReader((out / 'fixes.csv').open()))
    lat, long = lat_long(160.0)
    assert float(rows[1]['true_latitude']) == pytest.approx(lat, abs=1e-8)
    assert float(rows[1]['true_longitude']) == pytest.approx(long, abs=1e-8)


def test_a_table_of_photos_is_a_flight_in_the_order_of_its_times(replay, small_map, tmp_path):
    (tmp_path / 'photos').mkdir()
    lines = ['Filename,Latitude,Longitude,Yaw,GSD,Time']
    for number, second in enumerate((20.0, 10.0, 10.0)):
        east_m = 150.0 + 20.0 * number
        Image.fromarray(photo_over(small_map, east_m)).save(tmp_path / f'photos/{number}.png')
        lat, long = lat_long(east_m)
        lines.append(f'{number}.png,{lat},{long},0,{GSD},{second}')
    table = tmp_path / 'flight.csv'
    table.write_text('\n'.join(lines))
    code, text, out = replay(table, '--images', tmp_path / 'photos')
    assert code == 0 and 'flight, every image: 3 images, 3 answered, 3 fixes' in text
    queries = json.loads((out / 'evaluation_fix.json').read_text())['queries']
    assert [query['filename'] for query in queries] == ['1.png', '2.png', '0.png']
    assert [query['stamp_s'] for query in queries] == [10.0, 10.001, 20.0]
    assert max(query['error_m'] for query in queries) < 3.0


def test_images_are_those_of_a_table(replay, bag):
    code, text, _ = replay(bag, *IMAGES, '--images', 'photos')
    assert code == 1 and '--images needs a CSV of photos' in text


@pytest.mark.slow
def test_twice_the_same_byte_for_byte_but_for_the_timings(replay, bag):
    first, second = (replay(bag, *IMAGES, *KNOWN, *TRUTH)[2] for _ in range(2))
    files = [path for path in first.rglob('*') if path.is_file() and path.name != 'timings.json']
    assert len(files) == 9
    for path in files:
        assert path.read_bytes() == (second / path.relative_to(first)).read_bytes(), path.name


@pytest.mark.slow
def test_gnss_changes_no_answer(replay, small_map, bag, tmp_path):
    recorder = Recorder()
    for number in range(5):
        recorder.add_truth(-33.8, 151.3, START_NS + number * SECOND)  # 14 km away
    far = record_flight(small_map, recorder).write(tmp_path / 'far')
    columns = ['latitude', 'longitude', 'tracked_latitude', 'tracked_longitude']
    answers = []
    for recording in (bag, far):
        out = replay(recording, *IMAGES, *KNOWN, *TRUTH)[2]
        rows = csv.DictReader((out / 'fixes.csv').open())
        answers.append([[row[name] for name in columns] for row in rows])
    assert answers[0] == answers[1]


@pytest.mark.slow
def test_real_time_drops_what_the_node_would_drop(replay, bag):
    code, text, out = replay(bag, *IMAGES, *KNOWN, '--realtime', '--latency-ms', '2500')
    # Images come at 0, 1, 2, 3, 4 s; the one of 2 s is answered from 2.5 to 5 s, then that of 4 s.
    assert code == 0 and '2 images displaced by a newer one' in text
    rows = csv.DictReader((out / 'fixes.csv').open())
    assert [row['image'] for row in rows] == ['image_000001', 'image_000003', 'image_000005']


@pytest.mark.slow
def test_images_that_waited_too_long_are_refused_as_stale(replay, bag):
    # The first is answered until 2.51 s: that of 2 s is stale then, and refused at once. That of
    # 3 s is answered until 5.51 s, when that of 4 s is stale.
    flags = ('--realtime', '--latency-ms', '2500', '--image-max-age-s', '0.4')
    text, out = replay(bag, *IMAGES, *KNOWN, *flags)[1:]
    rows = csv.DictReader((out / 'fixes.csv').open())
    assert [row['reason'] for row in rows] == ['', 'stale', '', 'stale']
    assert 'refused: stale 2' in text


@pytest.mark.slow
def test_images_out_of_order_and_a_truth_that_jumps_are_counted(replay, small_map, tmp_path):
    recorder = record_flight(small_map, Recorder(), count=3)
    late = START_NS + 2 * SECOND
    recorder.add_image(photo_over(small_map, 160.0), START_NS + int(1.5 * SECOND), late + 10**8)
    recorder.add_truth(-33.8, 151.3, START_NS + 3 * SECOND)
    code, text, _ = replay(recorder.write(tmp_path / 'bag'), *IMAGES, *KNOWN, *TRUTH)
    assert code == 0
    assert '4 images, 3 answered' in text
    assert '1 images not newer than the one before: dropped' in text
    assert 'the truth jumps 1 times' in text


def test_an_image_that_cannot_be_read_and_a_heading_that_is_none(replay, small_map, tmp_path):
    recorder = record_flight(small_map, Recorder(), count=2)
    topic, _, image = next(m for m in recorder.messages if m[0] == '/camera/compressed')
    image.data[:] = 0
    recorder.add_heading(float('nan'), START_NS + 2 * SECOND)
    code, text, out = replay(
        recorder.write(tmp_path / 'bag'), '--image-topic', topic, *KNOWN, *TRUTH
    )
    assert code == 0
    assert '1 images could not be read' in text
    assert '1 measurements ignored: heading must be a finite number, got nan' in text
    queries = json.loads((out / 'evaluation_fix.json').read_text())['queries']
    assert [query['reason'] for query in queries] == ['unreadable', None]


def test_a_recording_without_truth_is_answered_and_not_scored(replay, bag):
    code, text, out = replay(bag, *IMAGES, *KNOWN)
    assert code == 0 and 'no truth: nothing to compare with' in text
    assert not list(out.glob('evaluation*'))


@pytest.mark.parametrize(
    ('arguments', 'complaint'),
    [
        ((), 'is a bag: name its images with --image-topic'),
        (('--image-topic', '/nope'), "has no topic '/nope'"),
        ((*IMAGES, '--latency-ms', '5'), '--latency-ms needs --realtime'),
        ((*IMAGES, '--rate', '2'), '--attach and --rate need --ros'),
        ((*IMAGES, '--hfov-deg', '200'), 'below 180 degrees, got 200'),
    ],
)
def test_arguments_that_make_no_sense(replay, bag, arguments, complaint):
    code, text, out = replay(bag, *arguments)
    assert code == 1 and complaint in text and text.count('\n') == 1
    assert not out.exists()


def test_a_path_that_is_no_recording(replay, tmp_path):
    code, text, _ = replay(tmp_path / 'none.bag', *IMAGES)
    assert code == 1 and 'there is no recording' in text
    (tmp_path / 'notes.txt').write_text('hello')
    assert 'is not a recording: give a rosbag2' in replay(tmp_path / 'notes.txt')[1]


@pytest.mark.slow
def test_photos_in_the_order_of_their_time(replay, small_map, tmp_path):
    folder = tmp_path / 'photos'
    folder.mkdir()
    for number, name in enumerate(('c.jpg', 'a.jpg', 'b.jpg')):
        exif = Image.Exif()
        seconds = f'2024:10:30 10:05:{15 + number:02d}'
        exif._ifds[0x8769] = {0x9003: seconds}
        east_m = 140 + 20.0 * number
        exif._ifds[0x8825] = gps_tags(*lat_long(east_m))
        Image.fromarray(photo_over(small_map, east_m)).save(folder / name, exif=exif, quality=95)
    code, text, out = replay(folder, '--gsd-m-per-px', GSD)
    assert code == 0, text
    rows = list(csv.DictReader((out / 'fixes.csv').open()))
    assert [row['image'] for row in rows] == ['c.jpg', 'a.jpg', 'b.jpg']
    assert rows[0]['stamp_s'] == '1730282715.000000000'  # 2024-10-30 10:05:15 UTC
    assert float(rows[1]['true_latitude']) == pytest.approx(lat_long(160.0)[0], abs=1e-6)


def gps_tags(lat: float, long: float) -> dict:
    """Return the EXIF of a position in the north and the east."""

    def parts(degrees):
        whole = int(degrees)
        minutes = (degrees - whole) * 60
        return float(whole), float(int(minutes)), (minutes - int(minutes)) * 60

    return {1: 'N', 2: parts(lat), 3: 'E', 4: parts(long)}


def test_a_folder_without_photos(replay, tmp_path):
    (tmp_path / 'empty').mkdir()
    assert 'has no photos and no metadata.yaml' in replay(tmp_path / 'empty')[1]


@pytest.fixture
def video(small_map, tmp_path):
    """Write two seconds at 10 frames a second that fly 20 m east, and return the video."""
    path = tmp_path / 'flight.avi'
    size = photo_over(small_map, 150).shape[1::-1]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, size)
    for number in range(21):
        writer.write(np.ascontiguousarray(photo_over(small_map, 150 + number)[..., ::-1]))
    writer.release()
    return path


def subtitle(number: int, lat: float, long: float) -> str:
    times = (
        f'00:00:{number // 10:02d},{number % 10}00 --> 00:00:{number // 10:02d},{number % 10}99'
    )
    place = f'[latitude: {lat:.7f}] [longitude: {long:.7f}] [gb_yaw: 0.0 gb_pitch: -90.0]'
    return f'{number + 1}\n{times}\n{place}\n\n'


@pytest.mark.slow
def test_a_video_with_its_subtitles(replay, video):
    text = ''.join(subtitle(n, *lat_long(150.0 + n)) for n in range(21))
    video.with_suffix('.SRT').write_text(text)
    code, text, out = replay(video, '--gsd-m-per-px', GSD, '--step-s', '0.5')
    assert code == 0, text
    assert '5 images, 5 answered, 5 fixes' in text
    evaluation = json.loads((out / 'evaluation_fix.json').read_text())
    assert evaluation['error_m']['p90'] < 3.0


def test_videos_that_cannot_be_read(replay, video, tmp_path):
    video.with_suffix('.SRT').write_text('1\n00:00:00,000 --> 00:00:01,000\nHello\n')
    assert 'has a position such as' in replay(video)[1]
    (tmp_path / 'noise.mp4').write_bytes(bytes(range(256)) * 50)
    code, text, _ = replay(tmp_path / 'noise.mp4')
    assert code == 1 and 'as a video: it may be cut off' in text


@pytest.mark.slow
def test_a_truncated_video_leaves_what_came_before(replay, video):
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    code, text, out = replay(video, '--gsd-m-per-px', GSD, '--step-s', '0.5')
    assert code == 1 and 'of its 21 frames' in text
    # The first half of 21 frames, of which every fifth is taken.
    assert 2 <= len(list(csv.DictReader((out / 'fixes.csv').open()))) <= 3


@pytest.mark.slow
def test_the_report_shows_the_images_of_the_bag(replay, bag, tmp_path):
    pytest.importorskip('matplotlib')
    page = tmp_path / 'page.html'
    code, text, out = replay(bag, *IMAGES, *KNOWN, *TRUTH, '--report', page)
    assert code == 0, text
    html = page.read_text()
    without_pictures = tmp_path / 'without.html'
    # The evaluation without its timings is a run like any other.
    assert main(['report', str(out / 'evaluation_fix.json'), '--out', str(without_pictures)]) == 0
    pictures = 'data:image/jpeg'
    assert html.count(pictures) - without_pictures.read_text().count(pictures) >= 5


@pytest.mark.slow
def test_fail_if(replay, bag):
    assert replay(bag, *IMAGES, *KNOWN, *TRUTH, '--fail-if', 'p90>20')[0] == 0
    code, text, _ = replay(bag, *IMAGES, *KNOWN, *TRUTH, '--fail-if', 'fixes<100')
    assert code == 3 and '--fail-if: ' in text


@pytest.mark.parametrize('flags', [('--report', 'x.html'), ('--fail-if', 'p90>20')])
def test_what_needs_a_truth_says_so_before_it_runs(replay, bag, flags):
    code, text, out = replay(bag, *IMAGES, *KNOWN, *flags)
    assert code == 1 and f'{flags[0]} needs true positions' in text
    assert text.count('\n') == 1 and not out.exists()


def test_messages_with_a_stamp_that_no_clock_shows_are_ignored_and_said(
    replay, small_map, tmp_path
):
    recorder = record_flight(small_map, Recorder(), count=2)
    recorder.add_image(photo_over(small_map, 0.0), -SECOND, START_NS + 1)
    recorder.add_truth(46.5, 7.9, -SECOND)
    topic, _, message = recorder.messages.pop()
    recorder.add(topic, START_NS + 2, message)
    code, text, _ = replay(recorder.write(tmp_path / 'bag'), *IMAGES, *KNOWN, *TRUTH)
    assert code == 0
    assert '2 images, 2 answered' in text
    assert '1 measurements ignored: image must have a stamp' in text and 'got -1 s' in text
    assert '1 messages of the truth have no position: left out' in text
