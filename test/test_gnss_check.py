# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""GNSS against a position from images."""

import numpy as np
import pytest
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.tracking.gnss_check import GnssCheck

FRAME = LocalFrame(46.5, 7.9)
SECOND = 1_000_000_000


def position_of(east, north):
    lat, long = FRAME.geodetic_from_enu(np.array([east, north], float))
    return float(lat), float(long)


ESTIMATE = PositionEstimate(*position_of(100, 200), np.diag([9.0, 16.0, 1e4]))


def compare(east, north, covariance, at_s=0.0):
    check = GnssCheck(FRAME, max_age_s=0.5, max_speed_m_per_s=20.0)
    check.add(0, *position_of(east, north), covariance)
    return check.compare(round(at_s * SECOND), ESTIMATE)


def test_distance_is_weighed_by_both_covariances():
    verdict = compare(115, 200, np.diag([16.0, 4.0]))
    assert verdict.distance_m == pytest.approx(15.0, abs=0.01)
    assert verdict.sigmas == pytest.approx(3.0, abs=0.01)  # 15 m, variance 9 + 16
    assert str(verdict) == 'consistent (15 m, 3.0 sigma)'


def test_a_spoofed_position_is_inconsistent():
    verdict = compare(400, 600, np.eye(2))
    assert not verdict.is_consistent
    assert str(verdict).startswith('inconsistent (500 m, ')


def test_unstated_covariance_counts_as_ten_metres():
    assert compare(100, 200 + np.sqrt(116), None).sigmas == pytest.approx(1.0, abs=0.01)


def test_the_way_that_the_vehicle_may_have_gone_since_is_allowed_for():
    # 0.4 s at 20 m/s are two sigma of 4 m: the variance of east is 9 + 16 + 16.
    verdict = compare(100 + np.sqrt(41), 200, np.diag([16.0, 4.0]), at_s=0.4)
    assert verdict.sigmas == pytest.approx(1.0, abs=0.01)


def test_old_gnss_is_not_compared():
    assert compare(100, 200, np.eye(2), at_s=0.6) is None


def test_gnss_is_interpolated_to_the_image():
    check = GnssCheck(FRAME, max_age_s=0.5, max_speed_m_per_s=20.0)
    check.add(0, *position_of(90, 200), np.eye(2))
    check.add(SECOND // 2, *position_of(110, 200), np.eye(2))
    assert check.compare(SECOND // 4, ESTIMATE).distance_m == pytest.approx(0.0, abs=0.01)
    check.clear()
    assert check.compare(SECOND // 4, ESTIMATE) is None
