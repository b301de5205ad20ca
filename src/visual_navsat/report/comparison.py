# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The report of two runs over the same images, beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from visual_navsat.evaluation.metrics import metric_rows
from visual_navsat.evaluation.paired import PairedComparison, verdict_lines, WITHIN_M
from visual_navsat.evaluation.run_record import named_apart, RunRecord, ScoredAnswer
from visual_navsat.report import charts
from visual_navsat.report.cards import Card, make_card
from visual_navsat.report.map_data import map_data
from visual_navsat.report.page import write_page
from visual_navsat.report.pictures import svg_uri
from visual_navsat.report.run_report import common_charts, conditions
from visual_navsat.report.sources import ReportSources
from visual_navsat.report.style import reason_colours
from visual_navsat.report.worst import WORST


def write_comparison(
    path: str | Path,
    first: RunRecord,
    second: RunRecord,
    paired: PairedComparison,
    sources: ReportSources,
) -> None:
    """
    Write two runs beside each other as one HTML file that needs nothing else.

    :raises MissingDependencyError: if matplotlib or jinja2 is not installed.
    :raises VisualNavsatError: if the file cannot be written.
    """
    runs = named_apart(first, second)
    names = [run.name for run in runs]
    write_page(
        path,
        'comparison.html',
        map_data(runs, sources),
        title=f'{names[0]} against {names[1]}',
        names=names,
        conditions=[f'{run.name}: {conditions(run.summary)}' for run in runs],
        verdict=verdict_lines(paired, runs),
        figures=list(metric_rows(first.summary, second.summary)),
        charts={
            'error_pairs': svg_uri(charts.error_pairs(paired.pairs, names)),
            **common_charts(runs),
        },
        cards=_cards(runs, paired, sources),
        within_m=WITHIN_M,
    )


def differing_pairs(
    pairs: Sequence[tuple[ScoredAnswer, ScoredAnswer]], count: int = WORST
) -> list[int]:
    """Return the numbers of the pairs that differ most, most first; none that do not."""
    gaps = [abs(_loss_m(a) - _loss_m(b)) for a, b in pairs]
    order = sorted(range(len(pairs)), key=lambda n: -gaps[n])
    return [number for number in order[:count] if gaps[number] > 0]


def _loss_m(answer: ScoredAnswer) -> float:
    return answer.error_m if answer.is_fix else WITHIN_M


def _cards(
    runs: Sequence[RunRecord], paired: PairedComparison, sources: ReportSources
) -> list[Card]:
    numbers = {answer.key: number for number, answer in enumerate(runs[0].answers)}
    chosen = [paired.pairs[number] for number in differing_pairs(paired.pairs)]
    names = [run.name for run in runs]
    colours = reason_colours([a for pair in chosen for a in pair if not a.is_fix])
    return [
        make_card(numbers[pair[0].key], dict(zip(names, pair, strict=True)), sources, colours)
        for pair in chosen
    ]
