# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import json
import math

from makers import make_fix, score
import numpy as np
import pytest
from visual_navsat.evaluation.calibration import calibrate, false_fix_curve
from visual_navsat.localization.position import PositionEstimate, Refusal, SIGMAS_95

# A degree of longitude on the equator of WGS 84: 6378137 m * pi / 180.
DEGREE_M = 111319.490793


def fix(error_m, sigma_m, confidence=None, height_m=None):
    """Make an outcome whose fix is that far east of the truth."""
    position = make_fix(0.0, error_m / DEGREE_M, sigma_m)
    return score(position, confidence=confidence, height_agl_m=height_m)


def refusal(confidence=None):
    return score(Refusal('ambiguous'), confidence=confidence)


def test_anees_and_the_ellipse_by_hand():
    # Squared sigmas 1, 4 and 9; and a false fix, 60 m off but inside its ellipse: 0.36.
    outcomes = [fix(10, 10), fix(20, 10), fix(30, 10), fix(60, 100), refusal()]
    result = calibrate(outcomes, [True] * 5)
    assert result.anees == pytest.approx((1 + 4 + 9 + 0.36) / 4 / 2, rel=1e-6)
    assert result.anees_without_false_fixes == pytest.approx((1 + 4 + 9) / 3 / 2, rel=1e-6)
    assert result.share_in_95_ellipse == 3 / 4  # 9 is over 5.99
    assert result.availability == 4 / 5


def test_a_true_covariance_has_anees_1_and_95_percent_inside():
    rng = np.random.default_rng(3)
    covariance = np.array([[900.0, 400.0], [400.0, 300.0]])
    errors = rng.multivariate_normal([0, 0], covariance, 2000)
    block = np.zeros((3, 3))
    block[:2, :2] = covariance
    outcomes = [
        # 110574.2758: metres of a degree of latitude at the equator.
        score(PositionEstimate(0.0, 0.0, block), (north / 110574.2758, east / DEGREE_M))
        for east, north in errors
    ]
    result = calibrate(outcomes, [True] * len(outcomes))
    assert result.anees == pytest.approx(1.0, abs=0.05)  # one sigma is 1 / sqrt(2000)
    assert result.share_in_95_ellipse == pytest.approx(0.95, abs=0.015)


def test_the_ellipse_is_that_of_the_chi_squared_table():
    assert pytest.approx(5.991, abs=1e-3) == SIGMAS_95**2


def test_height_bands_hold_as_many_fixes_each():
    # Heights 10 to 100 m; the error grows with the height and the covariance does not.
    outcomes = [fix(height, 10, height_m=height) for height in range(10, 101, 10)]
    outcomes += [fix(1000, 10), refusal()]  # no height, no fix
    bands = calibrate(outcomes, [True] * len(outcomes)).height_bands
    assert [(band.low_m, band.high_m, band.fixes) for band in bands] == [
        (10, 20, 2),
        (30, 40, 2),
        (50, 60, 2),
        (70, 80, 2),
        (90, 100, 2),
    ]
    assert bands[0].anees == pytest.approx((1 + 4) / 4, rel=1e-6)
    assert bands[4].anees == pytest.approx((81 + 100) / 4, rel=1e-6)


def test_one_height_is_one_band():
    (band,) = calibrate([fix(10, 10, height_m=120.0)] * 3, [True] * 3).height_bands
    assert (band.low_m, band.high_m, band.fixes) == (120.0, 120.0, 3)


def test_false_fixes_against_availability_by_hand():
    outcomes = [
        fix(1, 10, 0.9),
        fix(99, 10, 0.5),  # false
        fix(2, 10, 0.99),
        fix(3, 10, 0.5),
        refusal(0.2),
        fix(80, 10, 0.7),  # false, and off the map
    ]
    on_map = [True, True, True, True, True, False]
    points = [
        (p.confidence, p.availability, p.published, p.false_fixes, p.false_per_fix)
        for p in false_fix_curve(outcomes, on_map)
    ]
    assert points == [
        (0.99, 1 / 5, 1, 0, 0.0),
        (0.9, 2 / 5, 2, 0, 0.0),
        (0.7, 2 / 5, 3, 1, pytest.approx(1 / 3)),
        (0.5, 4 / 5, 5, 2, pytest.approx(2 / 5)),  # two answers of one confidence
    ]


def test_the_curve_keeps_its_ends_when_it_is_thinned():
    outcomes = [fix(1, 10, confidence) for confidence in np.linspace(0.1, 1.0, 1000)]
    curve = false_fix_curve(outcomes, [True] * 1000)
    assert len(curve) == 200
    assert (curve[0].confidence, curve[0].published) == (1.0, 1)
    assert (curve[-1].confidence, curve[-1].availability) == (pytest.approx(0.1), 1.0)


def test_without_confidences_the_curve_is_empty():
    assert false_fix_curve([fix(1, 10)], [True]) == ()
    assert false_fix_curve([fix(1, 10, 0.5)], [False]) == ()


def test_without_a_fix_nothing_is_claimed():
    result = calibrate([refusal()], [False])
    assert math.isnan(result.anees)
    content = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert content == {
        'availability': None,
        'anees': None,
        'anees_without_false_fixes': None,
        'share_in_95_ellipse': None,
        'anees_by_height': [],
        'false_fix_curve': [],
        'anees_by_tilt': [],
        'anees_by_overlap': [],
        'risk_curve': [],
        'reliability': [],
    }
