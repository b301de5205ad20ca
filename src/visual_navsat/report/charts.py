# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The charts of a report, as SVG: error over time, its distribution, recall, coverage, times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import functools
import math
from typing import Concatenate, ParamSpec, TYPE_CHECKING

import numpy as np
from visual_navsat.durations import duration_text
from visual_navsat.evaluation.run_record import RunRecord, ScoredAnswer
from visual_navsat.evaluation.summary import recall_at_ranks
from visual_navsat.report.plotting import (
    draw_svg,
    duration_axis,
    error_axis,
    legend_above,
    say,
    share_axis,
)
from visual_navsat.report.style import (
    FAINT,
    grade_labels,
    grade_of,
    GRADES,
    INK,
    reason_colours,
    RUNS,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDE, _HALF = (11.6, 3.5), (5.7, 3.7)  # inches
_ROW_IN = 0.25  # of each reason below the error over time
_LEAST_M = 0.3  # smaller errors are drawn as this: a logarithm has no zero
_MAX_RANK = 20
_LEAST_BARS = 4  # few bars leave room for this many, so that they do not grow fat

Arguments = ParamSpec('Arguments')


def _half_wide(
    draw: Callable[Concatenate[Axes, Arguments], None],
) -> Callable[Arguments, str]:
    """Make a function that draws on axes return a chart half as wide as the page."""

    @functools.wraps(draw)
    def chart(*args: Arguments.args, **kwargs: Arguments.kwargs) -> str:
        return draw_svg(_HALF, lambda figure: draw(figure.subplots(), *args, **kwargs))

    return chart


def error_over_time(run: RunRecord) -> str:
    """Return the error and the claimed 95 % radius of each fix, and the refusals, over time."""
    x, x_label = _times(run.answers)
    colours = reason_colours(run.refusals)
    strip_in = 0.1 + _ROW_IN * len(colours)

    def draw(figure: Figure) -> None:
        top, strip = figure.subplots(
            2, 1, sharex=True, height_ratios=(_WIDE[1], strip_in), gridspec_kw={'hspace': 0.06}
        )
        fixes = [(at, fix) for at, fix in zip(x, run.answers, strict=True) if fix.is_fix]
        _draw_fixes(top, fixes)
        shown = [e for _, fix in fixes for e in (_drawn_m(fix), claimed_radius_m(fix))]
        error_axis(top, 'y', shown)
        top.set_ylabel('error of the fix, m')
        top.tick_params(bottom=False)
        _draw_refusals(strip, x, run, colours)
        strip.set_xlabel(x_label)
        strip.locator_params(axis='x', integer=True)

    return draw_svg((_WIDE[0], _WIDE[1] + strip_in), draw)


@_half_wide
def error_distribution(ax: Axes, runs: Sequence[RunRecord]) -> None:
    """Return the cumulative distribution of the error, of all images and of the fixes alone."""
    shown: list[float] = []
    for colour, name, run in _named(runs):
        errors = np.sort([max(fix.error_m, 1e-3) for fix in run.fixes])
        if not len(errors):
            continue
        shown += list(errors)
        x = np.concatenate([[1e-3], errors, [1e7]])
        y = np.concatenate([[0], np.arange(1, len(errors) + 1), [len(errors)]])
        for count, dash, what in (
            (len(run.answers), '-', 'of all images'),
            (len(errors), ':', 'of the fixes'),
        ):
            ax.step(x, y / count, dash, where='post', color=colour, label=name + what)
    error_axis(ax, 'x', shown)
    ax.set_xlabel('error, m')
    share_axis(ax, 'y')
    ax.set_ylabel('share with a fix within that')
    if shown:
        legend_above(ax)
    else:
        say(ax, 'no fix was published')


@_half_wide
def recall(ax: Axes, runs: Sequence[RunRecord]) -> None:
    """Return recall at each rank, what chance would score, and both meanings of correct."""
    ranks = range(1, _MAX_RANK + 1)
    for colour, name, run in _named(runs):
        found = [('-', 'in the tile', [answer.rank_of_truth for answer in run.answers])]
        if 'radius_m' in run.summary:
            near = f'centre within {run.summary["radius_m"]:g} m'
            found.append((':', near, [answer.rank_within_radius for answer in run.answers]))
        for dash, what, at in found:
            shares = list(recall_at_ranks(at, ranks).values())
            ax.step(ranks, shares, dash, where='post', color=colour, label=name + what)
    chance = runs[0].summary.get('chance_at') or {}
    if chance:
        at_k = [int(k) for k in chance]
        ax.plot(at_k, list(chance.values()), 'o--', color=FAINT, ms=3.5, lw=1, label='chance')
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.set_xlim(0.5, _MAX_RANK + 0.5)
    ax.set_xlabel('k, tiles looked at')
    share_axis(ax, 'y')
    ax.set_ylabel('recall@k')
    legend_above(ax)


@_half_wide
def coverage(ax: Axes, runs: Sequence[RunRecord]) -> None:
    """Return the share of fixes whose truth lies inside the p-ellipse, for every p."""
    p = np.linspace(0, 1, 101)
    ax.plot([0, 1], [0, 1], color=FAINT, lw=1, label='ideal')
    for colour, name, run in _named(runs):
        if run.fixes:
            label = f'{name}{len(run.fixes)} fixes'
            ax.plot(p, ellipse_coverage(run.fixes, p), color=colour, label=label, lw=1.8)
    if len(runs) == 1 and runs[0].fixes:
        # By chance 95 % of honest runs with this many fixes stay in the band at a given p.
        reach = 1.96 * np.sqrt(p * (1 - p) / len(runs[0].fixes))
        low, high = np.clip(p - reach, 0, 1), np.clip(p + reach, 0, 1)
        ax.fill_between(p, low, high, color='#eef1f5', label='chance, 95 %')
    ax.set_aspect('equal', adjustable='box')
    share_axis(ax, 'x')
    share_axis(ax, 'y')
    ax.set_xlabel('p of the ellipse that the fix claims')
    ax.set_ylabel('share of truths inside')
    ax.legend(loc='upper left', bbox_to_anchor=(1.02, 1), borderaxespad=0)


def stage_times(runs: Sequence[RunRecord]) -> str | None:
    """Return the median time of each stage, and up to what 95 % stay; None without times."""
    timed = dict.fromkeys(s for run in runs for a in run.answers for s in a.answer.timings_ms)
    stages = [stage for stage in timed if stage != 'total']
    return _bars_of_stages(runs, stages) if stages else None


@_half_wide
def _bars_of_stages(ax: Axes, runs: Sequence[RunRecord], stages: Sequence[str]) -> None:
    height = 0.7 / len(runs)
    longest = 0.0
    for number, (colour, _, run) in enumerate(_named(runs)):
        for row, stage in enumerate(stages):
            timings = (a.answer.timings_ms for a in run.answers)
            times = [timing[stage] / 1e3 for timing in timings if stage in timing]
            if not times:
                continue
            median, late = float(np.median(times)), float(np.quantile(times, 0.95))
            longest = max(longest, late)
            y = row + (number - (len(runs) - 1) / 2) * height
            label = run.name if len(runs) > 1 and row == 0 else None
            ax.barh(y, median, 0.9 * height, color=colour, alpha=0.85, label=label)
            ax.plot([median, late], [y, y], color=INK, lw=1.1)
            ax.plot(late, y, '|', color=INK, ms=6)
            ax.annotate(
                duration_text(median), (late, y), (6, 0), textcoords='offset points',
                va='center', fontsize=8.5, color=FAINT,
            )  # fmt: skip
    _name_rows(ax, stages)
    ax.set_ylim(max(len(stages), _LEAST_BARS) - 0.5, -0.5)
    ax.set_xlim(0, 1.22 * max(longest, 1e-6))
    duration_axis(ax.xaxis)
    ax.set_xlabel('per image: bar median, line to 95 %')
    if len(runs) > 1:
        legend_above(ax)


@_half_wide
def error_pairs(
    ax: Axes, pairs: Sequence[tuple[ScoredAnswer, ScoredAnswer]], names: Sequence[str]
) -> None:
    """Return the error of one run against the other's, one dot per image with a fix in both."""
    errors = [(a.error_m, b.error_m) for a, b in pairs if a.is_fix and b.is_fix]
    if errors:
        x, y = np.maximum(np.array(errors).T, _LEAST_M)
        ax.plot([1e-3, 1e7], [1e-3, 1e7], color=FAINT, lw=1)
        ax.scatter(x, y, 20, np.where(y > x, RUNS[0], RUNS[1]), alpha=0.75, linewidths=0)
        error_axis(ax, 'x', [*x, *y])
        error_axis(ax, 'y', [*x, *y])
        ax.set_aspect('equal', adjustable='box')
    else:
        say(ax, 'no image has a fix in both')
    ax.set_xlabel(f'{names[0]}: error, m')
    ax.set_ylabel(f'{names[1]}: error, m')


def ellipse_coverage(fixes: Sequence[ScoredAnswer], p: np.ndarray) -> np.ndarray:
    """Return the share of fixes whose truth lies inside the ellipse of probability p, each p."""
    # Of a 2-D Gaussian the share 1 - exp(-d^2 / 2) lies within d sigmas.
    claimed = 1 - np.exp(-(np.array([fix.error_sigmas for fix in fixes]) ** 2) / 2)
    return (claimed[:, None] <= np.asarray(p)).mean(axis=0)


def claimed_radius_m(fix: ScoredAnswer) -> float:
    """Return the longer half axis of a fix's 95 % ellipse, metres."""
    return math.nan if fix.fix is None else fix.fix.axes_95_m[0]


def _named(runs: Sequence[RunRecord]) -> Iterator[tuple[str, str, RunRecord]]:
    """Yield each run after its colour and what its labels begin with: nothing if it is alone."""
    for colour, run in zip(RUNS, runs, strict=False):
        yield colour, f'{run.name}: ' if len(runs) > 1 else '', run


def _times(answers: Sequence[ScoredAnswer]) -> tuple[list[float], str]:
    """Return where answers stand on the axis of time, and what that axis says."""
    stamps = [s for s in (answer.answer.stamp_s for answer in answers) if s is not None]
    if len(stamps) < len(answers) or max(stamps) == min(stamps):
        return [float(number) for number in range(1, len(answers) + 1)], 'number of the image'
    since = [stamp - min(stamps) for stamp in stamps]
    if max(since) < 180:
        return since, 'seconds since the first image'
    return [seconds / 60 for seconds in since], 'minutes since the first image'


def _drawn_m(fix: ScoredAnswer) -> float:
    return max(fix.error_m, _LEAST_M)


def _draw_fixes(ax: Axes, fixes: Sequence[tuple[float, ScoredAnswer]]) -> None:
    """Draw fixes over time in the colour of their error, false ones with a ring."""
    if not fixes:
        return
    # Dots of a long flight are smaller, or they would be one band.
    size = 22 * min(1.0, (400 / len(fixes)) ** 0.5)
    at, claimed = zip(*((at, claimed_radius_m(fix)) for at, fix in fixes), strict=True)
    ax.scatter(at, claimed, 3 * size, '#aab4c2', marker='_', label='claimed: 95 % within')
    for grade, ((_, colour), label) in enumerate(zip(GRADES, grade_labels(), strict=True)):
        members = [(at, _drawn_m(fix)) for at, fix in fixes if grade_of(fix.error_m) == grade]
        if members:
            x, y = zip(*members, strict=True)
            ax.scatter(x, y, size, colour, label=label, zorder=3)
    false = [(at, _drawn_m(fix)) for at, fix in fixes if fix.is_false_fix]
    if false:
        x, y = zip(*false, strict=True)
        ax.scatter(
            x, y, 3.4 * size, 'none', edgecolors=INK, linewidths=1.2, zorder=4, label='false fix'
        )
    ax.legend(loc='lower left', bbox_to_anchor=(0, 1), ncols=6, borderpad=0.2)


def _draw_refusals(ax: Axes, x: Sequence[float], run: RunRecord, colours: dict[str, str]) -> None:
    """Draw a row for each reason, with a stroke for each image refused by it."""
    for row, (reason, colour) in enumerate(colours.items()):
        at = [
            at
            for at, answer in zip(x, run.answers, strict=True)
            if not answer.is_fix and (answer.reason or 'unknown') == reason
        ]
        ax.scatter(at, [row] * len(at), 50, colour, marker='|', linewidths=1.6)
    _name_rows(ax, [f'refused: {reason}' for reason in colours])
    ax.set_ylim(len(colours) - 0.4, -0.6)


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis='y', length=0, labelcolor=INK)
    ax.grid(axis='y', visible=False)
