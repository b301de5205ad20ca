# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Captions of every generation of drones, in files and inside videos; truths in wrong columns."""

from fractions import Fraction
import json
from pathlib import Path
import shutil

import pytest
from visual_navsat.replay.caption import Caption, read_caption
from visual_navsat.replay.positions import read_subtitles
from visual_navsat.replay.recording import RecordingError
from visual_navsat.replay.subtitles import read_subtitle_file
from visual_navsat.replay.video import Video

DATA = Path(__file__).parent / 'data'
VIDEO = DATA / '_video' / 'flight.mp4'
TRUTH = json.loads((DATA / '_video' / 'truth.json').read_text())
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ('case', 'p90_m'),
    [
        # Positions of 4 decimals are up to 6.7 m off.
        ('srt-m300-latlon/flight.SRT', 7.0),
        ('srt-decimal-comma/flight.SRT', 2.0),
        ('ass-autel/flight.ass', 7.0),
    ],
)
@pytest.mark.slow
def test_the_flight_is_found_where_its_captions_say(case, p90_m, field_index, command, tmp_path):
    shutil.copyfile(VIDEO, tmp_path / 'flight.mp4')
    shutil.copyfile(DATA / case, tmp_path / Path(case).name)  # beside it, and not named
    # Every second image: the captions do not say the heading, and all are tried.
    words = ('--map', field_index, '--hfov-deg', 71.6, '--step-s', 2, '--out', tmp_path / 'out')
    done = command('replay', tmp_path / 'flight.mp4', *words)
    assert done.code == 0, done.err
    result = json.loads((tmp_path / 'out' / 'evaluation_fix.json').read_text())
    assert (result['n'], result['refused'], result['false_fixes']) == (3, 0, 0)
    assert result['error_m']['p90'] < p90_m
    assert result['conditions']['known'] == ['height', 'camera']


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('GPS(9.0082,47.8542,15) BAROMETER:100.5', Caption(47.8542, 9.0082, 100.5, None, False)),
        ('GPS(47.8542,9.0082,0.0M) BAROMETER:99.5', Caption(47.8542, 9.0082, 99.5, None, False)),
        ('GPS(-23.5,-146.6,0.0M)', Caption(-23.5, -146.6)),
        ('GPS (120.5, 24.5, 15)', Caption(24.5, 120.5)),
        ('GPS(24.5,120.5,15)', Caption(24.5, 120.5)),
        ('GPS(E: 9.0082, N: 47.8542, 560) ReH:100 ', Caption(47.8542, 9.0082, 100.0)),
        ('GPS(W: 9.0082, S: 47.8542, 560)', Caption(-47.8542, -9.0082)),
        ('GPS(47.8542N, 9.0082W, 560)', Caption(47.8542, -9.0082)),
        ('GPS (9,0082, 47,8542, 15) H 80,5m', Caption(47.8542, 9.0082, 80.5, None, False)),
        ('HOME(8.1,46.2) 2024.5.1\nGPS(9.0,47.0,15)', Caption(47.0, 9.0, None, None, False)),
        (
            'F/2.8, SS 206.14, ISO 150, EV 0, GPS (9.0, 47.0, 15), D 24.2m, H 119.70m, H.S 5.1m/s',
            Caption(47.0, 9.0, 119.7, None, False),
        ),
        ('[latitude: 47,854241] [longitude: 9,008154] [rel_alt: 100,5 abs_alt: 560,1]',
         Caption(47.854241, 9.008154, 100.5)),
        ('[latitude : 47.5] [longtitude : -9.5] [altitude: 2.0]', Caption(47.5, -9.5)),
        ('lat: 47.5 S, lon: 9.5 W, alt: 3', Caption(-47.5, -9.5)),
        ('lat: N 47.5 lon: E 9.5 Speed: 5 S', Caption(47.5, 9.5)),
        ('<font size="28">{\\an8}latitude=47.5 longitude=9.5</font>', Caption(47.5, 9.5)),
        ('[gb_yaw: 20,5 gb_pitch: -90] latitude: 47.5 longitude: 9.5',
         Caption(47.5, 9.5, None, 20.5)),
        ('GPS(0.0000,0.0000,0) BAROMETER:0.0', None),
        ('[latitude: 0.000000] [longitude: 0.000000]', None),
        ('GPS(N/A)', None),
        ('GPS(47,9,15)', None),
        ('GPS(299.0, 47.0, 1)', None),
        ('no words about it', None),
    ],
)  # fmt: skip
def test_captions(text, said):
    assert read_caption(text) == said


SRT = (DATA / 'srt-m300-latlon' / 'flight.SRT').read_text()
ENCODINGS = ('utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-16-be')


