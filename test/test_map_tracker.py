# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from dataclasses import replace

import numpy as np
import pytest
from visual_navsat.config import TrackConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.retrieval.tile_evidence import (
    load_tile_model,
    TileEvidence,
    TileModel,
)
from visual_navsat.tracking.map_tracker import MapTracker
from visual_navsat.tracking.new_ground import Novelty

FRAME = LocalFrame(46.5, 7.9)
SIZE_M = 10_000.0
ON = 0.95  # of the belief is on the map before the first image


def make_tracker(**settings) -> MapTracker:
    """Return a tracker on a map of 100 km^2."""
    return MapTracker(TrackConfig(**settings), FRAME, Region(0.0, 0.0, SIZE_M, SIZE_M))


def at(place, sigma_m: float = 3.0, probability: float = 0.7) -> Hypothesis:
    return Hypothesis(np.asarray(place, float), np.eye(2) * sigma_m**2, probability)


def position_m(tracker: MapTracker) -> np.ndarray:
    estimate = tracker.estimate()
    assert isinstance(estimate, PositionEstimate)
    return FRAME.enu_from_geodetic(estimate.latitude, estimate.longitude)


def test_it_starts_lost_and_says_how_lost():
    refusal = make_tracker().estimate()
    assert isinstance(refusal, Refusal)
    assert refusal.reason == 'lost'


def test_a_prior_starts_it_and_kalman_refines_it():
    tracker = make_tracker()
    tracker.reset(at([5000, 4000], sigma_m=20.0, probability=0.9999))
    tracker.predict(0.0, np.zeros(2))
    tracker.update([at([5006, 4000], sigma_m=3.0, probability=0.99)])
    estimate = tracker.estimate()
    np.testing.assert_allclose(position_m(tracker), [5006, 4000], atol=1.0)
    # Inverse variances add; the prior's share of them is small.
    assert estimate.covariance_enu_m2[0, 0] == pytest.approx(9.0, rel=0.1)


def test_two_places_alike_are_told_apart_by_moving():
    tracker = make_tracker()
    truth, decoy = np.array([3000.0, 3000.0]), np.array([7000.0, 7500.0])
    step = np.array([150.0, 40.0])
    for second in range(6):
        tracker.predict(float(second), step if second else np.zeros(2))
        truth = truth + step if second else truth
        # The decoy looks the same at first, and then stays where it is.
        tracker.update([at(truth, probability=0.45), at(decoy, probability=0.45)])
        if second == 0:
            assert isinstance(tracker.estimate(), Refusal)
    assert np.hypot(*(position_m(tracker) - truth)) < 5.0


def test_useless_images_cost_only_time():
    rng = np.random.default_rng(5)
    tracker = make_tracker()
    truth = np.array([2000.0, 6000.0])
    converged_after = None
    for number in range(40):
        step = np.array([80.0, -30.0])
        truth = truth + step
        tracker.predict(float(number), step * (1 + rng.normal(0, 0.03)))
        if rng.random() < 0.4:
            tracker.update([at(rng.uniform(0, SIZE_M, 2), probability=0.3)])
        else:
            tracker.update([at(truth + rng.normal(0, 3, 2), probability=0.7)])
        if converged_after is None and isinstance(tracker.estimate(), PositionEstimate):
            converged_after = number + 1
    assert converged_after <= 10
    assert np.hypot(*(position_m(tracker) - truth)) < 10.0


def test_it_notices_that_it_was_wrong_and_starts_again():
    tracker = make_tracker()
    tracker.reset(at([1000, 1000], sigma_m=10.0, probability=0.9999))
    elsewhere = np.array([8000.0, 2000.0])
    lost = False
    for second in range(12):
        tracker.predict(float(second), np.zeros(2))
        tracker.update([at(elsewhere, probability=0.8)])
        lost = lost or isinstance(tracker.estimate(), Refusal)
    np.testing.assert_allclose(position_m(tracker), elsewhere, atol=5.0)


def test_without_odometry_the_uncertainty_grows():
    tracker = make_tracker(max_speed_m_per_s=10.0)
    tracker.reset(at([5000, 5000], sigma_m=5.0, probability=0.9999))
    tracker.predict(0.0)
    before = tracker.estimate().covariance_enu_m2[0, 0]
    for second in range(1, 5):
        tracker.predict(float(second))
    after = tracker.estimate().covariance_enu_m2[0, 0]
    assert after == pytest.approx(before + 4 * 25.0)


def test_odometry_that_is_no_number_counts_as_none():
    tracker = make_tracker()
    tracker.reset(at([5000, 5000], sigma_m=5.0, probability=0.9999))
    tracker.predict(0.0, np.zeros(2))
    tracker.predict(1.0, np.array([np.nan, 0.0]))
    assert np.isfinite(tracker.estimate().covariance_enu_m2).all()
    np.testing.assert_allclose(position_m(tracker), [5000, 5000], atol=1.0)


