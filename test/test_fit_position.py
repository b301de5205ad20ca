# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from types import SimpleNamespace

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
from bench.fit_position import (
    choose_threshold,
    fit_covariance,
    fit_leads,
    fit_logistic,
    fit_model,
    fit_sure,
    sure_log_odds,
)
from bench.procedural_trials import Attempt, SEARCHES, Trial
import numpy as np
import pytest
from visual_navsat.localization.map_match import MatchEvidence, WHOLE
from visual_navsat.localization.position_model import PositionModel, SureModel


def test_logistic_weights_are_recovered():
    rng = np.random.default_rng(0)
    features = rng.normal([1.0, 10.0], [0.5, 4.0], (40_000, 2))
    log_odds = -6.0 + 3.0 * features[:, 0] + 0.4 * features[:, 1]
    right = rng.random(len(features)) < 1 / (1 + np.exp(-log_odds))
    bias, weights = fit_logistic(features, right)
    np.testing.assert_allclose([bias, *weights], [-6.0, 3.0, 0.4], rtol=0.06)


def test_perfectly_separated_classes_stay_finite():
    features = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    bias, weights = fit_logistic(features, np.array([False, False, True, True]))
    assert np.isfinite([bias, *weights]).all()
    assert weights[0] > 0


def test_no_lead_counts_against_a_place():
    rng = np.random.default_rng(6)
    lead = rng.normal(0.0, 1.0, 4000)
    # The second says the first again, a little larger where the place is wrong.
    right = rng.random(len(lead)) < 1 / (1 + np.exp(-2 * lead))
    features = np.column_stack([lead, lead - 0.2 * right + rng.normal(0.0, 0.1, len(lead))])
    assert fit_logistic(features, right)[1].min() < -1.0
    _, weights = fit_leads(features, right)
    assert weights[1] == 0.0
    assert weights[0] == pytest.approx(2.0, abs=0.2)


@pytest.mark.slow
def test_covariance_is_recovered():
    rng = np.random.default_rng(1)
    attempts, footprints_m = [], []
    for _ in range(4000):
        width, sigmas = np.diag(rng.uniform(2, 60, 2)), rng.uniform(3, 20)
        footprints_m.append(rng.uniform(80, 300))
        bent = (0.8 * 100 / footprints_m[-1]) ** 2
        covariance = 2.0 / sigmas**2 * width + np.eye(2) * (0.6**2 + bent)
        error = rng.multivariate_normal([0, 0], covariance)
        attempts.append(SimpleNamespace(error_enu_m=error, squared_width_m2=width, sigmas=sigmas))
    found = fit_covariance(attempts, footprints_m)
    # What counts is the sum: for a wide peak and a narrow one, low and high.
    for width, sigmas, footprint_m in ((50.0, 5.0, 200.0), (3.0, 15.0, 100.0), (3.0, 15.0, 280.0)):
        share = found['peak_share'] + found['noise_share'] / sigmas**2
        bent = (found['bend_m'] * 100 / footprint_m) ** 2
        expected = 2 / sigmas**2 * width + 0.36 + (0.8 * 100 / footprint_m) ** 2
        assert share * width + found['floor_m'] ** 2 + bent == pytest.approx(expected, rel=0.15)


def test_beyond_the_knee_the_log_odds_rise_as_they_should():
    rng = np.random.default_rng(3)
    features = rng.normal([1.0, 10.0], [0.5, 4.0], (60_000, 2))
    line = -6.0 + 3.0 * features[:, 0] + 0.4 * features[:, 1]
    truth = line + 1.5 * np.maximum(line - 2.0, 0)
    right = rng.random(len(features)) < 1 / (1 + np.exp(-truth))
    sure = fit_sure(features, right)
    for value in (-2.0, 0.0, 1.5, 4.0):
        near = np.abs(truth - value) < 0.1
        assert sure_log_odds(sure, features[near]).mean() == pytest.approx(value, abs=0.5)


