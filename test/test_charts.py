# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The charts of the report: what they say in figures, and that they can be drawn of anything."""

from dataclasses import replace
import math
import xml.etree.ElementTree as ET

from makers import score
import numpy as np
import pytest
from report_world import flight
from visual_navsat.evaluation import compare_runs
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.report import charts
from visual_navsat.report.probability_charts import bands_chart, reliability_chart, risk_chart

pytest.importorskip('matplotlib')


def fix(sigmas=1.0, covariance=(4.0, 0.0, 4.0)):
    # Its error is to the east: 111319.490793 metres are a degree on the equator.
    east_m = sigmas / np.sqrt(
        np.linalg.inv([[covariance[0], covariance[1]], covariance[1:]])[0, 0]
    )
    return score(PositionEstimate.from_en(0.0, -east_m / 111319.490793, covariance))


def texts(svg):
    """Return the words of a chart, as a browser would show them."""
    nodes = [node for node in ET.fromstring(svg).iter() if node.tag.endswith('text')]
    return [''.join(node.itertext()).strip() for node in nodes]


def test_coverage_by_the_table_of_chi_squared():
    # With two degrees of freedom 50 % lie below 1.386, 90 % below 4.605, 95 % below 5.991.
    fixes = [fix(math.sqrt(value)) for value in (1.38, 4.60, 4.61, 5.98, 6.0)]
    inside = charts.ellipse_coverage(fixes, np.array([0.0, 0.5, 0.9, 0.95, 1.0]))
    assert inside.tolist() == [0.0, 0.2, 0.4, 0.8, 1.0]


def test_errors_of_a_true_gaussian_lie_on_the_diagonal():
    errors = np.random.default_rng(3).normal(size=(4000, 2))
    p = np.linspace(0.1, 0.9, 9)
    inside = charts.ellipse_coverage([fix(s) for s in np.hypot(*errors.T)], p)
    np.testing.assert_allclose(inside, p, atol=0.03)


def test_the_claimed_radius_is_the_long_half_axis():
    assert charts.claimed_radius_m(fix(covariance=(1.0, 0.0, 9.0))) == pytest.approx(
        3 * math.sqrt(5.991465), rel=1e-6
    )


def test_a_run_is_drawn_with_its_units_and_reasons():
    run = flight()
    words = texts(charts.error_over_time(run))
    assert {'refused: ambiguous', 'refused: dark', 'error of the fix, m', 'false fix'} <= {*words}
    assert 'seconds since the first image' in words
    assert 'centre within 50 m' in texts(charts.recall([run]))
    assert '5 fixes' in texts(charts.coverage([run]))
    assert {'backbone', '150 ms'} <= {*texts(charts.stage_times([run]))}


def test_runs_beside_each_other_keep_their_names():
    runs = [flight('old'), flight('new', (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0))]
    assert {'old: of all images', 'new: of the fixes'} <= {*texts(charts.error_distribution(runs))}
    pairs = compare_runs(*runs).pairs
    assert 'new: error, m' in texts(charts.error_pairs(pairs, ['old', 'new']))


@pytest.mark.slow
@pytest.mark.parametrize('errors', [(None, None), (2.0,), (90_000.0, 0.0)])
def test_runs_of_any_kind_can_be_drawn(errors):
    run = flight(errors=errors)
    drawn = [
        charts.error_over_time(run),
        charts.error_distribution([run]),
        charts.recall([run]),
        charts.coverage([run]),
        charts.stage_times([run]),
        charts.error_pairs(compare_runs(run, run).pairs, ['a', 'b']),
    ]
    for svg in drawn:
        assert ET.fromstring(svg).tag.endswith('svg')


def test_what_answers_claim_is_drawn_with_its_units():
    run = flight()
    words = texts(risk_chart([run]).svg())
    assert {'published: 5', 'of these false', 'share of all images that is published'} <= {*words}
    words = texts(reliability_chart([run]).svg())
    assert {'right, with its 95 % interval', '99.9 %', 'answers that are right'} <= {*words}
    assert {'old', 'new'} <= {*texts(reliability_chart([flight('old'), flight('new')]).svg())}
    assert bands_chart(run) is None  # neither height nor tilt nor footprint is known
    known = replace(
        run, answers=tuple(replace(a, tilt_deg=20.0, footprint_m=100.0) for a in run.answers)
    )
    words = texts(bands_chart(known).svg())
    assert {'by tilt of the camera', '15 to 30°  (4)', '50 to 80 %  (3)'} <= {*words}
    assert bands_chart(known).png().startswith(b'\x89PNG')


def test_a_run_without_probabilities_says_so():
    run = flight(errors=(None, None))
    bare = tuple(replace(a, answer=replace(a.answer, candidates=())) for a in run.answers)
    for chart in (risk_chart, reliability_chart):
        assert 'no answer has a probability' in texts(chart([replace(run, answers=bare)]).svg())


def test_the_same_chart_twice_is_the_same():
    assert charts.coverage([flight()]) == charts.coverage([flight()])


def test_there_is_no_chart_of_times_that_nobody_took():
    run = flight()
    for answer in run.answers:
        answer.answer.timings_ms.clear()
    assert charts.stage_times([run]) is None
