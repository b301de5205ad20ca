# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The charts of what answers claim and the worst images of a run, as PNG files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from visual_navsat.evaluation.run_record import RunRecord
from visual_navsat.files import write_bytes
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.report.figure import AnswerPicture, save_answer_figure
from visual_navsat.report.probability_charts import bands_chart, reliability_chart, risk_chart
from visual_navsat.report.sources import ReportSources
from visual_navsat.report.worst import worst_answers

_WORST = 10


def write_figures(folder: str | Path, run: RunRecord, sources: ReportSources) -> Iterator[Path]:
    """
    Write the charts and the worst images of a run, and yield the path of each file.

    :param run: with its views, as answers have them that were not read from a file.
    :raises MissingDependencyError: if matplotlib is not installed.
    :raises FileWriteError: if a file cannot be written.
    """
    charts = {
        'risk': risk_chart([run]),
        'reliability': reliability_chart([run]),
        'anees': bands_chart(run),
    }
    for name, chart in charts.items():
        if chart is not None:
            path = Path(folder) / f'{name}.png'
            write_bytes(path, chart.png())
            yield path
    for place, number in enumerate(worst_answers(run.answers, _WORST), start=1):
        scored = run.answers[number]
        pixels = sources.read_query(scored.filename)
        if pixels is None:
            continue
        view = scored.answer.view or View()
        photo = look_down(pixels, view) or NadirImage(pixels, None, view, None)
        # The number keeps images of the same name in different folders apart.
        path = Path(folder) / f'worst_{place:02d}_{Path(scored.filename).stem}.png'
        save_answer_figure(path, AnswerPicture(photo, scored, sources.imagery))
        yield path