@pytest.mark.slow
def test_trials_become_a_model_that_the_package_reads():
    rng = np.random.default_rng(4)
    trials = []
    for number in range(1500):
        right = rng.random() < 0.7
        margins = rng.normal(1.0 if right else 0.0, 0.3, 3)
        error = rng.normal(0, 1.0, 2) if right else np.array([300.0, 400.0])
        features = [*margins, *margins[:2], 2.0 + right]
        attempt = Attempt(features, error.tolist(), [[4.0, 0.0], [0.0, 4.0]], 8.0)
        trials.append(Trial(1, number, 100.0, right, dict.fromkeys(SEARCHES, attempt)))
    model = fit_model(trials)
    assert model['fitted_on']['whole']['false'] == 0
    assert model['fitted_on']['part']['published'] > 900
    loaded = PositionModel.from_dict(model)
    assert loaded.whole.probability(np.array([*[1.0] * 5, 3.0])) > 0.99
    footprint_m = trials[0].footprint_m
    evidence = MatchEvidence(
        WHOLE, (1.0, 1.0, 1.0), (1.0, 1.0), 8.0, 0.0, 4 * np.eye(2), footprint_m
    )
    covariance = loaded.covariance(evidence)
    np.testing.assert_allclose(np.diag(covariance), 1.0, rtol=0.15)


def test_the_threshold_keeps_false_fixes_below_one_in_a_thousand():
    rng = np.random.default_rng(2)
    log_odds = rng.normal(2.0, 6.0, 400_000)
    right = rng.random(400_000) < 1 / (1 + np.exp(-log_odds))
    threshold = choose_threshold(log_odds, 1e-3)
    published = log_odds >= threshold
    # What is foretold is what is counted, give or take a sixth by chance.
    assert (published & ~right).sum() / published.sum() == pytest.approx(1e-3, rel=0.17)
    # Not needlessly high: a tenth further down it would have been broken.
    lower = log_odds >= threshold - 1.5
    expected_wrong = (1 / (1 + np.exp(log_odds[lower]))).mean()
    assert expected_wrong > 1e-3


@pytest.mark.parametrize('rate', (3e-3, 1e-3, 3e-4))
def test_the_stated_rate_is_that_of_what_is_published(rate):
    rng = np.random.default_rng(6)
    log_odds = rng.normal(2.0, 6.0, 400_000)
    doubt = 1 / (1 + np.exp(choose_threshold(log_odds, 1e-3)))
    sure = SureModel(0.0, (1.0,), 1e3, 0.0, 0.3, 0.1, doubt / 1e-3)
    probability = sure.probability(log_odds[:, np.newaxis])
    foretold = (1 - probability[probability >= sure.min_probability(rate)]).mean()
    # The doubt of the last is as many times that of all only where odds are spread evenly.
    assert foretold == pytest.approx(rate, rel=0.2)


def test_a_prior_share_off_the_map_moves_the_odds_as_counting_does():
    rng = np.random.default_rng(5)
    count, lost = 400_000, 0.2

    def draw(off_share: float) -> tuple[np.ndarray, np.ndarray]:
        right = rng.random(count) < (1 - off_share) * (1 - lost)
        return rng.normal(np.where(right, 3.0, 0.0), 1.0), right

    # Two Gaussians one wide and 3 apart: log likelihood ratio 3 x - 4.5.
    prior = np.log(0.7 * 0.8 / (1 - 0.7 * 0.8))
    fitted = SureModel(prior - 4.5, (3.0,), 1e3, 0.0, 0.3, lost, 1.0)
    for off_share in (0.02, 0.3, 0.8):
        values, right = draw(off_share)
        probability = fitted.with_off_map_share(off_share).probability(values[:, np.newaxis])
        # Four sigmas of the share that is counted.
        assert probability.mean() == pytest.approx(right.mean(), abs=4 * 0.5 / count**0.5)
        doubtful = (probability > 0.4) & (probability < 0.6)
        assert right[doubtful].mean() == pytest.approx(probability[doubtful].mean(), abs=0.03)
