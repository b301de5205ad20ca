# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The report of one run: figures, map, charts, the worst images, every answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visual_navsat.durations import duration_text
from visual_navsat.evaluation.run_record import RunRecord, ScoredAnswer
from visual_navsat.localization.position import REASONS
from visual_navsat.report import charts
from visual_navsat.report.cards import make_card
from visual_navsat.report.map_data import map_data
from visual_navsat.report.page import write_page
from visual_navsat.report.pictures import svg_uri
from visual_navsat.report.probability_charts import bands_chart, reliability_chart, risk_chart
from visual_navsat.report.sources import ReportSources
from visual_navsat.report.style import reason_colours
from visual_navsat.report.wording import metres, number, percent
from visual_navsat.report.worst import worst_answers

_MAX_ROWS = 2000  # of the table of all answers


@dataclass(frozen=True)
class Figure:
    """One of the large figures at the top."""

    name: str
    value: str
    note: str
    mood: str = ''  # good or bad


def write_report(path: str | Path, run: RunRecord, sources: ReportSources) -> None:
    """
    Write the report of a run as one HTML file that needs nothing else.

    :raises MissingDependencyError: if matplotlib or jinja2 is not installed.
    :raises VisualNavsatError: if the file cannot be written.
    """
    colours, bands = reason_colours(run.refusals), bands_chart(run)
    write_page(
        path,
        'run.html',
        map_data([run], sources),
        title=f'{run.name}: localization report',
        run_name=run.name,
        conditions=conditions(run.summary),
        figures=_figures(run),
        charts={
            'error_over_time': svg_uri(charts.error_over_time(run)),
            'bands': None if bands is None else svg_uri(bands.svg()),
            **common_charts([run]),
        },
        reasons=_reasons(run, colours),
        cards=[
            make_card(chosen, {run.name: run.answers[chosen]}, sources, colours)
            for chosen in worst_answers(run.answers)
        ],
        answers=[_row(answer) for answer in run.answers[:_MAX_ROWS]],
        are_answers_cut=len(run.answers) > _MAX_ROWS,
    )


def common_charts(runs: Sequence[RunRecord]) -> dict[str, str | None]:
    """Return the charts that one run and two beside each other have, as addresses."""
    times = charts.stage_times(runs)
    return {
        'risk': svg_uri(risk_chart(runs).svg()),
        'reliability': svg_uri(reliability_chart(runs).svg()),
        'error_distribution': svg_uri(charts.error_distribution(runs)),
        'coverage': svg_uri(charts.coverage(runs)),
        'recall': svg_uri(charts.recall(runs)),
        'stage_times': None if times is None else svg_uri(times),
    }


def conditions(summary: Mapping[str, Any]) -> str:
    """Return what was run, in a sentence."""
    parts = [f'{len(summary["queries"])} images']
    if 'tiles' in summary:
        parts[0] += f' over {summary["tiles"]} map tiles'
    told = summary.get('conditions') or {}
    if 'known' in told:
        parts.append(f'known of each image: {_listed(told["known"])}')
    if told.get('perturb'):
        parts.append(f'disturbed by {told["perturb"]}')
    if told.get('score') == 'footprint':
        parts.append("scored: the ground under the image's centre")
    return ' · '.join(parts)


def _listed(known: Sequence[str]) -> str:
    return ', '.join('GSD' if name == 'gsd' else name for name in known) or 'nothing'


def _figures(run: RunRecord) -> list[Figure]:
    summary, count = run.summary, len(run.answers)
    fixes, false = len(run.fixes), sum(fix.is_false_fix for fix in run.fixes)
    errors = summary.get('error_m') or {}
    recall, chance = summary.get('recall_at') or {}, summary.get('chance_at_1')
    figures = [
        Figure(
            'Images with a fix',
            f'{fixes} of {count}',
            f'{percent(summary.get("availability"))} of those on the map',
        ),
        Figure(
            'Median error',
            metres(errors.get('median')),
            f'90 % of the fixes below {metres(errors.get("p90"))}',
        ),
        Figure('False fixes', str(false), 'over 50 m or 5 sigma off', 'bad' if false else 'good'),
        Figure('Recall@1', percent(recall.get('1')), f'of random tiles {percent(chance, 1)}'),
        Figure(
            'Truth in 95 % ellipse',
            percent(summary.get('share_in_95_ellipse')),
            f'ANEES {number(summary.get("anees"), 2)}, 1 is ideal',
        ),
    ]
    seconds = summary.get('seconds_per_query')
    if seconds is not None:
        figures.append(Figure('Time per image', duration_text(seconds), 'median'))
    return figures


def _reasons(run: RunRecord, colours: Mapping[str, str]) -> list[dict[str, Any]]:
    counts = Counter(answer.reason or 'unknown' for answer in run.refusals)
    return [
        {
            'name': reason,
            'colour': colour,
            'count': counts[reason],
            'share': counts[reason] / len(run.answers),
            'meaning': REASONS.get(reason, ''),
        }
        for reason, colour in colours.items()
    ]


def _row(answer: ScoredAnswer) -> tuple[str, ...]:
    what = 'fix' if answer.is_fix else f'refused: {answer.reason}'
    return (
        answer.filename,
        'false fix' if answer.is_false_fix else what,
        metres(answer.error_m),
        number(answer.error_sigmas, 1),
        number(answer.answer.confidence, 4),
        number(answer.rank_of_truth, 0),
        answer.answer.found_by or '–',
    )
