# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.config import PositionConfig
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.localization.tile_position import estimate_position
from visual_navsat.retrieval.result import RetrievalResult

BACKGROUND = np.array([-0.1, 0.1]) / 1.4826  # median 0, standard deviation 0.1


def make_candidates(*places) -> list[RetrievalResult]:
    """Return candidates of (similarity, east degrees) on the equator, 0.001 degrees wide."""
    return [
        RetrievalResult(
            rank, score, TileMetadata(f'{rank}', 0.0005, east, -0.0005, east + 0.001), rank - 1
        )
        for rank, (score, east) in enumerate(places, start=1)
    ]


def test_one_candidate_is_as_sure_as_its_tile_is_small():
    estimate = estimate_position(
        make_candidates((0.9, 7.0)), 0.1, BACKGROUND, [], PositionConfig(vertical_sigma_m=30.0)
    )
    assert isinstance(estimate, PositionEstimate)
    assert (estimate.latitude, estimate.longitude) == pytest.approx((0.0, 7.0005))
    # A tile 111.32 m wide and 110.57 m high: variance of a uniform distribution is w^2 / 12.
    expected = np.diag([111.3195**2 / 12, 110.5743**2 / 12, 900.0])
    np.testing.assert_allclose(estimate.covariance_enu_m2, expected, rtol=1e-4)


def test_an_equal_rival_a_kilometre_east_adds_half_a_square_kilometre():
    one = estimate_position(make_candidates((0.9, 7.0)), 0.1, BACKGROUND, [], PositionConfig())
    two = estimate_position(
        make_candidates((0.9, 7.0), (0.9, 7.01)), 0.1, BACKGROUND, [], PositionConfig()
    )
    added = two.covariance_enu_m2[0, 0] - one.covariance_enu_m2[0, 0]
    assert added == pytest.approx(1113.195**2 / 2, rel=1e-4)


def test_a_rival_ten_sigma_less_similar_adds_almost_nothing():
    one = estimate_position(make_candidates((0.9, 7.0)), 0.1, BACKGROUND, [], PositionConfig())
    two = estimate_position(
        make_candidates((0.9, 7.0), (-0.1, 7.01)), 0.1, BACKGROUND, [], PositionConfig()
    )
    added = two.covariance_enu_m2[0, 0] - one.covariance_enu_m2[0, 0]
    assert added == pytest.approx(1113.195**2 * np.exp(-10), rel=1e-3)


def test_no_more_distinct_than_wrong_places_is_refused():
    quantiles = np.linspace(2.0, 4.0, 101)  # the median wrong place is three times its rival
    config = PositionConfig(background_quantile=0.5)
    candidates = make_candidates((0.3, 7.0))
    refusal = estimate_position(candidates, 0.101, BACKGROUND, quantiles, config)
    assert refusal == Refusal(
        'no_match',
        'the best tile rises 2.97 times as far above the map as its best rival, '
        'wrong places reach 3.00',
    )
    accepted = estimate_position(candidates, 0.099, BACKGROUND, quantiles, config)
    assert isinstance(accepted, PositionEstimate)


def test_a_quantile_of_zero_never_refuses():
    config = PositionConfig(background_quantile=0.0)
    candidates = make_candidates((-0.5, 7.0))
    estimate = estimate_position(candidates, -0.5, BACKGROUND, [9.0] * 101, config)
    assert isinstance(estimate, PositionEstimate)
