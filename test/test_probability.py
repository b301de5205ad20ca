# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What probabilities and covariances claim, against what is true: curves, intervals, bands."""

from dataclasses import replace

from makers import looking_ahead, make_answer, make_fix, score
import pytest
from visual_navsat.evaluation.bands import honest_anees, overlap_bands, overlaps, tilt_bands
from visual_navsat.evaluation.calibration import calibrate
from visual_navsat.evaluation.probability import binomial_interval, reliability, risk_curve
from visual_navsat.evaluation.scored_answer import ScoredAnswer
from visual_navsat.geometry.view import View
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import Refusal

METRE = 1 / 111319.490793  # in degrees of longitude on the equator


def answer(probability, off_m, is_published=True, sigma_m=3.0):
    """Make an answer whose best place lies some metres east of the truth."""
    place = (0.0, off_m * METRE)
    position = make_fix(*place, sigma_m) if is_published else Refusal('ambiguous')
    return score(position, candidates=[Candidate(1, probability, *place, 0.0, 1.0)])


def test_the_risk_grows_from_the_surest_answer_to_all():
    answers = [
        answer(0.999, 2.0),
        answer(0.99, 300.0),
        answer(0.9, 4.0),
        answer(0.9, 200.0, is_published=False),
        answer(0.2, 10.0, is_published=False),
        score(Refusal('dark')),  # has no probability, and still counts among all
    ]
    points = risk_curve(answers)
    assert [point.probability for point in points] == [0.999, 0.99, 0.9, 0.2]
    assert [point.images for point in points] == [1, 2, 4, 5]
    assert [point.wrong for point in points] == [0, 1, 2, 2]
    assert [point.risk for point in points] == pytest.approx([0, 1 / 2, 2 / 4, 2 / 5])
    assert [point.coverage for point in points] == pytest.approx([1 / 6, 2 / 6, 4 / 6, 5 / 6])
    assert risk_curve([score(Refusal('dark'))]) == ()


def test_a_fix_outside_its_covariance_is_wrong_and_a_guess_is_not():
    # 20 m are over 5 sigma of 3 m; of a refused image nothing claims a sigma.
    points = risk_curve([answer(0.9, 20.0), answer(0.8, 20.0, is_published=False)])
    assert [point.wrong for point in points] == [1, 1]


def test_reliability_counts_by_probability():
    answers = [answer(0.95, 1.0)] * 9 + [answer(0.93, 400.0)] + [answer(0.01, 400.0, False)] * 4
    answers += [answer(1.0, 1.0)]
    low, high, surest = reliability(answers)
    assert (low.low, low.high, low.images, low.right) == (0.0, 0.02, 4, 0)
    assert (high.low, high.high, high.images, high.right) == (0.9, 0.98, 10, 9)
    assert high.mean == pytest.approx(0.948)
    assert (surest.high, surest.images) == (1.0, 1)
    # Of 9 in 10, by the tables of Clopper and Pearson.
    assert (high.low_95, high.high_95) == pytest.approx((0.5550, 0.9975), abs=1e-4)


def test_intervals_of_none_and_of_all():
    assert binomial_interval(0, 10) == pytest.approx((0.0, 0.3085), abs=1e-4)
    assert binomial_interval(10, 10) == pytest.approx((0.6915, 1.0), abs=1e-4)


def tilted(tilt_deg, off_m):
    return replace(answer(0.9, off_m), tilt_deg=tilt_deg)


def test_bands_of_tilt():
    answers = [tilted(2.0, 3.0), tilted(4.9, 3.0), tilted(45.0, 6.0), tilted(None, 9.0)]
    answers += [tilted(46.0, 300.0)]  # in another place: no covariance tells that
    level, oblique = tilt_bands(answers)
    assert (level.low, level.high, level.fixes) == (0.0, 5.0, 2)
    assert level.anees == pytest.approx(0.5)  # 1 sigma off: 1 / 2
    assert (oblique.low, oblique.fixes) == (45.0, 1)
    assert oblique.anees == pytest.approx(2.0)
    # Of 10 fixes: chi-squared with 20 degrees of freedom, 9.591 to 34.170.
    assert honest_anees(10) == pytest.approx((0.4795, 1.7085), abs=1e-4)


def test_bands_of_overlap_with_the_image_before():
    def at(east_m, footprint_m=100.0):
        place = (0.0, east_m * METRE)
        return replace(
            answer(0.9, 1.0),
            truth=place,
            footprint_m=footprint_m,
            answer=make_answer(make_fix(*place)),
        )

    answers = [at(0.0), at(30.0), at(31.0, 50.0), at(500.0), at(510.0, None), at(520.0)]
    shares = overlaps(answers)
    assert shares == [
        None,
        pytest.approx(0.7, abs=1e-3),
        pytest.approx(0.98, abs=1e-3),
        0,
        None,
        None,
    ]
    assert [(band.low, band.fixes) for band in overlap_bands(answers)] == [
        (0.0, 1), (0.5, 1), (0.8, 1),
    ]  # fmt: skip


def test_the_tilt_of_a_view_is_kept_in_the_json():
    view = View(heading_deg=10.0, enu_from_camera=looking_ahead(10.0, 33.0))
    scored = ScoredAnswer.of(replace(answer(0.9, 1.0).answer, view=view), (0.0, 0.0))
    assert scored.tilt_deg == pytest.approx(33.0)
    assert ScoredAnswer.from_json(scored.to_json()).tilt_deg == pytest.approx(33.0)
    content = calibrate([scored], [True]).to_json()
    assert [band['low'] for band in content['anees_by_tilt']] == [30.0]
    assert content['anees_by_overlap'] == []
    assert content['risk_curve'][0]['coverage'] == 1.0
    assert content['reliability'][0]['images'] == 1
