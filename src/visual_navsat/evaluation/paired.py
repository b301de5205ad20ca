# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether one run is better than another on the same images, or only luckier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
import math
from typing import Any

import numpy as np
import pandas as pd
from visual_navsat.evaluation.run_record import RunRecord, RunRecordError, ScoredAnswer
from visual_navsat.evaluation.scored_answer import none_if_nan

WITHIN_M = 25.0
_DRAWS = 10_000
_BLOCK = 500  # draws at a time: a long flight's signs fit into memory
_TIES_M = 1e-6  # differences below are rounding, not a difference


@dataclass(frozen=True)
class ErrorTest:
    """
    A permutation test of Wilcoxon's signed ranks, two-sided, over images with a fix in both runs.

    If the runs were alike, each difference would have either sign as easily: the share of random
    signs whose rank sum is at least as far from zero is ``p_value``. Ranks, so that no one false
    fix decides. Source: Wilcoxon, "Individual Comparisons by Ranking Methods", 1945.
    """

    pairs: int  # images with a fix in both
    better: int  # the second run's error is smaller
    worse: int
    median_change_m: float  # second less first; NaN without pairs
    p_value: float  # NaN without pairs


@dataclass(frozen=True)
class ShareTest:
    """
    McNemar's exact test of the share of images with a fix within 25 m; a refusal is a miss.

    Only images that one run has and the other has not tell them apart: if the runs were alike,
    each would be the first run's or the second's by a fair coin. Source: McNemar, "Note on the
    sampling error of the difference between correlated proportions", 1947.
    """

    images: int
    both: int
    only_first: int
    only_second: int
    p_value: float


@dataclass(frozen=True)
class PairedComparison:
    """Two runs over the same images."""

    pairs: tuple[tuple[ScoredAnswer, ScoredAnswer], ...]
    only_in_first: int  # images that the other run lacks
    only_in_second: int
    errors: ErrorTest
    shares: ShareTest

    def to_json(self) -> dict[str, Any]:
        """Return plain values; what is unknown is None."""
        errors = {name: none_if_nan(value) for name, value in asdict(self.errors).items()}
        return {
            'images': len(self.pairs),
            'only_in_first': self.only_in_first,
            'only_in_second': self.only_in_second,
            'errors': errors,
            f'within_{WITHIN_M:g}_m': asdict(self.shares),
        }


def compare_runs(first: RunRecord, second: RunRecord, seed: int = 0) -> PairedComparison:
    """
    Return how two runs differ on the images that both have.

    Images are paired by file name and stamp.

    :raises RunRecordError: if the runs have no image in common, or one twice.
    """
    firsts, seconds = _by_key(first), _by_key(second)
    common = [key for key in firsts if key in seconds]
    if not common:
        raise RunRecordError(
            f'{first.name} and {second.name} have no image in common, such as '
            f'{first.answers[0].filename!r}: compare runs over the same images'
        )
    pairs = tuple((firsts[key], seconds[key]) for key in common)
    return PairedComparison(
        pairs,
        len(firsts) - len(common),
        len(seconds) - len(common),
        _test_errors(pairs, seed),
        _test_shares(pairs),
    )


def signed_rank_p_value(differences: np.ndarray, seed: int = 0) -> float:
    """
    Return the two-sided p-value of 10,000 random signs; 1 if all are equal, NaN without any.

    Zeros are left out; equal sizes share their mean rank. The observed signs count as one draw
    (Phipson and Smyth, 2010), so that p is never zero.

    :param differences: (N,) of paired values.
    """
    differences = np.asarray(differences, float)
    if not differences.size:
        return math.nan
    differences = differences[np.abs(differences) > _TIES_M]
    ranks = pd.Series(np.abs(differences)).rank().to_numpy()
    observed = abs(np.sign(differences) @ ranks)
    rng = np.random.default_rng(seed)
    at_least = 0
    for done in range(0, _DRAWS, _BLOCK):
        signs = rng.integers(0, 2, (min(_BLOCK, _DRAWS - done), len(ranks))) * 2.0 - 1.0
        # Ranks are halves at the least: the tolerance takes equal sums for equal.
        at_least += int((np.abs(signs @ ranks) >= observed - 1e-6).sum())
    return (at_least + 1) / (_DRAWS + 1)


def mcnemar_p_value(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value; 1 where no image tells the runs apart."""
    count = only_first + only_second
    tail = sum(math.comb(count, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**count)


def verdict_lines(paired: PairedComparison, runs: Sequence[RunRecord]) -> list[str]:
    """Return what the tests say, in sentences; names are those of the runs."""
    errors, shares = paired.errors, paired.shares
    first, second = (run.name for run in runs)
    lines = [f'{len(paired.pairs)} images in both runs']
    if paired.only_in_first or paired.only_in_second:
        lines[0] += (
            f'; left out: {paired.only_in_first} only in {first}, '
            f'{paired.only_in_second} only in {second}'
        )
    if errors.pairs:
        lines.append(
            f'Error of the {errors.pairs} with a fix in both: {second} is better in '
            f'{errors.better}, worse in {errors.worse}, median change '
            f'{errors.median_change_m:+.2f} m. Signed-rank permutation test, {_DRAWS:,} draws: '
            f'{_p_text(errors.p_value)}.'
        )
    else:
        lines.append('No image has a fix in both: errors cannot be compared.')
    lines.append(
        f'Fix within {WITHIN_M:g} m: {shares.both} in both, {shares.only_first} only in {first}, '
        f"{shares.only_second} only in {second}. McNemar's exact test: {_p_text(shares.p_value)}."
    )
    return lines


def _p_text(p_value: float) -> str:
    shown = 'p < 0.001' if p_value < 0.001 else f'p = {p_value:.3f}'
    return f'{shown}, {"consistent with chance" if p_value >= 0.05 else "unlikely by chance"}'


def _test_errors(pairs: Sequence[tuple[ScoredAnswer, ScoredAnswer]], seed: int) -> ErrorTest:
    changes = np.array([b.error_m - a.error_m for a, b in pairs if a.is_fix and b.is_fix])
    return ErrorTest(
        len(changes),
        int((changes < -_TIES_M).sum()),
        int((changes > _TIES_M).sum()),
        float(np.median(changes)) if changes.size else math.nan,
        signed_rank_p_value(changes, seed),
    )


def _test_shares(pairs: Sequence[tuple[ScoredAnswer, ScoredAnswer]]) -> ShareTest:
    within = [tuple(_is_within(answer) for answer in pair) for pair in pairs]
    only_first, only_second = within.count((True, False)), within.count((False, True))
    return ShareTest(
        len(pairs),
        within.count((True, True)),
        only_first,
        only_second,
        mcnemar_p_value(only_first, only_second),
    )


def _is_within(answer: ScoredAnswer) -> bool:
    return answer.is_fix and answer.error_m <= WITHIN_M


def _by_key(run: RunRecord) -> dict[tuple[str, float | None], ScoredAnswer]:
    answers = {answer.key: answer for answer in run.answers}
    if len(answers) < len(run.answers):
        (twice, _), _ = Counter(answer.key for answer in run.answers).most_common(1)[0]
        raise RunRecordError(
            f'{run.name} has {twice!r} twice: give images names or stamps of their own'
        )
    return answers
