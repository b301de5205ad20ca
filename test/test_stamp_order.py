# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Stamps in and out of order."""

from visual_navsat.tracking.stamp_order import StampOrder, StampVerdict

SECOND = 10**9


def test_small_step_back_is_stale_and_a_large_one_a_new_sequence():
    order = StampOrder()
    stamps = [100.0, 100.1, 100.1, 99.9, 100.2, 5.0, 5.1]
    verdicts = [order.judge(round(stamp * SECOND)) for stamp in stamps]
    assert [verdict.value for verdict in verdicts] == [
        'next', 'next', 'stale', 'stale', 'next', 'restart', 'next',
    ]  # fmt: skip


def test_unset_stamps_are_stale_after_the_first():
    order = StampOrder()
    assert order.judge(0) is StampVerdict.NEXT
    assert order.judge(0) is StampVerdict.STALE
