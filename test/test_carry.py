# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A fix is carried from the time of its image to that of sending, and its covariance is true."""

import numpy as np
import pytest
from visual_navsat.autopilot.carry import carry, MotionError
from visual_navsat.autopilot.motion_buffer import Leg, MotionBuffer
from visual_navsat.autopilot.near_frame import en_m, moved
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.position import PositionEstimate

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND


def fill(buffer, velocity, seconds, rate_hz=25, start_ns=START):
    for number in range(round(seconds * rate_hz) + 1):
        buffer.add_velocity(start_ns + number * SECOND // rate_hz, np.array(velocity(number)))


def test_a_velocity_is_integrated():
    buffer = MotionBuffer()
    fill(buffer, lambda n: (8.0, -2.0), 3.0)
    leg = buffer.leg(START + SECOND // 2, START + 5 * SECOND // 2)
    assert leg.way_en_m == pytest.approx([16.0, -4.0])
    assert leg.seconds == 2.0


def test_between_the_last_measurement_and_now_the_vehicle_goes_on():
    buffer = MotionBuffer()
    fill(buffer, lambda n: (8.0, 0.0), 1.0)
    leg = buffer.leg(START, START + SECOND + SECOND // 10)
    assert leg.way_en_m == pytest.approx([8.8, 0.0])


def test_steps_of_odometry_become_a_way():
    buffer = MotionBuffer()
    for number in range(11):
        buffer.add_position(START + number * SECOND // 10, np.array([100.0 + number, 7.0]))
    assert buffer.leg(START, START + SECOND).way_en_m == pytest.approx([10.0, 0.0])


@pytest.mark.parametrize(('start_s', 'end_s'), [(-2.0, 1.0), (0.0, 4.0), (1.0, 0.5)])
def test_what_is_not_covered_is_unknown(start_s, end_s):
    buffer = MotionBuffer()
    fill(buffer, lambda n: (8.0, 0.0), 1.0)
    assert buffer.leg(START + round(start_s * SECOND), START + round(end_s * SECOND)) is None


def test_a_gap_begins_anew():
    buffer = MotionBuffer()
    fill(buffer, lambda n: (8.0, 0.0), 1.0)
    fill(buffer, lambda n: (8.0, 0.0), 1.0, start_ns=START + 3 * SECOND)
    assert buffer.leg(START + SECOND // 2, START + 4 * SECOND) is None
    assert buffer.leg(START + 3 * SECOND, START + 4 * SECOND).way_en_m == pytest.approx([8, 0])


def test_nan_is_no_motion():
    buffer = MotionBuffer()
    fill(buffer, lambda n: (8.0, 0.0), 1.0)
    buffer.add_velocity(START + SECOND + 1, np.array([np.nan, 0.0]))
    assert np.isfinite(buffer.leg(START, START + SECOND).way_en_m).all()


def test_errors_after_the_way_are_as_large_as_the_covariance_says():
    random = np.random.default_rng(5)
    frame = LocalFrame(47.4, 8.5)
    error = MotionError(drift_share=0.03, velocity_sigma_m_s=0.4)
    covariance = np.array([[9.0, 2.0], [2.0, 4.0]])
    root = np.linalg.cholesky(covariance)
    anees = []
    for _ in range(4000):
        true_way_m, seconds = random.normal(0, 20, 2), random.uniform(0.3, 5)
        fix_m = root @ random.standard_normal(2)
        lat, long = frame.geodetic_from_enu(fix_m)
        wrong_m = error.drift_share * np.linalg.norm(true_way_m) * random.standard_normal(2)
        wrong_m += error.velocity_sigma_m_s * seconds * random.standard_normal(2)
        fix = PositionEstimate.from_horizontal(float(lat), float(long), covariance, 10.0)
        sent = carry(fix, Leg(true_way_m + wrong_m, seconds), error)
        truth = frame.geodetic_from_enu(true_way_m)
        anees.append(sent.sigmas_to(float(truth[0]), float(truth[1])) ** 2 / 2)
    assert 0.95 < np.mean(anees) < 1.05


def test_metres_between_near_points_do_not_depend_on_the_frame_that_is_kept():
    for lat in (-50.0, 0.0, 47.396):
        frame = LocalFrame(lat, 179.9996)
        there = frame.geodetic_from_enu([300.0, -200.0])
        off_m = en_m(lat, 179.9996, float(there[0]), float(there[1]))
        # 0.2 mrad of 360 m.
        assert off_m == pytest.approx([300.0, -200.0], abs=0.08)
        assert moved(lat, 179.9996, off_m) == pytest.approx(tuple(map(float, there)), abs=1e-9)
