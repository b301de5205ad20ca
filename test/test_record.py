"""What evaluate writes is read back; what is something else is told in one line."""

import json

import numpy as np
import pytest

from visual_navsat.evaluation import Place, QueryOutcome, evaluate, named_apart, read_run
from visual_navsat.evaluation.record import RunRecordError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal

TILE = TileMetadata('a.png', 0.001, -0.001, -0.001, 0.001)
COVARIANCE = np.array([[9.0, 2.0, 0], [2.0, 4.0, 0], [0, 0, 1e4]])


@pytest.fixture
def summary():
    """Make the JSON of a fix and a refusal."""
    outcomes = [
        QueryOutcome(
            'one.jpg', 1e-5, 0.0, PositionEstimate(0.0, 0.0, COVARIANCE), [TILE], 0.2,
            {'total': 200.0}, confidence=0.9, height_agl_m=80.0, stamp_s=12.5,
            similarities=[0.75], found_by='search', heading_deg=30.0, gsd_m_per_px=0.1,
            center=(0.0001, 0.0002), places=[Place(0.0, 0.0, 0.9), Place(0.001, 0.0, 0.05)],
        ),
        QueryOutcome('two.jpg', 0.0, 0.0, Refusal('dark', 'mean grey 3'), [], 0.1, {}),
    ]  # fmt: skip
    return evaluate(outcomes, [TILE], 50.0).to_json()


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
    assert fix.covariance_en_m2 == [9.0, 2.0, 4.0]
    assert (fix.latitude, fix.true_latitude, fix.stamp_s) == (0.0, 1e-5, 12.5)
    assert (fix.center_latitude, fix.center_longitude) == (0.0001, 0.0002)
    assert (fix.found_by, fix.heading_deg, fix.gsd_m_per_px) == ('search', 30.0, 0.1)
    assert fix.places == (Place(0.0, 0.0, 0.9), Place(0.001, 0.0, 0.05))
    assert (fix.candidates[0].filename, fix.candidates[0].similarity) == ('a.png', 0.75)
    assert (fix.rank_of_truth, fix.rank_within_radius) == (1, 1)
    assert fix.timings_ms == {'total': 200.0}
    assert (refusal.status, refusal.reason, refusal.detail) == ('no_fix', 'dark', 'mean grey 3')
    assert refusal.rank_within_radius is None


def test_times_may_be_elsewhere(summary, written):
    # A replay that is to be the same byte for byte has none.
    for query in summary['queries']:
        del query['seconds'], query['timings_ms']
    assert [answer.timings_ms for answer in read_run(written(summary)).answers] == [{}, {}]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda s: s.pop('queries'), "has no list of 'queries'"),
        (lambda s: s['queries'].clear(), 'has no queries'),
        (lambda s: s['queries'][1].pop('true_latitude'), "a query without 'true_latitude'"),
        (lambda s: s['queries'][0].update(latitude='north'), "latitude is 'north', which is no"),
        (lambda s: s['queries'][0].update(covariance_en_m2=None), 'covariance_en_m2 of the fix'),
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
