# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import csv
import io
import json

from makers import score
import numpy as np
import pytest
from visual_navsat.evaluation.write_geojson import geojson_lines
from visual_navsat.evaluation.write_table import csv_lines, json_lines, table_lines
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal

COVARIANCE = np.array([[400.0, 10.0, 0.0], [10.0, 900.0, 0.0], [0.0, 0.0, 1e4]])
TILE = TileMetadata('a, b.png', 46.51, 7.90, 46.49, 7.94)
PLACE = Candidate(1, 0.9876, 46.5, 7.92, 271.25, 0.131, 46.5, 7.92, 'a, b.png', 0, 0.25, 1)
RANKED = Candidate(2, None, 46.6, 7.9, filename='c.png', similarity=0.125, retrieval_rank=2)


@pytest.fixture
def answers():
    fix = PositionEstimate(46.5, 7.92, COVARIANCE)
    refusal = Refusal('no_match', 'stands 1 sigma')
    return [
        score(
            fix, None, tiles=[TILE], similarity=0.25, seconds=0.0123456,
            candidates=[PLACE, RANKED], name='one.jpg',
        ),
        score(refusal, None, tiles=[TILE], similarity=0.25, name='two.jpg'),
        score(Refusal('no_patches'), (46.5, 7.92), name='three.jpg'),
    ]  # fmt: skip


def test_json_is_one_object_a_line_without_nan(answers):
    first, second, third = (json.loads(line) for line in json_lines(answers))
    assert first == {
        'image': 'one.jpg',
        'status': 'fix',
        'reason': None,
        'detail': None,
        'latitude': 46.5,
        'longitude': 7.92,
        'altitude_m': None,
        'altitude_amsl_m': None,
        'covariance_enu_m2': [400.0, 10.0, 0.0, 10.0, 900.0, 0.0, 0.0, 0.0, 1e4],
        'candidates': [PLACE.to_json(), RANKED.to_json()],
        'photo_gnss': None,
        'timings_ms': {'total': 12.346},
        'images_joined': 1,
    }
    assert (second['status'], second['reason'], second['latitude']) == ('no_fix', 'no_match', None)
    assert (third['candidates'], third['covariance_enu_m2']) == ([], None)


def test_json_comes_out_as_soon_as_each_answer_is_known(answers):
    asked = []

    def slow():
        for scored in answers:
            asked.append(scored.filename)
            yield scored

    next(json_lines(slow()))
    assert asked == ['one.jpg']


def test_csv_reads_back(answers):
    text = '\n'.join(csv_lines(answers))
    one, two, three = csv.DictReader(io.StringIO(text))
    assert (one['latitude'], one['covariance_en_m2'], one['best_tile']) == (
        '46.5',
        '10.0',
        'a, b.png',
    )
    assert (two['status'], two['latitude'], two['best_similarity']) == ('no_fix', '', '0.25')
    assert (three['reason'], three['best_tile']) == ('no_patches', '')


def test_geojson_has_longitude_first_and_no_geometry_without_a_fix(answers):
    (text,) = geojson_lines(answers)
    collection = json.loads(text)
    assert collection['type'] == 'FeatureCollection'
    one, two, _ = collection['features']
    assert one['geometry'] == {'type': 'Point', 'coordinates': [7.92, 46.5]}
    assert one['properties']['image'] == 'one.jpg'
    assert two['geometry'] is None
    assert two['properties']['reason'] == 'no_match'


def test_table_says_sigma_and_reason(answers):
    text = '\n'.join(table_lines(answers))
    assert 'one.jpg: fix 46.500000, 7.920000, 1 sigma 20 m east, 30 m north' in text
    assert 'two.jpg: no fix, no_match: stands 1 sigma' in text
    assert "the photo's own GNSS, not used: 46.500000, 7.920000" in text


def test_table_ranks_what_is_believed_and_says_what_retrieval_thought(answers):
    _, how, header, place, tile, *_ = table_lines(answers)
    assert 'candidates by agreement with the map' in how
    assert header.split() == [
        'rank', 'probability', 'latitude', 'longitude', 'heading', 'similarity', 'its', 'rank',
        'tile',
    ]  # fmt: skip
    assert place.split()[:7] == ['1', '0.9876', '46.500000', '7.920000', '271.2', '0.2500', '1']
    assert tile.split() == ['2', '–', '46.600000', '7.900000', '–', '0.1250', '2', 'c.png']
