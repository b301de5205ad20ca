# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The charts of what answers claim: probability, what it risks, and covariance by bands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from visual_navsat.evaluation.bands import honest_anees, overlap_bands, tilt_bands
from visual_navsat.evaluation.calibration import height_bands
from visual_navsat.evaluation.probability import reliability, risk_curve
from visual_navsat.evaluation.run_record import RunRecord
from visual_navsat.report.plotting import draw_png, draw_svg, legend_above, say, share_axis
from visual_navsat.report.style import FAINT, INK, RUNS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HALF, _WIDE_IN = (5.7, 3.7), 11.6  # inches
_ROW_IN = 0.32
# Probabilities at which the axes end and have a tick: nearer to 0 and 1 more counts.
_LEAST = 5e-4
_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
_ANEES_TICKS = (0.1, 0.3, 1, 3, 10, 30, 100)
_HONEST = '#dfe5ee'


@dataclass(frozen=True)
class Chart:
    """A chart that can be drawn as either kind of picture."""

    size: tuple[float, float]
    draw: Callable[[Figure], None]

    def svg(self) -> str:
        """Return the chart for a page."""
        return draw_svg(self.size, self.draw)

    def png(self) -> bytes:
        """Return the chart as a file of its own."""
        return draw_png(self.size, self.draw)


def risk_chart(runs: Sequence[RunRecord]) -> Chart:
    """Return the share of wrong answers among the surest, against how many those are."""
    return Chart(_HALF, partial(_draw_risk, runs=runs))


def reliability_chart(runs: Sequence[RunRecord]) -> Chart:
    """Return how often answers are right, against the probability that they claim."""
    return Chart(_HALF, partial(_draw_reliability, runs=runs))


def bands_chart(run: RunRecord) -> Chart | None:
    """Return the ANEES by height, tilt and overlap; None if nothing of that is known."""
    panels = list(_panels(run))
    if not panels:
        return None
    rows = max(len(panel.rows) for panel in panels)
    return Chart((_WIDE_IN, 1.1 + _ROW_IN * max(rows, 3)), partial(_draw_bands, panels=panels))


def _draw_risk(figure: Figure, runs: Sequence[RunRecord]) -> None:
    ax = figure.subplots()
    highest = 0.0
    for colour, name, run in _named(runs):
        points = risk_curve(run.answers)
        if not points:
            continue
        coverage = [0.0, *(point.coverage for point in points)]
        risk = [points[0].risk, *(point.risk for point in points)]
        highest = max(highest, *risk)
        ax.step(coverage, risk, where='pre', color=colour, lw=1.8, label=f'{name}by probability')
        published = len(run.fixes)
        if published:
            false = sum(fix.is_false_fix for fix in run.fixes) / published
            share = published / len(run.answers)
            highest = max(highest, false)
            label = f'{name}published: {published}'
            ax.plot(share, false, 'o', color=colour, ms=7, label=label, clip_on=False, zorder=3)
    top = min(1.0, max(1.15 * highest, 0.02))
    share_axis(ax, 'x')
    ax.set_ylim(0, top)
    ax.yaxis.set_major_formatter(lambda share, _: f'{100 * share:g} %')
    ax.set_xlabel('share of all images that is published')
    ax.set_ylabel('of these false')
    if ax.get_legend_handles_labels()[0]:
        legend_above(ax)
    else:
        say(ax, 'no answer has a probability')


