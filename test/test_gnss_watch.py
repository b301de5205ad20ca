# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""GNSS that walks away from the map is named; GNSS that is only as good as it says is not."""

import math

import _needs_pymavlink  # noqa: F401
import numpy as np
from rehearsed_flight import FixMaker, rehearse, switched_on
from visual_navsat.autopilot.gnss_watch import GnssWatch

SECOND = 1_000_000_000
GNSS_SIGMA_M = 1.65


def watched(random, seconds, fix_sigma_m=3.0, walk_en=(0.0, 0.0), wander_s=60.0):
    """Yield what is said after each fix of a flight; GNSS wanders as receivers do."""
    watch, gnss_m = GnssWatch(), GNSS_SIGMA_M * random.standard_normal(2)
    for second in range(seconds):
        keep = math.exp(-1.0 / wander_s)
        fresh_m = GNSS_SIGMA_M * math.sqrt(1 - keep**2) * random.standard_normal(2)
        gnss_m = keep * gnss_m + fresh_m
        if random.random() < 0.4:
            continue
        difference_m = gnss_m - fix_sigma_m * random.standard_normal(2)
        difference_m = difference_m + second * np.array(walk_en)
        watch.add(
            second * SECOND, difference_m, fix_sigma_m**2 * np.eye(2), GNSS_SIGMA_M**2 * np.eye(2)
        )
        difference = watch.difference(second * SECOND)
        if difference is not None:
            yield second, difference


def test_hours_of_clean_flight_raise_no_alarm_and_the_distance_is_as_it_says():
    random = np.random.default_rng(5)
    said = [difference for _ in range(20) for _, difference in watched(random, 300)]
    assert all(difference.is_consistent for difference in said)
    # Two dimensions; the map's error that is reckoned with is not in the differences.
    assert 0.5 < np.mean([d.sigmas**2 for d in said]) / 2 < 1.1


def test_a_walk_of_two_metres_a_second_is_named_within_half_a_minute():
    for seed in range(10):
        for fix_sigma_m in (3.0, 5.0):
            random = np.random.default_rng(seed)
            said = watched(random, 40, fix_sigma_m, walk_en=(1.2, -1.6))
            assert next(second for second, d in said if d.walks_away) <= 30


def test_an_offset_that_stays_is_no_walk():
    watch = GnssWatch()
    random = np.random.default_rng(3)
    for second in range(30):
        off_m = np.array([40.0, 0.0]) + 3.0 * random.standard_normal(2)
        watch.add(second * SECOND, off_m, 9.0 * np.eye(2), 2.7 * np.eye(2))
    difference = watch.difference(29 * SECOND)
    assert not difference.is_consistent and not difference.walks_away
    assert watch.difference(60 * SECOND) is None  # nothing new was said for long


def test_spoofed_gnss_is_named_in_flight_and_the_bridge_keeps_to_the_map():
    autopilot = switched_on('ardupilot', 'vision')
    autopilot.has_gnss, autopilot.gnss_noise_m = True, GNSS_SIGMA_M
    rehearsal = rehearse(autopilot, 'vision')
    maker = FixMaker(rehearsal, refused=0.2, late_s=(0.3, 1.5))
    for _ in range(10):
        maker.run(2.0)
        assert not any(name.startswith('gnss') for name in rehearsal.state_names())
    autopilot.gnss_walk_en = np.array([1.2, -1.6])
    for _ in range(15):
        maker.run(2.0)
        if 'gnss_walks_away' in rehearsal.state_names():
            break
    else:
        raise AssertionError(rehearsal.state_names())
    maker.run(6.0)
    assert np.linalg.norm(autopilot._gnss_off_m) > 20.0
    assert autopilot.error_m < 10.0  # the EKF follows fixes of 3 m, not GNSS
    state = next(
        s for s in rehearsal.bridge.states(rehearsal.now_ns) if s.name == 'gnss_walks_away'
    )
    assert 'the bridge keeps to the map' in state.words and 'EK3_SRC2' in state.remedy
