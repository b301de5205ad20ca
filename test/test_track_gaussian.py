# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The track's Gaussian claims what it knows and no more."""

import numpy as np
import pytest
from visual_navsat.tracking.new_ground import ALL_NEW, Novelty
from visual_navsat.tracking.track_gaussian import Sighting, TrackGaussian

SAME = Novelty(1e-6, 1e-6)
WEST_EAST = np.eye(2)  # the image's up direction is north


def sure(place, sigma_m=3.0, tilt_m=None) -> Sighting:
    place, covariance = np.asarray(place, float), np.eye(2) * sigma_m**2
    return Sighting(place, covariance, tilt_m, odds=1e12)


def sigma_m(gaussian) -> float:
    return float(np.sqrt(gaussian.covariance_m2[0, 0]))


def vague(map_sigma_m=0.0) -> TrackGaussian:
    return TrackGaussian(np.zeros(2), np.eye(2) * 1e4, map_sigma_m)


def test_images_of_other_ground_add_their_information():
    gaussian = vague()
    for _ in range(4):
        gaussian.see([sure([0, 0])])
    assert sigma_m(gaussian) == pytest.approx(3.0 / 2, rel=0.01)


def test_images_of_the_same_ground_say_it_once():
    gaussian = vague()
    for _ in range(200):
        gaussian.see([sure([0, 0])], SAME)
    # What differs between two images of one ground is a tenth of the variance.
    assert 3.0 * np.sqrt(0.9) - 0.01 < sigma_m(gaussian) < 3.0


def test_half_of_the_ground_new_adds_as_correlated_errors_do():
    gaussian = vague()
    for _ in range(2):
        gaussian.see([sure([0, 0])], Novelty(0.5, 0.5))
    # Best linear estimate of two errors with a correlation of 0.9 / 2.
    assert sigma_m(gaussian) == pytest.approx(3.0 * np.sqrt((1 + 0.45) / 2), rel=0.01)


def test_a_map_that_is_off_is_off_however_many_images_say_so():
    gaussian = vague(map_sigma_m=2.0)
    for _ in range(500):
        gaussian.see([sure([0, 0])])
    assert sigma_m(gaussian) == pytest.approx(2.0, rel=0.02)


def test_a_way_over_a_bent_map_averages_its_bends():
    gaussian = vague(map_sigma_m=2.0)
    for _ in range(100):
        gaussian.see([sure([0, 0], sigma_m=2.2)])
        gaussian.move(np.array([100.0, 0.0]), drift=0.0)
        gaussian.move(np.array([-100.0, 0.0]), drift=0.0)
    assert sigma_m(gaussian) < 0.7


def test_an_unknown_tilt_stays_until_a_turn_tells_it():
    gaussian = vague()
    for _ in range(100):
        gaussian.see([sure([8, 0], 10.4, tilt_m=10.0 * WEST_EAST)])
    assert sigma_m(gaussian) == pytest.approx(10.0, rel=0.02)
    # Turned about, the same tilt points the other way, and half of the change is twice the tilt.
    for _ in range(100):
        gaussian.see([sure([-8, 0], 10.4, tilt_m=-10.0 * WEST_EAST)])
    assert sigma_m(gaussian) < 0.5
    np.testing.assert_allclose(gaussian.position_m, [0, 0], atol=0.2)


def test_an_image_that_may_be_wrong_says_it_a_hundred_times_and_is_heard_once():
    moved = []
    for novelty in (ALL_NEW, Novelty(0.01, 0.01)):
        gaussian = TrackGaussian(np.zeros(2), np.eye(2) * 25.0, 0.0)
        doubtful = Sighting(np.array([15.0, 0.0]), np.eye(2) * 9.0, None, odds=1000.0)
        for _ in range(10):
            gaussian.see([doubtful], novelty)
        moved.append(gaussian.position_m[0])
    assert moved[0] > 10.0
    assert moved[1] < 3.0


def test_drift_is_learnt_on_the_way():
    gaussian = TrackGaussian(np.zeros(2), np.eye(2), 0.0)
    place = np.zeros(2)
    for _ in range(20):  # odometry says 3 percent too much
        place = place + np.array([0.0, 100.0])
        gaussian.move(np.array([0.0, 103.0]), drift=0.03)
        gaussian.see([sure(place, sigma_m=1.0)])
    for _ in range(3):  # nothing is seen
        place = place + np.array([0.0, 100.0])
        gaussian.move(np.array([0.0, 103.0]), drift=0.03)
    assert abs(gaussian.position_m[1] - place[1]) < 4.5  # half of 9 m
    assert gaussian.covariance_m2[1, 1] < (0.03 * 300) ** 2


def test_covariances_stay_positive_and_symmetric():
    rng = np.random.default_rng(4)
    gaussian = vague(map_sigma_m=1.0)
    place = np.zeros(2)
    for _ in range(3000):
        step = rng.normal(0, 30, 2)
        place = place + step
        gaussian.move(step * (1 + rng.normal(0, 0.03)), drift=0.03)
        turn = rng.uniform(0, 2 * np.pi)
        tilt_m = 10 * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        thin = np.array([[400.0, 0.0], [0.0, 0.3]]) + 100 * np.eye(2)
        seen = Sighting(place + rng.normal(0, 5, 2), thin, tilt_m, odds=1e4)
        gaussian.see([seen], Novelty(*rng.uniform(0.05, 1.0, 2)))
    np.testing.assert_allclose(gaussian.covariance_m2, gaussian.covariance_m2.T, rtol=1e-9)
    assert np.linalg.eigvalsh(gaussian.covariance_m2)[0] > 0
    assert np.hypot(*(gaussian.position_m - place)) < 30