def test_a_clock_that_jumps_back_starts_anew():
    tracker = make_tracker()
    tracker.reset(at([5000, 5000], sigma_m=5.0, probability=0.9999))
    tracker.predict(100.0, np.zeros(2))
    assert isinstance(tracker.estimate(), PositionEstimate)
    tracker.predict(3.0, np.zeros(2))
    assert isinstance(tracker.estimate(), Refusal)


def test_an_odometry_leap_is_survived():
    tracker = make_tracker()
    truth = np.array([5000.0, 5000.0])
    tracker.reset(at(truth, sigma_m=5.0, probability=0.9999))
    tracker.predict(0.0, np.zeros(2))
    tracker.predict(1.0, np.array([900.0, 0.0]))  # it did not happen
    for second in range(2, 12):
        tracker.predict(float(second), np.zeros(2))
        tracker.update([at(truth, probability=0.8)])
    assert np.hypot(*(position_m(tracker) - truth)) < 5.0


def test_similarity_to_tiles_narrows_the_map():
    tracker = make_tracker()
    centers = np.stack(np.meshgrid(*[np.arange(50, SIZE_M, 100)] * 2), -1).reshape(-1, 2)
    boxes = np.hstack([centers - 50.0, centers + 50.0])
    truth = np.array([4050.0, 6050.0])
    rng = np.random.default_rng(1)
    for second in range(12):
        step = np.array([100.0, 0.0])
        truth = truth + step
        tracker.predict(float(second), step)
        standouts = rng.normal(0, 1, len(centers))
        standouts[np.hypot(*(centers - truth).T) < 60] += 3.0
        tracker.update([], TileEvidence(boxes, TileModel(1.0, 0.5).probabilities(standouts)))
    np.testing.assert_allclose(position_m(tracker), truth, atol=60.0)


def test_it_looks_where_the_belief_is():
    tracker = make_tracker()
    tracker.update([at([3000, 3000], probability=0.45), at([7000, 7000], probability=0.45)])
    assert tracker.share_within(np.array([3000.0, 3000.0]), 100.0) == pytest.approx(0.5, abs=0.06)


def test_what_tiles_say_counts_only_where_no_place_is_right():
    boxes = np.array([[0.0, 0.0, 5000.0, SIZE_M], [5000.0, 0.0, SIZE_M, SIZE_M]])
    tracker = make_tracker()
    tiles = TileEvidence(boxes, np.array([0.0, 0.5]))
    np.testing.assert_allclose(tiles.likelihoods, [0.5, 1.5])
    tracker.update([at([2000, 2000], probability=0.6)], tiles)
    # 0.6 there; the other 0.4 as the tiles say: 1 to 3. A twentieth is off the map at first.
    at_place = tracker.share_within(np.array([2000.0, 2000.0]), 150.0)
    assert at_place == pytest.approx(0.6 * ON / (ON + 0.05 * 0.4), abs=0.01)
    assert tracker.share_within(np.array([7500.0, 5000.0]), 2000.0) == pytest.approx(
        0.3 * ON / (ON + 0.05 * 0.4) * np.pi * 2000**2 / 5e7, rel=0.02
    )


@pytest.mark.slow
def test_tiles_off_the_map_do_not_make_a_track():
    """Photos of other ground: every tile is as similar as chance has it, image after image."""
    tracker = make_tracker()
    low = np.stack(np.meshgrid(*[np.arange(0, SIZE_M, 150.0)] * 2), -1).reshape(-1, 2)
    boxes = np.hstack([low, low + 150.0])
    rng = np.random.default_rng(2)
    model = load_tile_model()
    for second in range(200):
        tracker.predict(float(second), np.array([30.0, -20.0]) * (1 if second % 80 < 40 else -1))
        probabilities = model.probabilities(rng.normal(0, 1, len(boxes)))
        tracker.update([], TileEvidence(boxes, probabilities))
        assert isinstance(tracker.estimate(), Refusal)


def test_the_best_of_a_small_piece_of_ground_says_less_than_the_best_of_the_map():
    shares = []
    for searched_m2 in (None, 200.0**2):
        tracker = make_tracker()
        tracker.update([Hypothesis(np.full(2, 3000.0), np.eye(2) * 9, 0.7, searched_m2)])
        shares.append(tracker.share_within(np.full(2, 3000.0), 100.0))
    # By Bayes: 0.7 of the map's worth of belief, or of the piece's.
    assert shares[0] == pytest.approx(0.7 * ON / (0.3 + 0.7 * ON), abs=0.01)
    assert shares[1] == pytest.approx(0.7 * 4e4 / (0.3 * 1e8 + 0.7 * 4e4), rel=0.35)


