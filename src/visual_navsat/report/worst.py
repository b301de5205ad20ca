# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The worst images of a run."""

from __future__ import annotations

from collections.abc import Sequence
import math

from visual_navsat.evaluation.run_record import ScoredAnswer

WORST = 20


def worst_answers(answers: Sequence[ScoredAnswer], count: int = WORST) -> list[int]:
    """
    Return the numbers of the worst answers, worst first.

    False fixes come first. Of what is left half the room is for the fixes of largest error, half
    for refusals, those first whose best guess was farthest off: an image that was refused rightly
    tells as much as one that was located badly.
    """
    false = [n for n, answer in enumerate(answers) if answer.is_false_fix]
    fixes = [n for n, answer in enumerate(answers) if answer.is_fix and not answer.is_false_fix]
    refused = [n for n, answer in enumerate(answers) if not answer.is_fix]
    false.sort(key=lambda n: -answers[n].error_m)
    fixes.sort(key=lambda n: -answers[n].error_m)
    refused.sort(key=lambda n: -guess_error_m(answers[n]))
    room = max(0, count - len(false))
    of_fixes = max(room - room // 2, room - len(refused))
    return [*false[:count], *fixes[:of_fixes], *refused[: room - len(fixes[:of_fixes])]]


def true_place(answer: ScoredAnswer) -> tuple[float, float]:
    """Return the true latitude and longitude, which every answer of a report has."""
    return (math.nan, math.nan) if answer.truth is None else answer.truth


def matched_place(answer: ScoredAnswer) -> tuple[float, float] | None:
    """Return what an image was matched with, latitude and longitude: fix, guess or best tile."""
    return answer.best_place


def guess_error_m(answer: ScoredAnswer) -> float:
    """Return metres from the truth to what an image was matched with; infinite without a match."""
    return math.inf if answer.best_place is None else answer.best_error_m
