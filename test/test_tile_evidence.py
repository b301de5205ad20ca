# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.localization.tile_position import tile_hypotheses
from visual_navsat.retrieval.tile_code import CompactCode, ExactCode, Int8Code
from visual_navsat.retrieval.tile_evidence import (
    load_tile_model,
    standouts,
    TileEvidence,
    TileModel,
)

BOXES = np.array([[0.0, 0, 100, 50], [100, 0, 200, 50], [200, 0, 300, 50]])


def test_standouts_ignore_what_stands_out():
    similarities = np.random.default_rng(0).normal(0.3, 0.02, 2000)
    similarities[:20] = 0.9
    s = standouts(similarities)
    assert s[0] == pytest.approx(30, rel=0.1)
    assert s[20:].std() == pytest.approx(1, rel=0.05)


def test_probabilities_are_those_of_the_model():
    model = TileModel(slope=2.0, informative=0.5)
    probabilities = model.of_standouts(np.array([0.0, 1.0, 0.0]))
    total = 2 + np.exp(2)
    np.testing.assert_allclose(probabilities, [0.5 / total, 0.5 * np.exp(2) / total, 0.5 / total])
    assert TileModel(2.0, 0.5).of_standouts(np.array([900.0, 0.0]))[0] == pytest.approx(0.5)


def test_likelihoods_average_to_what_says_nothing():
    evidence = TileEvidence(BOXES, np.array([0.1, 0.4, 0.0]))
    np.testing.assert_allclose(evidence.likelihoods, [0.5 + 0.3, 0.5 + 1.2, 0.5])
    assert evidence.likelihoods.mean() == pytest.approx(1.0)
    np.testing.assert_array_equal(evidence.best_place_m, [150, 25])


def test_tiles_as_places():
    (best, second) = tile_hypotheses(TileEvidence(BOXES, np.array([0.1, 0.4, 0.001])))
    assert (best.probability, second.probability) == (0.1, 0.4)
    np.testing.assert_allclose(second.covariance_enu_m2, np.diag([100**2 / 12, 50**2 / 12]))


@pytest.mark.parametrize('code', [ExactCode, Int8Code, CompactCode])
def test_the_model_that_ships_is_one(code):
    model = load_tile_model(code.tile_model)
    assert model.slope > 0 and 0 < model.informative < 1
