# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Print the summary of an evaluation for people, with what each figure means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from visual_navsat.durations import duration_text
from visual_navsat.evaluation import Evaluation

# Points of the false-fix curve that the table shows; the JSON has all.
_AVAILABILITIES = (0.1, 0.3, 0.5, 0.7, 0.9)


def summary_lines(
    evaluation: Evaluation, known: Sequence[str], perturb: str = ''
) -> Iterator[str]:
    """
    Yield the summary, with what counts as correct and what chance would score.

    :param known: names of what the engine was told about the images.
    :param perturb: how that was disturbed, as given on the command line.
    """
    n = len(evaluation.answers)
    disturbed = f', disturbed by {perturb}' if perturb else ''
    told = _listed(known) or 'nothing'
    yield f'{n} images over {evaluation.num_tiles} tiles; known: {told}{disturbed}'
    if evaluation.chance.off_map:
        yield f'{evaluation.chance.off_map} images lie in no tile: they count, as misses'
    yield ''
    yield from _recall_lines(evaluation)
    yield ''
    yield from _position_lines(evaluation)
    yield from _calibration_lines(evaluation)
    yield from _first_fix_lines(evaluation)
    stages = (f'{name} {duration_text(ms / 1e3)}' for name, ms in evaluation.timings_ms.items())
    yield f'{duration_text(evaluation.seconds_per_query)} per query; median: {", ".join(stages)}'


def _recall_lines(evaluation: Evaluation) -> Iterator[str]:
    chance = evaluation.chance
    radius = f'{evaluation.radius_m:g} m'
    yield "            the true point lies    the tile's centre is within"
    yield f'            in the tile            {radius} of it'
    yield '            found      chance      found      chance'
    for k in evaluation.recall_at:
        yield (
            f'recall@{k:<4d} {evaluation.recall_at[k]:6.1%}     {chance.recall_at[k]:6.1%}     '
            f'{evaluation.recall_at_radius[k]:6.1%}     {chance.recall_at_radius[k]:6.1%}'
        )


def _position_lines(evaluation: Evaluation) -> Iterator[str]:
    published = len(evaluation.answers) - evaluation.refused
    yield (
        f'{published} fixes published, {evaluation.refused} refused, '
        f'{evaluation.false_fixes} false (over 50 m or 5 sigma off)'
    )
    if published:
        yield (
            f'error of the fixes: median {evaluation.error_median_m:.1f} m, '
            f'90 % below {evaluation.error_p90_m:.1f} m; '
            f'a random tile: median {evaluation.chance.error_m:.1f} m'
        )
    shares = ', '.join(f'{d} m {share:.1%}' for d, share in evaluation.share_within_m.items())
    yield f'share of all images with a fix within {shares}'


def _calibration_lines(evaluation: Evaluation) -> Iterator[str]:
    calibration = evaluation.calibration
    if evaluation.refused == len(evaluation.answers):
        return
    yield (
        f'ANEES of the fixes (1 is ideal, more is too sure): {calibration.anees:.2f}; without '
        f'false fixes {calibration.anees_without_false_fixes:.2f}'
    )
    yield (
        f'truth inside the 95 % ellipse: {calibration.share_in_95_ellipse:.1%} of the fixes '
        '(95 % is ideal)'
    )
    for band in calibration.height_bands:
        yield (
            f'  from {band.low_m:.0f} to {band.high_m:.0f} m above ground: '
            f'ANEES {band.anees:.2f} of {band.fixes} fixes'
        )
    shown = [
        next((point for point in calibration.curve if point.availability >= share), None)
        for share in _AVAILABILITIES
    ]
    points = list(dict.fromkeys(point for point in (*shown, *calibration.curve[-1:]) if point))
    if points:
        yield 'if only the surest answers were published:'
        yield '  share of images on the map with a fix    fixes    false    least confidence'
    for point in points:
        yield (
            f'  {point.availability:37.1%}    {point.published:5d}    {point.false_fixes:5d}    '
            f'{point.confidence:16.4f}'
        )


def _first_fix_lines(evaluation: Evaluation) -> Iterator[str]:
    first = evaluation.first_fix
    if first is None:
        return
    before = f'{first.false_fixes_before} false fixes before it'
    if first.images is None:
        yield f'no true fix in the whole sequence; {first.false_fixes_before} false fixes'
    elif not first.seconds:  # unknown, or it is the very first image
        yield f'first true fix with image {first.images}; {before}'
    else:
        yield (
            f'first true fix with image {first.images}, {duration_text(first.seconds)} after '
            f'the first image; {before}'
        )


def _listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: a, b and c."""
    return ' and '.join(filter(None, (', '.join(names[:-1]), *names[-1:])))