def _draw_reliability(figure: Figure, runs: Sequence[RunRecord]) -> None:
    ax = figure.subplots()
    ax.plot([_LEAST, 1 - _LEAST], [_LEAST, 1 - _LEAST], color=FAINT, lw=1, label='ideal')
    is_empty = True
    for colour, name, run in _named(runs):
        bins = reliability(run.answers)
        if not bins:
            continue
        is_empty = False
        x = _inside([one.mean for one in bins])
        y = _inside([one.share_right for one in bins])
        low, high = (_inside([getattr(one, end) for one in bins]) for end in ('low_95', 'high_95'))
        label = name.removesuffix(': ') or 'right, with its 95 % interval'
        ax.errorbar(
            x, y, [np.maximum(y - low, 0), np.maximum(high - y, 0)], fmt='o', color=colour, ms=5,
            lw=1.2, capsize=2.5, label=label,
        )  # fmt: skip
        if len(runs) == 1:
            for one, at, end in zip(bins, x, high, strict=True):
                below = end > 0.99
                ax.annotate(
                    str(one.images), (at, low[list(x).index(at)] if below else end),
                    (0, -10 if below else 4), textcoords='offset points', ha='center',
                    fontsize=8, color=FAINT,
                )  # fmt: skip
    for axis in (ax.xaxis, ax.yaxis):
        (ax.set_xscale if axis is ax.xaxis else ax.set_yscale)('logit')
        axis.set_ticks(_TICKS, [f'{100 * tick:g} %' for tick in _TICKS])
        axis.set_ticks([], minor=True)
    ax.set(xlim=(_LEAST, 1 - _LEAST), ylim=(_LEAST, 1 - _LEAST))
    ax.set_xlabel('probability that the answer claims')
    ax.set_ylabel('answers that are right')
    if is_empty:
        say(ax, 'no answer has a probability')
    else:
        legend_above(ax)


@dataclass(frozen=True)
class _Panel:
    title: str
    rows: list[tuple[str, int, float]]  # label, fixes, ANEES


def _panels(run: RunRecord) -> Iterator[_Panel]:
    """Yield the bands that are known."""
    heights = height_bands([fix for fix in run.fixes if fix.is_in_place])
    found = {
        'height above ground': [
            (f'{b.low_m:.0f} to {b.high_m:.0f} m', b.fixes, b.anees) for b in heights
        ],
        'tilt of the camera': [
            (f'{b.low:.0f} to {b.high:.0f}°', b.fixes, b.anees) for b in tilt_bands(run.answers)
        ],
        'overlap with the image before': [
            (f'{100 * b.low:.0f} to {100 * b.high:.0f} %' if b.low else 'none', b.fixes, b.anees)
            for b in overlap_bands(run.answers)
        ],
    }
    for title, rows in found.items():
        if rows:
            yield _Panel(title, rows)


def _draw_bands(figure: Figure, panels: Sequence[_Panel]) -> None:
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    shown = [anees for panel in panels for _, _, anees in panel.rows if anees > 0]
    limits = min(0.2, *shown) * 0.8, max(5.0, *shown) * 1.25
    for ax, panel in zip(axes, panels, strict=True):
        _draw_panel(ax, panel, limits)


def _draw_panel(ax: Axes, panel: _Panel, limits: tuple[float, float]) -> None:
    ax.axvline(1.0, color=FAINT, lw=1)
    for row, (_, fixes, anees) in enumerate(panel.rows):
        low, high = honest_anees(fixes)
        ax.barh(row, high - low, 0.62, low, color=_HONEST)
        ax.plot(max(anees, limits[0]), row, 'o', color=RUNS[0] if anees <= high else RUNS[1], ms=6)
    ax.set_yticks(
        range(len(panel.rows)), [f'{label}  ({fixes})' for label, fixes, _ in panel.rows]
    )
    ax.tick_params(axis='y', length=0, labelcolor=INK)
    ax.grid(axis='y', visible=False)
    ax.set_ylim(max(len(panel.rows), 3) - 0.5, -0.5)
    ax.set(xscale='log', xlim=limits)
    ticks = [tick for tick in _ANEES_TICKS if limits[0] <= tick <= limits[1]]
    ax.xaxis.set_ticks(ticks, [f'{tick:g}' for tick in ticks])
    ax.xaxis.set_ticks([], minor=True)
    ax.set_title(f'by {panel.title}', fontsize=9.5, loc='left', color=INK)
    ax.set_xlabel('ANEES, 1 is ideal')


def _inside(values: Sequence[float]) -> np.ndarray:
    """Return probabilities that a logit axis can show."""
    return np.clip(values, 1.2 * _LEAST, 1 - 1.2 * _LEAST)


def _named(runs: Sequence[RunRecord]) -> Iterator[tuple[str, str, RunRecord]]:
    """Yield each run after its colour and what its labels begin with: nothing if it is alone."""
    for colour, run in zip(RUNS, runs, strict=False):
        yield colour, f'{run.name}: ' if len(runs) > 1 else '', run
