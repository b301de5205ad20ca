# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Measurements matched by time: interpolation, age and clocks that jump."""

import pytest
from visual_navsat.tracking.time_buffer import interpolate_linear, TimeBuffer

SECOND = 1_000_000_000


def make_buffer(*samples, max_age_s: float = 0.5) -> TimeBuffer:
    """Return a buffer of (seconds, value)."""
    buffer = TimeBuffer(max_age_s, interpolate_linear)
    for seconds, value in samples:
        buffer.add(round(seconds * SECOND), value)
    return buffer


@pytest.mark.parametrize(
    ('seconds', 'value', 'age_s'),
    [
        (10.0, 1.0, 0.0),
        (10.1, 1.5, 0.0),  # a quarter of the way
        (10.4, 3.0, 0.0),
        (10.8, 3.0, 0.4),  # after the last, which holds
        (9.7, 1.0, 0.3),  # before the first
    ],
)
def test_value_at_a_time(seconds, value, age_s):
    matched = make_buffer((10.0, 1.0), (10.4, 3.0)).at(round(seconds * SECOND))
    assert matched.value == pytest.approx(value)
    assert matched.age_s == pytest.approx(age_s)


@pytest.mark.parametrize('seconds', [9.4, 10.95])
def test_too_far_from_any_measurement_is_no_value(seconds):
    assert make_buffer((10.0, 1.0), (10.4, 3.0)).at(round(seconds * SECOND)) is None


def test_a_gap_is_not_bridged_but_its_ends_hold():
    buffer = make_buffer((10.0, 1.0), (20.0, 3.0))
    assert buffer.at(15 * SECOND) is None
    assert buffer.at(round(10.3 * SECOND)).value == 1.0
    assert buffer.at(round(19.8 * SECOND)).value == 3.0


def test_empty_buffer_has_no_value():
    buffer = make_buffer()
    assert buffer.is_empty
    assert buffer.at(0) is None


def test_reordered_measurement_is_dropped():
    buffer = make_buffer((10.0, 1.0), (10.4, 3.0), (10.2, 99.0))
    assert buffer.at(round(10.2 * SECOND)).value == pytest.approx(2.0)


def test_measurements_of_the_same_time_replace_each_other():
    assert make_buffer((0, 90.0), (0, 215.0)).at(0).value == 215.0


def test_a_clock_that_jumps_back_starts_anew():
    buffer = make_buffer((100.0, 1.0), (5.0, 2.0))
    assert buffer.at(100 * SECOND) is None
    assert buffer.at(5 * SECOND).value == 2.0


def test_one_stamp_far_in_the_future_does_no_lasting_harm():
    buffer = make_buffer((10.0, 1.0), (1e6, 5.0), (10.2, 2.0))
    assert buffer.at(round(10.2 * SECOND)).value == 2.0


def test_old_measurements_are_forgotten():
    buffer = make_buffer(*((float(second), float(second)) for second in range(100)))
    assert buffer.at(50 * SECOND) is None
    assert buffer.at(95 * SECOND).value == 95.0


def test_cleared_buffer_is_empty():
    buffer = make_buffer((1.0, 1.0))
    buffer.clear()
    assert buffer.is_empty


def test_a_clock_that_hardly_advances_fills_no_memory():
    buffer = make_buffer()
    for nanoseconds in range(30_000):
        buffer.add(nanoseconds, float(nanoseconds))
    assert buffer.at(0).value == 10_000.0  # the oldest of the 20,000 that are kept
