import csv
import io
import json

import numpy as np
import pytest

from visual_navsat.cli.formats import WRITERS, location_record
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.retrieval.result import RetrievalResult

COVARIANCE = np.array([[400.0, 10.0, 0.0], [10.0, 900.0, 0.0], [0.0, 0.0, 1e4]])


@pytest.fixture
def records():
    tile = TileMetadata('a, b.png', 46.51, 7.90, 46.49, 7.94)
    candidate = RetrievalResult(1, np.float32(0.25), tile, 0)
    fix = PositionEstimate(46.5, 7.92, COVARIANCE)
    return [
        location_record('one.jpg', [candidate], fix, {'total': 12.3456}),
        location_record('two.jpg', [candidate], Refusal('no_match', 'stands 1 sigma'), {}),
        location_record('three.jpg', [], Refusal('no_patches'), {}),
    ]


def test_json_is_one_object_a_line_without_nan(records):
    first, second, third = (json.loads(line) for line in WRITERS['json'](records))
    assert first == {
        'image': 'one.jpg',
        'status': 'fix',
        'reason': None,
        'detail': None,
        'latitude': 46.5,
        'longitude': 7.92,
        'covariance_enu_m2': [400.0, 10.0, 0.0, 10.0, 900.0, 0.0, 0.0, 0.0, 1e4],
        'candidates': [
            {
                'rank': 1,
                'filename': 'a, b.png',
                'similarity': 0.25,
                'latitude': pytest.approx(46.5),
                'longitude': pytest.approx(7.92),
            }
        ],
        'photo_gnss': None,
        'timings_ms': {'total': 12.346},
    }
    assert (second['status'], second['reason'], second['latitude']) == ('no_fix', 'no_match', None)
    assert (third['candidates'], third['covariance_enu_m2']) == ([], None)


def test_json_comes_out_as_soon_as_each_answer_is_known(records):
    asked = []

    def slow():
        for record in records:
            asked.append(record['image'])
            yield record

    next(WRITERS['json'](slow()))
    assert asked == ['one.jpg']


def test_csv_reads_back(records):
    text = '\n'.join(WRITERS['csv'](records))
    one, two, three = csv.DictReader(io.StringIO(text))
    assert (one['latitude'], one['covariance_en_m2'], one['best_tile']) == (
        '46.5',
        '10.0',
        'a, b.png',
    )
    assert (two['status'], two['latitude'], two['best_similarity']) == ('no_fix', '', '0.25')
    assert (three['reason'], three['best_tile']) == ('no_patches', '')


def test_geojson_has_longitude_first_and_no_geometry_without_a_fix(records):
    (text,) = WRITERS['geojson'](records)
    collection = json.loads(text)
    assert collection['type'] == 'FeatureCollection'
    one, two, _ = collection['features']
    assert one['geometry'] == {'type': 'Point', 'coordinates': [7.92, 46.5]}
    assert one['properties']['image'] == 'one.jpg'
    assert two['geometry'] is None
    assert two['properties']['reason'] == 'no_match'


def test_table_says_sigma_and_reason(records):
    text = '\n'.join(WRITERS['table'](records))
    assert 'one.jpg: fix 46.500000, 7.920000, 1 sigma 20 m east, 30 m north' in text
    assert 'two.jpg: no fix, no_match: stands 1 sigma' in text
