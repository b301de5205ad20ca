# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Odometry, priors and images in the order of time."""

import numpy as np
import pytest
from visual_navsat.config import TrackConfig
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.localization.hypothesis import Hypothesis
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.tracking.flight_track import FlightTrack
from visual_navsat.tracking.odometry_leg import OdometryLeg, OdometryPose

FRAME = LocalFrame(46.5, 7.9)
SECOND = 1_000_000_000
LEVEL = np.array([0.0, 0.0, 0.0, 1.0])


def make_track(extent_m: float = 4000.0, **settings) -> FlightTrack:
    """Return a track over a square map around the frame's origin."""
    half_m = extent_m / 2
    region = Region(-half_m, -half_m, half_m, half_m)
    leg = OdometryLeg(0.2, are_axes_enu=True)
    return FlightTrack(TrackConfig(**settings), leg, FRAME, region)


def advance(track, stamp_ns, enu_from_body, hypotheses):
    """Predict, update and estimate in one, where nothing is looked for in between."""
    track.predict(stamp_ns, enu_from_body)
    track.update(hypotheses)
    return track.estimate()


def at(place, sigma_m=3.0, probability=0.8) -> Hypothesis:
    return Hypothesis(np.asarray(place, float), np.eye(2) * sigma_m**2, probability)


def place_of(answer) -> np.ndarray:
    assert isinstance(answer, PositionEstimate), answer
    return FRAME.enu_from_geodetic(answer.latitude, answer.longitude)


def test_images_and_odometry_become_a_track():
    track = make_track()
    assert isinstance(advance(track, 0, None, []), Refusal)
    for second in range(1, 6):
        place = np.array([100.0 * second, -300.0])
        track.add_odometry(second * SECOND, OdometryPose(place - 7000.0, LEVEL))
        answer = advance(track, second * SECOND, None, [at(place)])
    np.testing.assert_allclose(place_of(answer), [500, -300], atol=2.0)
    # An image that says nothing: odometry alone carries it on.
    track.add_odometry(6 * SECOND, OdometryPose(np.array([-6400.0, -7250.0]), LEVEL))
    answer = advance(track, 6 * SECOND, None, [])
    np.testing.assert_allclose(place_of(answer), [600, -250], atol=2.0)


def test_a_prior_starts_it_and_no_prior_loses_it():
    track = make_track()
    track.restart(at([700, 800], sigma_m=10.0, probability=0.999))
    np.testing.assert_allclose(place_of(advance(track, 0, None, [])), [700, 800], atol=2.0)
    track.restart()
    assert isinstance(advance(track, SECOND, None, []), Refusal)


def test_a_clock_that_was_reset_starts_anew():
    track = make_track()
    track.restart(at([700, 800], sigma_m=10.0, probability=0.999))
    advance(track, 100 * SECOND, None, [])
    track.add_odometry(100 * SECOND, OdometryPose(np.zeros(2), LEVEL))
    assert isinstance(advance(track, 5 * SECOND, None, []), Refusal)


def test_a_map_of_many_cells_fits_into_memory():
    track = make_track(extent_m=400_000.0)  # 256 million cells of 25 m
    for second in range(3):
        place = np.array([1000.0 + 60.0 * second, 2000.0])
        track.add_odometry(second * SECOND, OdometryPose(place, LEVEL))
        answer = advance(track, second * SECOND, None, [at(place, probability=0.99)])
    np.testing.assert_allclose(place_of(answer), [1120, 2000], atol=5.0)
    assert answer.covariance_enu_m2[0, 0] == pytest.approx(9.0, rel=0.7)


def test_a_vehicle_that_hovers_repeats_one_piece_of_evidence():
    track = make_track()
    wrong = at([500, 500], probability=0.4)
    for second in range(100):
        track.add_odometry(second * SECOND, OdometryPose(np.zeros(2), LEVEL))
        assert isinstance(advance(track, second * SECOND, None, [wrong]), Refusal)
    # Without odometry the images themselves say that they show the same ground.
    track.clear()
    for second in range(100):
        assert isinstance(advance(track, second * SECOND, None, [wrong]), Refusal)


def test_without_odometry_a_track_follows_its_images():
    track = make_track()
    track.restart(at([700, 800], sigma_m=10.0, probability=0.999))
    for second in range(30):
        answer = advance(track, second * SECOND, None, [at([700, 800], sigma_m=3.0)])
    assert answer.covariance_enu_m2[0, 0] < 3.0**2 * 1.5


def test_without_odometry_a_track_that_is_photographed_now_and_then_goes_on():
    """Photos a minute apart over a small map, to and fro: between them it may be anywhere."""
    track = make_track(extent_m=600.0)
    places = np.array([[-200.0, 150.0], [100.0, -50.0], [0.0, 0.0]])
    for minute in range(30):
        place = places[minute % 3]
        answer = advance(track, 60 * minute * SECOND, None, [at(place, probability=0.9999)])
        np.testing.assert_allclose(place_of(answer), place, atol=5.0)


def test_a_track_that_was_wrong_may_learn_from_ground_that_it_has_seen():
    track = make_track()
    track.restart(at([700, 800], sigma_m=10.0, probability=0.999))
    answers = []
    for second in range(60):
        place = np.array([-900.0, -900.0 + 10.0 * (second % 4)])
        track.add_odometry(second * SECOND, OdometryPose(place, LEVEL))
        answers.append(advance(track, second * SECOND, None, [at(place, probability=0.9999)]))
    np.testing.assert_allclose(place_of(answers[-1]), place, atol=5.0)


def test_a_track_at_the_wrong_place_hears_a_vehicle_that_hovers():
    track = make_track()
    track.restart(at([700, 800], sigma_m=10.0, probability=0.999))
    for second in range(100):
        track.add_odometry(second * SECOND, OdometryPose(np.zeros(2), LEVEL))
        answer = advance(track, second * SECOND, None, [at([-900, -900], probability=0.9)])
        if isinstance(answer, Refusal):
            break
    assert isinstance(answer, Refusal)


def test_its_prior_goes_where_odometry_goes():
    track = make_track()
    assert track.prior() is None
    track.restart(at([700, 800], sigma_m=10.0, probability=0.999))
    for second, east in enumerate((0.0, 400.0)):
        track.add_odometry(second * SECOND, OdometryPose(np.array([east, 0.0]), LEVEL))
        track.predict(second * SECOND, None)
    (box,) = track.prior().regions
    assert (box.west_m + box.east_m) / 2 == pytest.approx(1100, abs=2)
    blind = make_track(narrow_search=False)
    blind.restart(at([700, 800], sigma_m=10.0, probability=0.999))
    assert blind.prior() is None
