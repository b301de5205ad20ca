"""A heading counts for as long as it is fresh."""

import math

import pytest

from visual_navsat.ros.latest_heading import LatestHeading

SECOND = 10**9


def test_heading_expires():
    heading = LatestHeading(max_age_s=0.5)
    assert heading.at(0) is None
    assert not heading.is_too_old(0)
    heading.update(-90.0, 10 * SECOND)
    assert heading.at(10 * SECOND + SECOND // 2) == 270.0
    assert heading.at(11 * SECOND) is None
    assert heading.is_too_old(11 * SECOND)


def test_heading_from_before_the_clock_jumped_back_is_not_used():
    heading = LatestHeading(max_age_s=0.5)
    heading.update(10.0, 100 * SECOND)
    assert heading.at(5 * SECOND) is None


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_heading_that_is_not_finite_leaves_the_last_one(value):
    heading = LatestHeading(max_age_s=0.5)
    assert heading.update(20.0, 0) is True
    assert heading.update(value, 1) is False
    assert heading.at(2) == 20.0
