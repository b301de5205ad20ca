# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The results of the flight as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from visual_navsat.durations import duration_text
from visual_navsat.evaluation import score_of_chance, ScoredAnswer
from visual_navsat.geometry.tile import TileMetadata

NO_ANSWER = 'no_answer'
_CHANCE_M = 50.0


def answer_line(scored: ScoredAnswer, time_s: float) -> str:
    """
    Return the result of an image in one line.

    :param time_s: since the first image.
    """
    start = f'  {scored.filename:>3s}  {time_s:6.1f} s  '
    fix = scored.fix
    if fix is None:
        word = 'lost' if scored.reason == NO_ANSWER else 'no fix'
        return f'{start}{word:8s}{scored.detail or scored.reason}'
    sigma_m = float(np.sqrt(np.mean(np.square(fix.sigmas_m))))
    return (
        f'{start}fix     {fix.latitude:10.6f} {fix.longitude:11.6f}  '
        f'{scored.error_m:6.1f} m off  (1 sigma {sigma_m:5.1f} m)  '
        f'{duration_text(scored.answer.seconds):>7s}'
    )


def summary_lines(answers: Sequence[ScoredAnswer], tiles: Sequence[TileMetadata]) -> list[str]:
    """Return the closing summary; shares count every image, refused and lost ones as misses."""
    count = len(answers)
    errors = np.array([scored.error_m for scored in answers if scored.is_fix])
    lost = sum(scored.reason == NO_ANSWER for scored in answers)
    refused = count - len(errors) - lost
    lines = [f'{count} images: {len(errors)} fixes, {refused} refused, {lost} without an answer']
    if len(errors):
        shares = '  '.join(
            f'{(errors <= d).sum() / count:.0%} within {d} m' for d in (5, 10, 25, 50)
        )
        lines.append(
            f'error of the fixes: median {np.median(errors):.1f} m;  of all images {shares}'
        )
    chance = score_of_chance(answers, tiles, _CHANCE_M).recall_at_radius[1]
    lines.append(f'chance: a tile drawn blindly is within {_CHANCE_M:.0f} m for {chance:.1%}')
    return lines