@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize('end', ['\n', '\r\n', '\r'])
def test_every_encoding_and_end_of_line(tmp_path, encoding, end):
    path = tmp_path / 'flight.srt'
    path.write_bytes(SRT.replace('\n', end).encode(encoding))
    positions = read_subtitles(path)
    assert [position.time_ns for position in positions] == [n * SECOND for n in range(5)]
    assert (positions[0].latitude, positions[0].longitude) == (47.8542, 9.0082)


def test_times_of_webvtt_and_those_of_ass_with_other_fields(tmp_path):
    path = tmp_path / 'flight.vtt'
    path.write_text('WEBVTT\n\n01:02.500 --> 01:03.000\nlat: 47.5 lon: 9.5\n')
    assert [time_ns for time_ns, _ in read_subtitle_file(path)] == [62_500_000_000]
    path.write_text(
        '[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n[Events]\n'
        'Format: Start, End, Text\nDialogue: 1:00:00.25,1:00:01.00,GPS(N: 47.5, E: 9.5)\n'
        'Dialogue: broken\n'
    )
    assert read_subtitle_file(path) == [(3_600_250_000_000, 'GPS(N: 47.5, E: 9.5)')]


def test_no_subtitles_at_all(tmp_path):
    (tmp_path / 'a.srt').write_text('hello')
    with pytest.raises(RecordingError, match='has no subtitles: give SRT, WebVTT or ASS'):
        read_subtitles(tmp_path / 'a.srt')


def with_captions(av, path, texts):
    """Write the field video with captions inside, as DJI's cameras do."""
    source, target = av.open(str(VIDEO)), av.open(str(path), 'w')
    pictures = source.streams.video[0]
    video = target.add_stream_from_template(pictures)
    captions = target.add_mux_stream('mov_text', rate=1000)
    captions.time_base = Fraction(1, 1000)
    packets = [packet for packet in source.demux(pictures) if packet.dts is not None]
    for packet in packets:
        packet.stream = video
        target.mux(packet)
    for number, text in enumerate(texts):
        packet = av.Packet(len(text.encode()).to_bytes(2, 'big') + text.encode())
        packet.pts = packet.dts = number * 1000
        packet.duration, packet.time_base, packet.stream = 1000, Fraction(1, 1000), captions
        target.mux(packet)
    target.close()
    source.close()
    return path


def test_captions_inside_a_video(tmp_path):
    av = pytest.importorskip('av')
    texts = [f'GPS({lat:.6f},{long:.6f},0.0M) BAROMETER:100.0M' for lat, long, *_ in TRUTH]
    video = Video(with_captions(av, tmp_path / 'flight.mp4', texts))
    (note,) = video.notes
    assert 'captions inside flight.mp4' in note
    samples = video.truth().samples
    assert [sample.stamp_ns for sample in samples] == [n * SECOND for n in range(5)]
    assert samples[4].latitude == pytest.approx(TRUTH[4][0], abs=1e-6)
    # A file beside it goes before.
    shutil.copyfile(DATA / 'srt-decimal-comma' / 'flight.SRT', tmp_path / 'flight.Srt')
    assert Video(tmp_path / 'flight.mp4').notes == []


def test_a_video_without_captions_has_no_truth():
    assert Video(VIDEO).truth() is None


def test_captions_whose_order_only_the_map_tells(field_index, command, tmp_path):
    path = tmp_path / 'flight.srt'
    path.write_text(SRT.replace('0.0M)', '15)'))  # latitude first all the same
    words = ('--map', field_index, '--positions', path, '--hfov-deg', 71.6, '--step-s', 4)
    done = command('replay', VIDEO, *words)
    assert done.code == 0 and 'are taken in the other order' in done.out
    assert '0 false' in done.out


def test_positions_in_wrong_columns_are_asked_about(field_index, command, tmp_path):
    path = tmp_path / 'positions.csv'
    path.write_text('Time,Latitude,Longitude\n0,9.0082,47.8542\n1,9.0087,47.8546\n')
    done = command('replay', VIDEO, '--map', field_index, '--positions', path)
    assert done.code == 1
    assert "are latitude and longitude in each other's place?" in done.err


def test_evaluate_asks_about_swapped_columns(field_index, command, tmp_path):
    path = tmp_path / 'queries.csv'
    words = ('evaluate', '--map', field_index, '--images', DATA, '--queries', path)
    path.write_text(
        'Filename,Latitude,Longitude,GSD,Yaw\nquery.jpg,9.008957,47.854871,0.2253,40\n'
    )
    done = command(*words)
    assert done.code == 1 and '--truth-columns Longitude,Latitude' in done.err
    assert 'every true position lies 5,6' in done.err
    done = command(*words, '--truth-columns', 'Longitude,Latitude')
    assert done.code == 0 and '1 fixes published' in done.out
    # Photos of another place are a fair question.
    path.write_text('Filename,Latitude,Longitude,GSD,Yaw\nquery.jpg,-33.8,151.2,0.2253,40\n')
    done = command(*words)
    assert done.code == 0 and 'is it the right map?' in done.err