def test_a_probability_is_priced_by_the_ground_that_was_searched():
    shares = []
    for priced_m2 in (None, 1e7, 1e9):
        tracker = make_tracker()
        place = at([3000, 3000], probability=0.8)
        tracker.update([replace(place, priced_m2=priced_m2)])
        shares.append(tracker.share_within(np.full(2, 3000.0), 100.0))
    # A tenth of the odds on ten times the ground, and never more than it says itself.
    odds = np.array([4.0, 0.4, 4.0]) * ON
    np.testing.assert_allclose(shares, odds / (1 + odds), atol=0.005)


def test_a_track_starts_at_the_risk_of_one_in_a_thousand():
    for probability, converges in ((0.998, False), (0.9995, True)):
        tracker = make_tracker()
        tracker.update([at([3000, 3000], probability=probability)])
        assert isinstance(tracker.estimate(), PositionEstimate) == converges
    # Over ten times the ground that it holds for, it takes a second image.
    tracker = make_tracker()
    sure = replace(at([3000, 3000], probability=0.9995), priced_m2=1e7)
    tracker.update([sure])
    assert isinstance(tracker.estimate(), Refusal)
    tracker.update([sure])
    assert isinstance(tracker.estimate(), PositionEstimate)


def test_a_vehicle_that_left_the_map_is_not_on_it_and_may_come_back():
    tracker = make_tracker()
    tracker.reset(at([SIZE_M - 300.0, 5000], sigma_m=10.0, probability=0.9999))
    tracker.predict(0.0, np.zeros(2))
    for second in range(1, 6):
        tracker.predict(float(second), np.array([150.0, 0.0]))
    tracker.update([at([2000, 2000], probability=0.1)])
    assert isinstance(tracker.estimate(), Refusal)
    place = np.array([SIZE_M - 200.0, 5000.0])
    for second in range(6, 9):
        tracker.predict(float(second), np.zeros(2))
        tracker.update([at(place, probability=0.99)])
    np.testing.assert_allclose(position_m(tracker), place, atol=3.0)


def test_drift_goes_on_in_one_direction():
    tracker = make_tracker(odometry_drift=0.03)
    tracker.reset(at([2000, 5000], sigma_m=1.0, probability=0.9999))
    for second in range(6):
        tracker.predict(float(second), np.array([100.0, 0.0]) * (second > 0))
    sigma_m = np.sqrt(np.diag(tracker.estimate().horizontal_covariance_m2))
    # Nearly five times what one leg adds; legs that differ by chance would give 6.7 m.
    np.testing.assert_allclose(sigma_m, 0.03 * 500, rtol=0.15)


def test_the_same_ground_again_is_no_new_evidence():
    tracker = make_tracker()
    for second in range(50):
        tracker.predict(float(second), np.zeros(2))
        tracker.update(
            [at([3000, 3000], probability=0.3)], None, Novelty(second == 0, second == 0)
        )
    share = tracker.share_within(np.full(2, 3000.0), 100.0)
    assert share == pytest.approx(0.3 * ON / (0.7 + 0.3 * ON), abs=0.01)


def test_a_track_expects_the_vehicle_within_999_of_1000():
    tracker = make_tracker()
    assert tracker.expected_region() is None  # lost: the whole map
    tracker.reset(at([5000, 4000], sigma_m=10.0, probability=0.9999))
    (box,) = tracker.expected_region().regions
    sigma_m = np.sqrt(tracker.estimate().covariance_enu_m2[0, 0])
    assert (box.west_m + box.east_m) / 2 == pytest.approx(5000, abs=1)
    assert (box.east_m - box.west_m) / 2 == pytest.approx(3.717 * sigma_m + 25, rel=1e-3)


def test_a_belief_in_two_places_expects_the_vehicle_in_both():
    tracker = make_tracker()
    tracker.update([at([3000, 3000], probability=0.4995), at([7000, 7000], probability=0.4995)])
    prior = tracker.expected_region()
    assert isinstance(tracker.estimate(), Refusal)
    assert len(prior.regions) == 2
    for place, box in zip(
        (3000, 7000), sorted(prior.regions, key=lambda r: r.west_m), strict=True
    ):
        assert box.west_m < place - 25 and place + 25 < box.east_m
        assert box.east_m - box.west_m < 250


@pytest.mark.parametrize('leg_m', [[np.nan, 0.0], [np.inf, 0.0], [1e308, -1e308], [-2e6, 0.0]])
def test_a_leg_that_nothing_flies_tells_nothing(leg_m):
    tracker = make_tracker()
    tracker.reset(at([5000, 4000], probability=0.9999))
    tracker.predict(0.0)
    tracker.predict(1.0, np.array(leg_m))
    np.testing.assert_allclose(position_m(tracker), [5000, 4000], atol=5.0)
