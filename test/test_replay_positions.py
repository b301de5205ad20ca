# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Subtitles of several drones and plain tables give the same positions."""

import pytest
from visual_navsat.replay.positions import read_positions_csv, read_subtitles, TimedPosition
from visual_navsat.replay.recording import RecordingError

BRACKETS = """\
1
00:00:00,000 --> 00:00:00,033
<font size="28">FrameCnt: 1, DiffTime: 33ms
2024-10-30 10:05:15.123
[iso: 100] [shutter: 1/1000.0] [fnum: 2.8] [ct: 5500] [latitude: 24.262132] \
[longitude: 120.720208] [rel_alt: 119.700 abs_alt: 375.600] [gb_yaw: 152.1 gb_pitch: -90.0] </font>

2
00:01:02,500 --> 00:01:03,500
[latitude: 24.262200] [longtitude: -120.720300] [rel_alt: 120.000 abs_alt: 376.000]
"""
GPS = """\
1
00:00:01,000 --> 00:00:02,000
HOME(120.7000,24.2000) 2024.10.30 10:05:15
GPS(120.7202,24.2621,15) BAROMETER:119.7
ISO:100 Shutter:1000 EV:0 Fnum:F2.8

2
00:00:02,000 --> 00:00:03,000
F/2.8, SS 206.14, ISO 150, EV 0, GPS (120.7203, 24.2622, 15), D 24.2m, H 119.70m, H.S 5.10m/s
"""
PLAIN = """\
1
00:00:00.5 --> 00:00:01.0
lat: 24.2621 lon: 120.7202
"""


def write(tmp_path, text, name='flight.SRT'):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_brackets_of_newer_drones(tmp_path):
    first, second = read_subtitles(write(tmp_path, BRACKETS))
    assert first == TimedPosition(0, 24.262132, 120.720208, 119.7, 152.1)
    assert second == TimedPosition(62_500_000_000, 24.2622, -120.7203, 120.0, None)


def test_gps_of_older_drones_has_longitude_first(tmp_path):
    first, second = read_subtitles(write(tmp_path, GPS))
    assert first == TimedPosition(1_000_000_000, 24.2621, 120.7202, 119.7)
    assert second == TimedPosition(2_000_000_000, 24.2622, 120.7203, 119.7)


def test_plain_subtitles(tmp_path):
    assert read_subtitles(write(tmp_path, PLAIN)) == [
        TimedPosition(500_000_000, 24.2621, 120.7202)
    ]


def test_the_yaw_of_a_gimbal_that_looks_ahead_is_no_heading_of_the_image(tmp_path):
    text = BRACKETS.replace('gb_pitch: -90.0', 'gb_pitch: -20.0')
    assert read_subtitles(write(tmp_path, text))[0].heading_deg is None


@pytest.mark.parametrize(
    'text',
    [
        '1\n00:00:00,000 --> 00:00:01,000\nHello\n',
        '1\n00:00:00,000 --> 00:00:01,000\n[latitude: 0.000000] [longitude: 0.000000]\n',
        '1\n00:00:00,000 --> 00:00:01,000\n[latitude: 124.0] [longitude: 10.0]\n',
    ],
    ids=['words', 'no fix', 'not on earth'],
)
def test_subtitles_without_positions(tmp_path, text):
    with pytest.raises(RecordingError, match='has a position such as'):
        read_subtitles(write(tmp_path, text))


def test_csv(tmp_path):
    text = '\ufeffTime, Lat, Lon, Height, Yaw\n0.5, 24.1, 120.1, 119.5, 90\n1, 24.2, 120.2, ,\n'
    first, second = read_positions_csv(write(tmp_path, text, 'flight.csv'))
    assert first == TimedPosition(500_000_000, 24.1, 120.1, 119.5, 90.0)
    assert second == TimedPosition(1_000_000_000, 24.2, 120.2)


@pytest.mark.parametrize(
    ('text', 'complaint'),
    [
        ('Time,Latitude\n0,1\n', 'no column longitude: its columns are Time, Latitude'),
        ('Time,Latitude,Longitude\nnow,1,2\n', "line 2: time must be a number, got 'now'"),
        ('Time,Latitude,Longitude\n1,0,0\n', 'no position on earth'),
        ('', 'its columns are nothing'),
    ],
)
def test_csv_that_cannot_be_used(tmp_path, text, complaint):
    with pytest.raises(RecordingError, match=complaint):
        read_positions_csv(write(tmp_path, text, 'flight.csv'))
