# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What the matches of a recorded flight beside its GNSS tell."""

from dataclasses import replace

from drawn_flight import COMMON_SIGMA_M, DrawnFlight, OFF, TRUTH_SIGMA_M
import numpy as np
from visual_navsat.config import CalibrationConfig
from visual_navsat.replay.learn_calibration import learn_calibration, Match

CONFIG = CalibrationConfig()


def draw_matches(flight: DrawnFlight, count: int, claimed: float = 1.0) -> list[Match]:
    """Return matches whose errors are smaller than they claim by a factor."""
    matches = []
    for number in range(count):
        deviation = flight.match(common_m=np.array([4.0, -3.0]))
        true_m = flight.place_m + flight.rng.normal(0, TRUTH_SIGMA_M, 2)
        deviation = replace(
            deviation,
            heading_sigma_deg=claimed * deviation.heading_sigma_deg,
            log_scale_sigma=claimed * deviation.log_scale_sigma,
            covariance_m2=claimed**2 * deviation.covariance_m2,
        )
        matches.append(Match(f'{number}.jpg', deviation, true_m))
        flight.go_on()
    return matches


def test_it_is_told_with_what_the_map_is_off():
    learned = learn_calibration(draw_matches(DrawnFlight(1, OFF), 60), CONFIG, TRUTH_SIGMA_M)
    estimate = learned.state.estimate
    np.testing.assert_array_less(np.abs(estimate.vector - OFF), 3 * estimate.sigmas)
    assert learned.state.is_used.all() and learned.since == ''
    off_m = np.abs(learned.map_less_gnss_m - [4.0, -3.0])
    np.testing.assert_array_less(off_m, 3 * learned.map_sigmas_m)
    assert (learned.map_sigmas_m < COMMON_SIGMA_M / 5).all()


def test_errors_that_claim_too_much_are_taken_as_they_differ():
    """A compass of 2 degrees that is 8 off all the time is no compass of 8 degrees of noise."""
    flight = DrawnFlight(2, OFF)
    honest = learn_calibration(draw_matches(flight, 80), CONFIG, TRUTH_SIGMA_M)
    flight = DrawnFlight(2, OFF)
    claimed = learn_calibration(draw_matches(flight, 80, claimed=3.0), CONFIG, TRUTH_SIGMA_M)
    ratio = claimed.state.estimate.sigmas / honest.state.estimate.sigmas
    # The median of 80 differences is within 30 % of what it should be.
    np.testing.assert_allclose(ratio, 1.0, atol=0.3)


def test_a_mount_that_is_changed_on_the_way_is_noticed():
    flight = DrawnFlight(3, OFF)
    matches = draw_matches(flight, 40)
    flight.off = np.array([*OFF[:2], OFF[2], OFF[3] + 8.0])
    for match in draw_matches(flight, 30):
        matches.append(replace(match, name=f'later_{match.name}'))
    learned = learn_calibration(matches, CONFIG, TRUTH_SIGMA_M)
    assert learned.since == 'later_0.jpg'
    estimate = learned.state.estimate
    np.testing.assert_array_less(np.abs(estimate.vector - flight.off), 3.5 * estimate.sigmas)


def test_a_second_pass_tells_the_whole_of_what_its_matches_were_corrected_by_in_part():
    flight = DrawnFlight(4, OFF)
    first = learn_calibration(draw_matches(flight, 30), CONFIG, TRUTH_SIGMA_M)
    assert first.state.is_used.all()
    flight.off = OFF - first.state.estimate.vector  # what is left of it, once corrected
    second = learn_calibration(draw_matches(flight, 60), CONFIG, TRUTH_SIGMA_M, first)
    estimate = second.state.estimate
    np.testing.assert_array_less(np.abs(estimate.vector - OFF), 3 * estimate.sigmas)
    assert second.state.is_used.all()
