"""Write what the command line of replay asks for, and decide its exit code."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from visual_navsat.cli.gate_flag import exit_code, parse_gate
from visual_navsat.errors import ConfigError, ImageError
from visual_navsat.evaluation import RunRecord, metric_values
from visual_navsat.replay.output import ReplayOutput
from visual_navsat.replay.recording import RecordedImage, Recording, RecordingError
from visual_navsat.replay.results import ResultsFolder
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.report import check_matplotlib, sources_from_folders, write_report
from visual_navsat.report.worst import worst_answers


class ReplayWriter:
    """What the command line asks for beside the text."""

    def __init__(self, map_dir: str, out: str | None, report: str | None, fail_if: str) -> None:
        """
        Check all of it before a long run.

        :raises VisualNavsatError: if the folder exists, matplotlib is missing or a limit of
            --fail-if cannot be read.
        """
        self._map_dir = map_dir
        self._folder = None if out is None else ResultsFolder(out)
        self._report = report
        self._gate = parse_gate(fail_if)
        self._needs_truth = [
            flag for flag, value in (('--report', report), ('--fail-if', fail_if)) if value
        ]
        if report:
            check_matplotlib()

    def check_truth(self, truth: TruthTrack | None) -> None:
        """Raise ConfigError if what was asked for needs a truth and there is none."""
        if truth is None and self._needs_truth:
            raise ConfigError(
                f'{self._needs_truth[0]} needs true positions: name a --truth-topic, or positions '
                'beside the video'
            )

    def finish(self, output: ReplayOutput, recording: Recording) -> int:
        """Print and write a replay; return the exit code."""
        output.print()
        if self._folder is not None:
            self._folder.write(output.records, output.documents())
            print(f'written to {self._folder.path}')
        code = 0
        if output.evaluations is not None:
            if self._report:
                self._write_report(output, recording)
            code = exit_code(self._gate, metric_values(output.evaluation(0)))
        elif self._needs_truth:
            print(f'no image has a true position: no {self._needs_truth[0]}', file=sys.stderr)
            code = 1
        if output.damage:
            print(f'visual-navsat replay: {output.damage}', file=sys.stderr)
        return 1 if output.damage or output.counts.get('lost') else code

    def _write_report(self, output: ReplayOutput, recording: Recording) -> None:
        name = f'{output.recording} over {Path(self._map_dir).resolve().name}'
        run = RunRecord.from_json(output.evaluation(0), name)
        shown = {run.answers[number].filename for number in worst_answers(run.answers)}
        sources = sources_from_folders(self._map_dir, None)
        pictures = _read_pictures(recording, shown)
        write_report(self._report, run, replace(sources, read_query=pictures.get))
        print(f'report: {self._report}')


def _read_pictures(recording: Recording, names: set[str]) -> dict[str, np.ndarray]:
    """Return the pixels of some images of a recording, which is read once more."""
    pictures = {}
    with suppress(RecordingError):  # damaged: what comes before it is all there is
        for event in recording.events():
            if isinstance(event, RecordedImage) and event.name in names:
                with suppress(ImageError):
                    pictures[event.name] = event.read()
    return pictures
