# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is drawn on the report's map."""

import json

import numpy as np
import pytest
from report_world import flight, FRAME, outcome, SOURCES, TILES
from visual_navsat.evaluation import evaluate, RunRecord
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.report import ReportSources
from visual_navsat.report.map_data import map_data, track_segments

# The radius that holds 95 % of a 2-D Gaussian of sigma 1: chi-squared of two degrees, 5.991.
RADIUS_95 = 5.991465**0.5


@pytest.mark.parametrize(
    ('covariance', 'axes'),
    [
        ((4.0, 0.0, 1.0), (2, 1, 90)),  # long to the east
        ((1.0, 0.0, 9.0), (3, 1, 0)),  # to the north
        ((2.5, 1.5, 2.5), (2, 1, 45)),  # to the north-east
        ((2.5, -1.5, 2.5), (2, 1, 135)),  # to the south-east
    ],
)
def test_ellipses(covariance, axes):
    major, minor, azimuth = PositionEstimate.from_en(0.0, 0.0, covariance).axes_95_m
    assert (major, minor) == pytest.approx((axes[0] * RADIUS_95, axes[1] * RADIUS_95), rel=1e-6)
    assert (azimuth - axes[2] + 90) % 180 == pytest.approx(90)


def test_a_run_is_grouped_by_error_and_by_reason():
    data = map_data([flight()], SOURCES)
    json.dumps(data, allow_nan=False)
    groups = [(group['label'], group['count'], group['isFix']) for group in data['groups']]
    assert groups == [
        ('fix within 5 m', 2, True),
        ('fix within 10 m', 1, True),
        # 20 m is 6.7 of its sigmas, and 120 m too far: both are false.
        ('false fix', 2, True),
        ('refused: ambiguous', 1, False),
        ('refused: dark', 1, False),
    ]
    assert [answer['group'] for answer in data['answers']] == [0, 0, 3, 1, 2, 4, 2]
    assert data['answers'][1]['error'] == 4.0
    assert 'fix' not in data['answers'][2]
    assert data['picture']['uri'].startswith('data:image/jpeg;base64,')
    assert len(data['tiles']) > 4


def test_two_runs_are_grouped_by_run():
    runs = [flight('old'), flight('new', (1.0, None, None, 2.0, 3.0, 4.0, 5.0))]
    data = map_data(runs, ReportSources(MapImagery(TILES)))
    assert [(group['label'], group['count']) for group in data['groups']] == [
        ('old: fixes', 5),
        ('old: refused', 2),
        ('new: fixes', 5),
        ('new: refused', 2),
    ]
    assert len(data['answers']) == 14
    assert data['picture'] is None


def run_of(outcomes, is_sequence):
    summary = evaluate(outcomes, TILES, 50.0, is_sequence).to_json()
    return RunRecord.from_json(summary, 'run')


def test_the_track_breaks_where_images_are_missing():
    places = [0, 20, 40, 60, 300, 320, 340]
    run = run_of([outcome(str(east), east, -50) for east in places], is_sequence=True)
    pieces = track_segments(run, 8.0)
    assert [len(piece) for piece in pieces] == [4, 3]
    first = FRAME.enu_from_geodetic(*np.array(pieces[1]).T)
    np.testing.assert_allclose(first[:, 0], [300, 320, 340], atol=0.02)


def test_images_in_no_order_have_no_track():
    places = [0, 300, 20, 340]
    images = [outcome(str(east), east, -50) for east in places]
    assert track_segments(run_of(images, is_sequence=False), 8.0) == []
    stamped = [outcome(str(east), east, -50, stamp_s=float(east)) for east in sorted(places)]
    assert track_segments(run_of(stamped, is_sequence=False), 8.0) != []
