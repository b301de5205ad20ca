# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
from bench.procedural import availability_curve, score
from bench.procedural_trials import Attempt, Trial
import numpy as np
import pytest
from visual_navsat.localization.position_model import PositionModel, SureModel

# Published from .999 on, which log odds of 7 are.
SURE = SureModel(0.0, (1.0, *[0.0] * 5), 99.0, 0.0, 0.3, 0.1, 1.0)
MODEL = PositionModel(SURE, SURE, SURE, 0.0, 0.0, 2.0, 0.0)  # every fix claims 2 m per axis


def make_trial(number: int, log_odds: float, error_m, on_map: bool = True) -> Trial:
    attempt = Attempt([log_odds, *[0] * 5], list(error_m), np.eye(2).tolist(), 9.0)
    return Trial(1, number, 70.0, on_map, {'whole': attempt})


def test_scores_by_hand():
    trials = [
        make_trial(0, 9.0, (2.0, 0.0)),  # published, one sigma
        make_trial(1, 9.0, (0.0, 4.0)),  # published, two sigmas
        make_trial(2, 1.0, (0.0, 1.0)),  # not sure enough
        make_trial(3, 9.0, (0.0, 60.0)),  # false
        make_trial(4, -9.0, (9e4, 0.0), on_map=False),
    ]
    result = score(trials, MODEL)
    assert (result['photos'], result['on_map'], result['published']) == (5, 4, 3)
    assert result['availability'] == 3 / 4
    assert result['false_fixes'] == 1
    assert [false['photo'] for false in result['false']] == [3]
    assert result['anees'] == pytest.approx((1 + 4) / 2 / 2)
    assert result['share_inside_95_percent_ellipse'] == pytest.approx(2 / 3)
    assert result['published_off_map'] == 0
    first_band, *others = result['height_bands']
    assert first_band['published'] == 3
    assert all(band['published'] == 0 for band in others)


def test_the_curve_counts_false_fixes_from_the_surest_on():
    probability = np.array([0.9, 0.99, 0.8, 0.7])
    is_false = np.array([True, False, False, False])
    curve = availability_curve(probability, is_false, np.ones(4, bool))
    quarter = next(point for point in curve if point['availability'] == 0.25)
    half = next(point for point in curve if point['availability'] == 0.5)
    assert quarter['false_fixes_per_published'] == 0.0
    assert half['false_fixes_per_published'] == pytest.approx(1 / 3, abs=1e-4)
