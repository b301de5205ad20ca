# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Paired tests, against tables, every permutation, and counted cases."""

import itertools
import math

from makers import score
import numpy as np
import pytest
from visual_navsat.evaluation import compare_runs, RunRecord
from visual_navsat.evaluation.paired import (
    mcnemar_p_value,
    signed_rank_p_value,
    verdict_lines,
)
from visual_navsat.evaluation.run_record import RunRecordError
from visual_navsat.localization.position import PositionEstimate, Refusal


def answer(name, error_m=None, stamp_s=None):
    """Make an answer with an error, or a refusal."""
    if error_m is None:
        return score(Refusal('no_match'), name=name, stamp_s=stamp_s)
    # 111319.490793: metres of a degree of longitude on the equator.
    fix = PositionEstimate(0.0, error_m / 111319.490793, np.eye(3))
    return score(fix, name=name, stamp_s=stamp_s)


def run(name, errors):
    return RunRecord(name, {}, tuple(answer(file, error) for file, error in errors.items()))


def exact_p_value(differences):
    """Try every choice of signs; mean ranks by comparing each with each."""
    sizes = np.abs(differences)
    ranks = [(sizes < s).sum() + ((sizes == s).sum() + 1) / 2 for s in sizes]
    observed = abs(sum(np.sign(differences) * ranks))
    sums = [abs(np.dot(signs, ranks)) for signs in itertools.product((-1, 1), repeat=len(ranks))]
    return np.mean(np.array(sums) >= observed - 1e-9)


@pytest.mark.parametrize(
    'differences',
    [
        [-1.5, -2.0, -0.3, -4.0, -0.9, -3.1, -1.1, 0.2],
        [1.0, -1.0, 2.0, -2.0, 3.0, 5.0],
        [1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0],
    ],
)
def test_random_signs_agree_with_trying_all(differences):
    # Of 10,000 draws the standard deviation of a share is at most 0.005.
    expected = exact_p_value(np.array(differences))
    assert signed_rank_p_value(differences) == pytest.approx(expected, abs=0.02)


def test_five_of_five_is_one_in_sixteen():
    # Two of the 32 choices of signs are as one-sided: the well-known 0.0625 of Wilcoxon's table.
    assert signed_rank_p_value([1, 2, 3, 4, 5]) == pytest.approx(2 / 32, abs=0.01)


def test_zeros_are_left_out_and_the_seed_decides():
    few = [1, -2, 3, 4, -5, 6]
    assert signed_rank_p_value([*few, 0, 0, 0]) == signed_rank_p_value(few)
    assert signed_rank_p_value(few, seed=1) != signed_rank_p_value(few, seed=2)
    assert signed_rank_p_value([0.0, 0.0]) == 1.0
    assert math.isnan(signed_rank_p_value([]))


def test_one_wild_error_does_not_decide():
    differences = [*np.linspace(-2, -1, 20), 40_000.0]
    assert signed_rank_p_value(differences) < 0.01


@pytest.mark.parametrize(
    ('first', 'second', 'expected'),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 2 / 32), (1, 9, 22 / 1024), (9, 1, 22 / 1024)],
)
def test_mcnemar_by_hand(first, second, expected):
    assert mcnemar_p_value(first, second) == pytest.approx(expected)


def test_runs_are_paired_by_image_and_refusals_are_misses():
    first = run('old', {'a': 10.0, 'b': 4.0, 'c': None, 'd': 30.0, 'x': 1.0})
    second = run('new', {'d': 3.0, 'c': 2.0, 'b': None, 'a': 8.0, 'y': 1.0, 'z': None})
    paired = compare_runs(first, second)
    assert [pair[0].filename for pair in paired.pairs] == ['a', 'b', 'c', 'd']
    assert (paired.only_in_first, paired.only_in_second) == (1, 2)
    # Fixes in both: a, 2 m nearer, and d, 27 m nearer.
    errors = paired.errors
    assert (errors.pairs, errors.better, errors.worse) == (2, 2, 0)
    assert errors.median_change_m == pytest.approx(-14.5, abs=1e-6)
    # Within 25 m: a in both; b only in the first; c and d only in the second.
    shares = paired.shares
    assert (shares.both, shares.only_first, shares.only_second) == (1, 1, 2)
    assert shares.p_value == 1.0
    text = '\n'.join(verdict_lines(paired, [first, second]))
    assert '4 images in both runs; left out: 1 only in old, 2 only in new' in text
    assert 'new is better in 2, worse in 0, median change -14.50 m' in text
    assert paired.to_json()['within_25_m']['only_second'] == 2


def test_frames_of_one_name_are_told_apart_by_their_stamps():
    frames = [answer('camera', error, stamp) for stamp, error in enumerate((1.0, 2.0))]
    later = [answer('camera', error, stamp) for stamp, error in enumerate((1.5, 2.5))]
    paired = compare_runs(RunRecord('a', {}, tuple(frames)), RunRecord('b', {}, tuple(later)))
    assert paired.errors.worse == 2


def test_runs_that_cannot_be_compared():
    with pytest.raises(RunRecordError, match="a and b have no image in common, such as 'x'"):
        compare_runs(run('a', {'x': 1.0}), run('b', {'y': 1.0}))
    twice = RunRecord('a', {}, (answer('x', 1.0), answer('x', 2.0)))
    with pytest.raises(RunRecordError, match="a has 'x' twice"):
        compare_runs(twice, run('b', {'x': 1.0}))
