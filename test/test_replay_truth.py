# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Truth is interpolated where that is honest, and its jumps are found."""

import pytest
from visual_navsat.replay.truth import TruthSample, TruthTrack

SECOND = 1_000_000_000


def track(*places, **options) -> TruthTrack:
    """Make a truth of (seconds, latitude, longitude)."""
    samples = [TruthSample(round(s * SECOND), lat, long) for s, lat, long in places]
    return TruthTrack(samples, **options)


def test_between_two_samples():
    truth = track((10, 1.0, 2.0), (11, 1.0004, 2.0008))
    assert truth.at(10 * SECOND + SECOND // 4) == pytest.approx((1.0001, 2.0002))
    assert truth.at(11 * SECOND) == (1.0004, 2.0008)


def test_nothing_outside_or_across_a_gap():
    truth = track((10, 1.0, 2.0), (11, 1.0, 2.0), (14, 1.0, 2.0))
    assert truth.at(9 * SECOND) is None
    assert truth.at(15 * SECOND) is None
    assert truth.at(12 * SECOND) is None  # three seconds from one to the next
    assert TruthTrack([]).at(0) is None


def test_samples_out_of_order():
    truth = track((11, 1.0004, 2.0), (10, 1.0, 2.0))
    assert truth.at(10 * SECOND + SECOND // 2) == pytest.approx((1.0002, 2.0))
    assert truth.jumps == 0


def test_a_jump_is_counted_and_not_interpolated_across():
    # 0.01 degrees of latitude are 1.1 km: spoofed for one second, there and back.
    truth = track((0, 1.0, 2.0), (1, 1.0001, 2.0), (2, 1.0101, 2.0), (3, 1.0003, 2.0))
    assert truth.jumps == 2
    assert truth.at(SECOND // 2) == pytest.approx((1.00005, 2.0))
    assert truth.at(SECOND + SECOND // 2) is None
    assert truth.at(2 * SECOND + SECOND // 2) is None


def test_across_the_antimeridian():
    truth = track((0, 0.0, 179.9999), (1, 0.0, -179.9999))
    assert truth.jumps == 0
    assert abs(truth.at(SECOND // 2)[1]) == pytest.approx(180.0)


def test_photos_have_their_own_position_only():
    truth = track((0, 1.0, 2.0), (1, 1.0, 2.0), is_continuous=False)
    assert truth.at(0) == (1.0, 2.0)
    assert truth.at(SECOND // 2) is None
