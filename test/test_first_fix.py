# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

from makers import make_fix, score
from visual_navsat.evaluation.summary import first_fix, FirstFix
from visual_navsat.localization.position import Refusal


def outcome(position, stamp_s):
    return score(position, stamp_s=stamp_s)


REFUSED = Refusal('no_match')
RIGHT = make_fix(0.0, 0.0, 5.0)
WRONG = make_fix(0.0, 0.01, 5.0)


def test_the_first_fix_is_the_first_true_one():
    answers = [REFUSED, WRONG, REFUSED, RIGHT, WRONG]
    flight = [outcome(answer, 100.0 + 2.5 * i) for i, answer in enumerate(answers)]
    assert first_fix(flight) == FirstFix(images=4, seconds=7.5, false_fixes_before=1)


def test_without_stamps_there_are_no_seconds():
    assert first_fix([outcome(REFUSED, None), outcome(RIGHT, None)]) == FirstFix(2, None, 0)
    assert first_fix([outcome(REFUSED, None), outcome(RIGHT, 5.0)]) == FirstFix(2, None, 0)


def test_a_flight_that_never_has_one():
    assert first_fix([outcome(REFUSED, 0.0), outcome(WRONG, 1.0)]) == FirstFix(None, None, 1)
