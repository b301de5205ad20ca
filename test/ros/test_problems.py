# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A problem holds until its source does well again."""

from visual_navsat.ros.problems import Problems


def test_the_newest_that_holds_comes_first_and_the_past_has_an_age():
    problems = Problems()
    assert (problems.last, problems.past) == ('', '')
    problems.note('imu has no orientation', 'imu')
    problems.note('truncated', 'image')
    problems.recover('heading')  # had none
    assert (problems.last, problems.past) == ('truncated', '')
    problems.recover('image')
    assert problems.last == 'imu has no orientation'
    assert problems.past == '0 s ago: truncated'
    problems.recover('image')
    assert problems.past == '0 s ago: truncated'
    problems.clear()
    assert (problems.last, problems.past) == ('', '')


def test_a_source_has_one_problem_at_a_time():
    problems = Problems()
    problems.note('first', 'image')
    problems.note('between', 'imu')
    problems.note('second', 'image')
    assert problems.last == 'second'
    problems.recover('image')
    assert problems.last == 'between'
    assert problems.past.endswith('second')
