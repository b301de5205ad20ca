# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The written files, read back by other programs than wrote them."""

import csv
from dataclasses import replace
import json
import math
from xml.etree import ElementTree

import _needs_rosbags  # noqa: F401 (skips this file where it is absent)
from makers import score
import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from visual_navsat.errors import VisualNavsatError
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.replay.results import write_results

SECOND = 1_000_000_000
STAMP_NS = 1_700_000_000_123_456_789
COVARIANCE = np.array([[4.0, 1.0, 0.0], [1.0, 9.0, 0.0], [0.0, 0.0, 100.0]])


def record(number, lat=None, truth=(10.0, 20.0)) -> ScoredAnswer:
    """Make an image; without a latitude it has no fix, but is tracked at 10.5."""
    stamp_ns = STAMP_NS + number * SECOND
    fix = Refusal('ambiguous') if lat is None else PositionEstimate(lat, 20.0, COVARIANCE)
    scored = score(
        fix, truth, tracked=PositionEstimate(10.5, 20.0, COVARIANCE, 5.0), frame_id='belly',
        answered_ns=stamp_ns + 7, name=f'image_{number}',
    )  # fmt: skip
    # Not by its seconds, which as a float would lose nanoseconds.
    return replace(scored, answer=replace(scored.answer, stamp_ns=stamp_ns))


RECORDS = [record(1, 10.0), record(2), record(3, 10.001), record(4, 10.002, truth=None)]


@pytest.fixture
def folder(tmp_path):
    write_results(tmp_path / 'out', RECORDS, {'replay.json': {'images': 4}})
    return tmp_path / 'out'


def test_csv(folder):
    rows = list(csv.DictReader((folder / 'fixes.csv').open()))
    assert rows[0]['stamp_s'] == '1700000001.123456789'
    assert [row['status'] for row in rows] == ['fix', 'no_fix', 'fix', 'fix']
    assert (rows[1]['reason'], rows[1]['latitude'], rows[1]['error_m']) == ('ambiguous', '', '')
    assert float(rows[0]['covariance_en_m2']) == 1.0
    # A degree of latitude at 10 degrees north is 110,608 m on WGS 84.
    assert float(rows[2]['error_m']) == pytest.approx(110.6, abs=0.1)
    assert rows[3]['true_latitude'] == ''


def test_geojson(folder):
    features = json.loads((folder / 'fixes.geojson').read_text())['features']
    fixes = [f for f in features if f['properties']['kind'] == 'fix']
    assert [f['geometry'] and f['geometry']['coordinates'] for f in fixes] == [
        [20.0, 10.0],
        None,
        [20.0, 10.001],
        [20.0, 10.002],
    ]
    truth = [f['geometry'] for f in features if f['properties']['kind'] == 'truth']
    assert truth == [{'type': 'LineString', 'coordinates': [[20.0, 10.0]] * 3}]


def test_gpx_breaks_where_nothing_was_known(folder):
    gpx = '{http://www.topografix.com/GPX/1/1}'
    tracks = ElementTree.parse(folder / 'fixes.gpx').getroot().findall(f'{gpx}trk')
    lengths = [[len(segment) for segment in track.findall(f'{gpx}trkseg')] for track in tracks]
    assert lengths == [[1, 2], [4], [3]]  # fixes, tracked fixes, truth
    point = tracks[0].find(f'{gpx}trkseg/{gpx}trkpt')
    assert (point.get('lat'), point.get('lon')) == ('10.000000000', '20.000000000')
    assert point.find(f'{gpx}time').text == '2023-11-14T22:13:21.123456Z'


def test_kml(folder):
    kml = '{http://www.opengis.net/kml/2.2}'
    root = ElementTree.parse(folder / 'fixes.kml').getroot()
    fixes, tracked, truth = root.findall(f'{kml}Document/{kml}Folder')
    points = [point.text for point in fixes.iter(f'{kml}coordinates')]
    assert points[0] == '20.000000000,10.000000000' and len(points) == 3
    assert len(tracked.find(f'.//{kml}coordinates').text.split()) == 4
    assert len(truth.find(f'.//{kml}coordinates').text.split()) == 3


def test_bag(folder):
    with AnyReader([folder / 'bag']) as reader:
        assert {c.topic for c in reader.connections} == {
            '/localizer/fix',
            '/localizer/fix_tracked',
        }
        found = [
            (connection.topic, arrival_ns, reader.deserialize(raw, connection.msgtype))
            for connection, arrival_ns, raw in reader.messages()
        ]
    fixes = [(at, message) for topic, at, message in found if topic == '/localizer/fix']
    assert [message.status.status for _, message in fixes] == [0, -1, 0, 0]
    arrival_ns, first = fixes[0]
    assert arrival_ns == RECORDS[0].answer.answered_ns
    assert (first.header.stamp.sec, first.header.stamp.nanosec) == (1_700_000_001, 123_456_789)
    assert first.header.frame_id == 'belly'
    assert first.position_covariance.tolist() == COVARIANCE.ravel().tolist()
    assert math.isnan(fixes[1][1].latitude) and fixes[1][1].position_covariance_type == 0


def test_the_same_twice_byte_for_byte(folder, tmp_path):
    write_results(tmp_path / 'again', RECORDS, {'replay.json': {'images': 4}})
    files = sorted(path for path in folder.rglob('*') if path.is_file())
    assert len(files) == 7
    for path in files:
        again = tmp_path / 'again' / path.relative_to(folder)
        assert path.read_bytes() == again.read_bytes(), path.name


def test_nothing_is_left_of_a_folder_that_could_not_be_written(tmp_path):
    with pytest.raises(ValueError, match='Out of range float'):
        write_results(tmp_path / 'out', RECORDS, {'replay.json': math.nan})
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(folder):
    with pytest.raises(VisualNavsatError, match='exists: choose another name'):
        write_results(folder, RECORDS, {})
