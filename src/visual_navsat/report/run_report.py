"""The report of one run: figures, map, charts, the worst images, every answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from visual_navsat.evaluation.record import AnswerRecord, RunRecord
from visual_navsat.localization.position import REASONS
from visual_navsat.report import charts
from visual_navsat.report.card_markup import cards
from visual_navsat.report.map_data import map_data
from visual_navsat.report.markup import (
    chart,
    escape,
    figure_tile,
    metres,
    percent,
    section,
    table,
)
from visual_navsat.report.page import write_page
from visual_navsat.report.sources import ReportSources
from visual_navsat.report.style import reason_colours
from visual_navsat.report.worst import make_card, worst_answers

_MAX_ROWS = 2000  # of the table of all answers
MAP_BOX = '<div class="panel"><div id="legend"></div><div id="map"></div></div>'
FOOTER = (
    '<footer><p>Shares count every image: one without a fix is a miss. A fix is false if it is '
    'over 50 m or 5 sigma off. Nothing in this page comes from a network.</p>'
    '<p>Written by visual_navsat. The map is drawn by Leaflet 1.9.4, © 2010-2023 Volodymyr '
    'Agafonkin, © 2010-2011 CloudMade, BSD 2-Clause licence.</p></footer>'
)


def write_report(path: str | Path, run: RunRecord, sources: ReportSources) -> None:
    """
    Write the report of a run as one HTML file that needs nothing else.

    :raises MissingDependencyError: if matplotlib is not installed.
    :raises VisualNavsatError: if the file cannot be written.
    """
    colours = reason_colours(run.refusals)
    chosen = worst_answers(run.answers)
    worst = [make_card(number, {run.name: run.answers[number]}, sources) for number in chosen]
    data = map_data([run], sources)
    body = (
        f'<header><h1>{escape(run.name)}</h1><p>{escape(conditions(run.summary))}</p></header>'
        f'<main>{_figures(run)}'
        f'{section("On the map", map_intro(data), MAP_BOX)}'
        f'{_charts(run)}'
        f'{_refusals(run, colours)}'
        f'{section("The worst images", _worst_intro(len(worst)), cards(worst, colours))}'
        f'{_all_answers(run)}</main>{FOOTER}'
    )
    write_page(path, f'{run.name}: localization report', body, data)


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


def map_intro(data: Mapping[str, Any]) -> str:
    """Return what the map shows and how it is used."""
    if not data['picture']:
        ground = 'The tile images are not at hand: boxes show where the map is. '
        return (ground if data['tiles'] else '') + 'Entries of the legend switch on and off.'
    return (
        'Dots are fixes with the ellipse that should hold the truth in 95 of 100 cases; crosses '
        'stand at the true position of images that were refused. Entries of the legend switch on '
        'and off, a click on a dot or cross says more.'
    )


def _figures(run: RunRecord) -> str:
    summary, count = run.summary, len(run.answers)
    fixes, false = len(run.fixes), sum(fix.is_false_fix for fix in run.fixes)
    errors = summary.get('error_m') or {}
    recall, chance = summary.get('recall_at') or {}, summary.get('chance_at_1')
    seconds, anees = summary.get('seconds_per_query'), summary.get('anees')
    tiles = [
        figure_tile(
            'Images with a fix', f'{fixes} of {count}',
            f'{percent(summary.get("availability"))} of those on the map',
        ),
        figure_tile(
            'Median error', metres(errors.get('median')),
            f'90 % of the fixes below {metres(errors.get("p90"))}',
        ),
        figure_tile(
            'False fixes', str(false), 'over 50 m or 5 sigma off', 'bad' if false else 'good'
        ),
        figure_tile(
            'Recall@1', percent(recall.get('1')), f'of random tiles {percent(chance, 1)}'
        ),
        figure_tile(
            'Truth in 95 % ellipse', percent(summary.get('share_in_95_ellipse')),
            f'ANEES {"–" if anees is None else f"{anees:.2f}"}, 1 is ideal',
        ),
    ]  # fmt: skip
    if seconds is not None:
        tiles.append(figure_tile('Time per image', f'{1e3 * seconds:.0f} ms', 'median'))
    return f'<div class="figures">{"".join(tiles)}</div>'


def _charts(run: RunRecord) -> str:
    times = charts.stage_times([run])
    parts = [
        chart(
            'Error over time', charts.error_over_time(run),
            'A dot should lie below its grey dash, the distance within which the fix claims to be '
            'in 95 of 100 cases. Below the chart, when images were refused, and why.', wide=True,
        ),
        chart(
            'Distribution of the error', charts.error_distribution([run]),
            'How large a share of all images, and of the fixes alone, is within a distance.',
        ),
        chart(
            'Is the covariance true?', charts.coverage([run]),
            'On the diagonal an ellipse of p holds the truth as often as it says; below it the '
            'fixes are too sure. The band is what chance does to a true covariance.',
        ),
        chart(
            'Retrieval', charts.recall([run]),
            'Share of images with a correct tile among the first k, by two meanings of correct; '
            'chance is of the first.',
        ),
    ]  # fmt: skip
    if times is not None:
        parts.append(chart('Time of each stage', times, 'Wall time on the machine that answered.'))
    intro = 'Errors are distances over ground from the truth, which has an error of its own.'
    return section('How good', intro, f'<div class="charts">{"".join(parts)}</div>')


def _refusals(run: RunRecord, colours: dict[str, str]) -> str:
    if not colours:
        return ''
    counts = Counter(answer.reason or 'unknown' for answer in run.refusals)
    rows = [
        [
            f'<td><span class="swatch" style="background:{colour}"></span>{escape(reason)}</td>',
            str(counts[reason]),
            percent(counts[reason] / len(run.answers)),
            f'<td class="share"><span class="bar" style="background:{colour};'
            f'width:{100 * counts[reason] / len(run.answers):.1f}%"></span></td>',
            f'<td class="wrap">{escape(REASONS.get(reason, ""))}</td>',
        ]
        for reason, colour in colours.items()
    ]
    content = table(('reason', 'images', 'of all', '', ''), rows)
    intro = 'No answer is an answer: what was not published, and why.'
    return section('Refused', intro, f'<div class="panel">{content}</div>')


def _worst_intro(count: int) -> str:
    return (
        f'{count} images: false fixes first, then the fixes that are farthest off and the images '
        'that were refused. The map is cut and turned as the query was taken. A cross marks the '
        'middle, a white ring the truth, a yellow one the answer; a click enlarges.'
    )


def _all_answers(run: RunRecord) -> str:
    shown = run.answers[:_MAX_ROWS]
    content = table(
        ('image', 'answer', 'error', 'sigmas', 'confidence', 'rank of truth', 'found by'),
        (_row(answer) for answer in shown),
    )
    of = '' if len(shown) == len(run.answers) else f' (the first {_MAX_ROWS})'
    return f'<details class="panel"><summary>Every answer{of}</summary>{content}</details>'


def _row(answer: AnswerRecord) -> list[str]:
    what = 'fix' if answer.is_fix else f'refused: {answer.reason}'
    return [
        f'<td>{escape(answer.filename)}</td>',
        f'<td class="text">{"false fix" if answer.is_false_fix else escape(what)}</td>',
        metres(answer.error_m),
        '–' if answer.error_sigmas is None else f'{answer.error_sigmas:.1f}',
        '–' if answer.confidence is None else f'{answer.confidence:.4f}',
        '–' if answer.rank_of_truth is None else str(answer.rank_of_truth),
        escape(answer.found_by or '–'),
    ]
