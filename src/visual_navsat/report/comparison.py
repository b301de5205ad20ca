"""The report of two runs over the same images, beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from visual_navsat.evaluation.metrics import METRICS, metric_values
from visual_navsat.evaluation.paired import WITHIN_M, PairedComparison, verdict_lines
from visual_navsat.evaluation.record import AnswerRecord, RunRecord, named_apart
from visual_navsat.report import charts
from visual_navsat.report.card_markup import cards
from visual_navsat.report.map_data import map_data
from visual_navsat.report.markup import chart, escape, section, table
from visual_navsat.report.page import write_page
from visual_navsat.report.run_report import FOOTER, MAP_BOX, conditions
from visual_navsat.report.sources import ReportSources
from visual_navsat.report.style import reason_colours
from visual_navsat.report.worst import WORST, make_card

_MAP_INTRO = (
    'The colour says which run. Entries of the legend switch on and off; a click on a dot or '
    'cross says more.'
)
_CHARTS_INTRO = 'Errors are distances over ground from the truth, which has an error of its own.'
_CARDS_INTRO = (
    'Images whose error differs most between the runs; one without a fix counts as '
    f'{WITHIN_M:g} m off. A white ring marks the truth, a yellow one an answer; a click enlarges.'
)


def write_comparison(
    path: str | Path,
    first: RunRecord,
    second: RunRecord,
    paired: PairedComparison,
    sources: ReportSources,
) -> None:
    """
    Write two runs beside each other as one HTML file that needs nothing else.

    :raises MissingDependencyError: if matplotlib is not installed.
    :raises VisualNavsatError: if the file cannot be written.
    """
    runs = named_apart(first, second)
    title = f'{runs[0].name} against {runs[1].name}'
    verdict = ''.join(f'<p>{escape(line)}</p>' for line in verdict_lines(paired, runs))
    told = ''.join(f'<p>{escape(run.name)}: {escape(conditions(run.summary))}</p>' for run in runs)
    body = (
        f'<header><h1>{escape(title)}</h1>{told}</header>'
        f'<main><div class="verdict">{verdict}</div>'
        f'<section><h2>Figures</h2><div class="panel">{_figures(runs)}</div></section>'
        f'{section("On the map", _MAP_INTRO, MAP_BOX)}'
        f'{section("How good", _CHARTS_INTRO, _charts(runs, paired))}'
        f'{section("Where they differ most", _CARDS_INTRO, _cards(runs, paired, sources))}'
        f'</main>{FOOTER}'
    )
    write_page(path, title, body, map_data(runs, sources))


def differing_pairs(
    pairs: Sequence[tuple[AnswerRecord, AnswerRecord]], count: int = WORST
) -> list[int]:
    """Return the numbers of the pairs that differ most, most first; none that do not."""
    gaps = [abs(_loss_m(a) - _loss_m(b)) for a, b in pairs]
    order = sorted(range(len(pairs)), key=lambda n: -gaps[n])
    return [number for number in order[:count] if gaps[number] > 0]


def _loss_m(answer: AnswerRecord) -> float:
    return answer.error_m if answer.is_fix else WITHIN_M


def _figures(runs: Sequence[RunRecord]) -> str:
    values = [metric_values(run.summary) for run in runs]
    rows = []
    for name, metric in METRICS.items():
        first, second = (each[name] for each in values)
        mood = metric.mood(first, second)
        rows.append(
            [
                f'<td>{escape(metric.label)}</td>',
                escape(metric.text(first)),
                escape(metric.text(second)),
                f'<td class="{mood}">{escape(metric.change_text(first, second))}</td>',
            ]
        )
    return table(('', runs[0].name, runs[1].name, 'change'), rows)


def _charts(runs: Sequence[RunRecord], paired: PairedComparison) -> str:
    names = [run.name for run in runs]
    times = charts.stage_times(runs)
    parts = [
        chart(
            'Distribution of the error', charts.error_distribution(runs),
            'How large a share of all images, and of the fixes alone, is within a distance.',
        ),
        chart(
            'Image by image', charts.error_pairs(paired.pairs, names),
            f'Images with a fix in both. Below the diagonal {names[1]} is nearer to the truth.',
        ),
        chart(
            'Is the covariance true?', charts.coverage(runs),
            'On the diagonal an ellipse of p holds the truth as often as it says; below it the '
            'fixes are too sure.',
        ),
        chart(
            'Retrieval', charts.recall(runs),
            'Share of images with a correct tile among the first k, by two meanings of correct.',
        ),
    ]  # fmt: skip
    if times is not None:
        parts.append(chart('Time of each stage', times, 'Wall time where each run was made.'))
    return f'<div class="charts">{"".join(parts)}</div>'


def _cards(runs: Sequence[RunRecord], paired: PairedComparison, sources: ReportSources) -> str:
    numbers = {answer.key: number for number, answer in enumerate(runs[0].answers)}
    chosen = [paired.pairs[number] for number in differing_pairs(paired.pairs)]
    names = [run.name for run in runs]
    made = [
        make_card(numbers[pair[0].key], dict(zip(names, pair, strict=True)), sources)
        for pair in chosen
    ]
    if not made:
        return '<p>Every image was answered alike.</p>'
    colours = reason_colours([a for pair in chosen for a in pair if not a.is_fix])
    return cards(made, colours)
