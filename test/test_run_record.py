# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What evaluate writes is read back; what is something else is told in one line."""

import json

from makers import score
import numpy as np
import pytest
from visual_navsat.evaluation import evaluate, named_apart, read_run
from visual_navsat.evaluation.run_record import RunRecordError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate, Refusal

TILE = TileMetadata('a.png', 0.001, -0.001, -0.001, 0.001)
COVARIANCE = np.array([[9.0, 2.0, 0], [2.0, 4.0, 0], [0, 0, 1e4]])


PLACES = (
    Candidate(1, 0.9, 0.0, 0.0, 30.0, 0.1, 0.0001, 0.0002, 'a.png', 0, 0.75, 1),
    Candidate(2, 0.05, 0.001, 0.0, 210.0, 0.1, 0.001, 0.0002),
)


@pytest.fixture
def summary():
    """Make the JSON of a fix and a refusal."""
    answers = [
        score(
            PositionEstimate(0.0, 0.0, COVARIANCE), (1e-5, 0.0), tiles=[TILE], seconds=0.2,
            height_agl_m=80.0, gsd=0.1, stamp_s=12.5, found_by='search', candidates=PLACES,
            center=PositionEstimate(0.0001, 0.0002, np.eye(3)), name='one.jpg',
        ),
        score(Refusal('dark', 'mean grey 3'), seconds=0.1, name='two.jpg'),
    ]  # fmt: skip
    return evaluate(answers, [TILE], 50.0).to_json()


@pytest.fixture
def written(summary, tmp_path):
    """Write a change of the summary to a file."""

    def write(content=summary, name='run.json'):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_everything_comes_back(written):
    run = read_run(written())
    fix, refusal = run.answers
    assert run.name == 'run'
    assert (run.fixes, run.refusals) == ([fix], [refusal])
    answer = fix.answer
    assert fix.fix.covariance_en_m2 == [9.0, 2.0, 4.0]
    assert (fix.fix.latitude, fix.truth, answer.stamp_s) == (0.0, (1e-5, 0.0), 12.5)
    assert (answer.center.latitude, answer.center.longitude) == (0.0001, 0.0002)
    assert (answer.found_by, answer.heading_deg, fix.gsd_m_per_px) == ('search', 30.0, 0.1)
    assert answer.candidates == PLACES
    assert (fix.rank_of_truth, fix.rank_within_radius) == (1, 1)
    assert (answer.timings_ms, answer.seconds) == ({'total': 200.0}, 0.2)
    assert (refusal.is_fix, refusal.reason, refusal.detail) == (False, 'dark', 'mean grey 3')
    assert refusal.rank_within_radius is None


def test_what_earlier_versions_wrote_is_read(summary, written):
    # They kept the places that correlation found and the tiles that retrieval ranked apart.
    query = summary['queries'][0]
    query['places'] = [{'latitude': 0.0, 'longitude': 0.0, 'probability': 0.9}]
    query['candidates'] = [
        {'filename': 'a.png', 'similarity': 0.75, 'latitude': 0.0, 'longitude': 0.0}
    ]
    place, tile = read_run(written(summary)).answers[0].answer.candidates
    assert (place.rank, place.probability, place.heading_deg) == (1, 0.9, 30.0)
    assert (tile.rank, tile.retrieval_rank, tile.similarity) == (2, 1, 0.75)


def test_times_may_be_elsewhere(summary, written):
    # A replay that is to be the same byte for byte has none.
    for query in summary['queries']:
        del query['seconds'], query['timings_ms']
    assert [one.answer.timings_ms for one in read_run(written(summary)).answers] == [{}, {}]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda s: s.pop('queries'), "has no list of 'queries'"),
        (lambda s: s['queries'].clear(), 'has no queries'),
        (lambda s: s['queries'][1].pop('true_latitude'), "a query without 'true_latitude'"),
        (
            lambda s: s['queries'][0].update(latitude='north'),
            "latitude must be a number, got 'north'",
        ),
        (
            lambda s: s['queries'][0].update(covariance_en_m2=None),
            'is not what evaluate --json writes',
        ),
        (lambda s: s['queries'].append(7), 'is not what evaluate --json writes'),
        (lambda s: s['queries'][0].update(places=[{'lat': 1}]), 'is not what evaluate'),
    ],
)
def test_other_files_are_told_in_one_line(summary, written, change, message):
    change(summary)
    path = written(summary)
    with pytest.raises(RunRecordError) as raised:
        read_run(path)
    assert str(path) in str(raised.value)
    assert message in str(raised.value)
    assert '\n' not in str(raised.value)


def test_files_that_cannot_be_read(written, tmp_path):
    with pytest.raises(RunRecordError, match=r'cannot read .*none.json: No such file'):
        read_run(tmp_path / 'none.json')
    with pytest.raises(RunRecordError, match='is not JSON'):
        read_run(written('{"n": 3'))
    with pytest.raises(RunRecordError, match="no list of 'queries'"):
        read_run(written('[1, 2]'))


def test_runs_of_one_name_are_told_apart(written):
    first, second = read_run(written()), read_run(written(name='other.json'))
    assert named_apart(first, second) == (first, second)
    assert [run.name for run in named_apart(first, first)] == ['run (1)', 'run (2)']
