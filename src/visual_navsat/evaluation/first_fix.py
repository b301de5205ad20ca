"""How long a sequence of images takes to its first true fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from visual_navsat.evaluation.scored_answer import ScoredAnswer


@dataclass(frozen=True)
class FirstFix:
    """The first fix of a sequence that is not false; None if there is none."""

    images: int | None  # up to and including the one with the fix
    seconds: float | None  # between the stamps of the first image and that one
    false_fixes_before: int


def first_fix(answers: Sequence[ScoredAnswer]) -> FirstFix:
    """Return when a sequence first had a true fix; ``answers`` in the order of flight."""
    false_fixes = 0
    for number, answer in enumerate(answers, start=1):
        if answer.is_false_fix:
            false_fixes += 1
        elif answer.is_fix:
            first_s, found_s = answers[0].answer.stamp_s, answer.answer.stamp_s
            seconds = None if first_s is None or found_s is None else found_s - first_s
            return FirstFix(number, seconds, false_fixes)
    return FirstFix(None, None, false_fixes)
