# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The fields of the messages, compared with numbers from outside and through pymavlink."""

import math

import _needs_pymavlink  # noqa: F401
import numpy as np
from outgoing_fix import ORIGIN, outgoing, STAMP
import pytest
from visual_navsat.autopilot import messages
from visual_navsat.autopilot.dialect import Dialect, is_mavlink_1
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.messages import Posture


def through_the_wire(message):
    """Return what the other side reads."""
    data = Dialect().pack(message)
    (parsed,) = Dialect().parse(data)
    assert not is_mavlink_1(parsed)
    return parsed


def test_metres_from_the_origin_are_as_ardupilot_counts_them():
    # 1e-7 degree is 0.011131884502145034 m; east times the cosine of the mean latitude.
    north_m, east_m = ORIGIN.ned_from_geodetic(47.401, 8.501)
    assert north_m == pytest.approx(111.31884502145034, abs=1e-4)
    assert east_m == pytest.approx(111.31884502145034 * math.cos(math.radians(47.4005)), abs=1e-4)
    assert ORIGIN.geodetic_from_ned(north_m, east_m) == pytest.approx((47.401, 8.501), abs=1e-9)


def test_the_antimeridian_is_no_edge():
    origin = Origin(0.0, 179.9999)
    assert origin.ned_from_geodetic(0.0, -179.9999)[1] == pytest.approx(22.26, abs=0.01)
    assert origin.geodetic_from_ned(0.0, 22.2638)[1] == pytest.approx(-179.9999, abs=1e-6)


def test_vision_position_estimate():
    read = through_the_wire(
        messages.vision_position_estimate(outgoing(), ORIGIN, Posture(-99.0, 0.1, 0.2, 0.3))
    )
    assert read.get_msgId() == 102
    assert (read.x, read.y, read.z) == pytest.approx((100.0, -50.0, -99.0), abs=0.01)
    assert (read.roll, read.pitch, read.yaw) == pytest.approx((0.1, 0.2, 0.3))
    assert read.usec == STAMP // 1000
    assert read.reset_counter == 3


def test_odometry_is_in_the_pair_of_frames_that_is_fused():
    read = through_the_wire(
        messages.odometry(outgoing(), ORIGIN, Posture(-99.0, 0, 0, math.pi / 2))
    )
    assert (read.frame_id, read.child_frame_id) == (20, 12)
    assert (read.x, read.y, read.z) == pytest.approx((100.0, -50.0, -99.0), abs=0.01)
    assert read.q == pytest.approx([math.sqrt(0.5), 0, 0, math.sqrt(0.5)])
    assert read.quality == 100 and read.estimator_type == 2


@pytest.mark.parametrize('sigma', [0.3, 1.0, 2.0, 3.0, 20.0, 90.0])
def test_no_version_of_ardupilot_reads_a_smaller_sigma_than_is_meant(sigma):
    covariance = messages.pose_covariance(sigma)
    older = np.cbrt(covariance[0] ** 2 + covariance[6] ** 2 + covariance[11] ** 2)
    newer = math.sqrt(covariance[0] + covariance[6] + covariance[11])
    assert min(older, newer) == pytest.approx(sigma)
    assert np.isfinite(covariance).all()


def test_gps_input_has_week_and_milliseconds():
    read = through_the_wire(messages.gps_input(outgoing(), 480.0))
    # 1 January 2017, 00:00:00 UTC began 18 s into the first day of week 1930.
    assert messages.gps_time(1_483_228_800 * 10**9) == (1930, 18_000)
    assert (read.time_week, read.time_week_ms) == (2453, (5 * 86400 + 8 * 3600 + 18) * 1000 + 250)
    assert read.horiz_accuracy == pytest.approx(3.0)
    assert read.ignore_flags == 2 | 4 | 8 | 16 | 32 | 128
    assert read.alt == 480.0 and read.fix_type == 3 and read.gps_id == 0
    assert messages.gps_input(outgoing(), None).fields['ignore_flags'] & 1


def test_what_repeats_a_fix_says_so_in_its_accuracy():
    read = through_the_wire(messages.gps_input(outgoing(factor=25.0), 480.0))
    assert read.horiz_accuracy == pytest.approx(15.0)


def test_external_position_estimate():
    read = through_the_wire(messages.external_position_estimate(outgoing(), (1, 1)))
    assert read.command == 43003 and read.frame == 5
    assert read.param3 == pytest.approx(3.0)
    assert read.param2 == 0.0 and math.isnan(read.z)
    assert read.x == round(outgoing().position.latitude * 1e7)


def test_global_position_sensor():
    read = through_the_wire(messages.global_position_sensor(outgoing(), (1, 1)))
    assert read.get_msgId() == 296
    assert read.source == 2 and read.id == 1
    assert read.eph == pytest.approx(3.0) and math.isnan(read.alt)
    assert read.lon == round(outgoing().position.longitude * 1e7)
