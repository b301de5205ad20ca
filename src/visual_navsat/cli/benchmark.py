# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Score a public data set: what is known of it, its maps, its table."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
import sys
from typing import Any

from visual_navsat.cli.questions import Asking, names_told
from visual_navsat.engine import warm_up
from visual_navsat.errors import ConfigError
from visual_navsat.evaluation import evaluate, Evaluation, metric_values, ScoredAnswer
from visual_navsat.evaluation.benchmark_table import benchmark_lines
from visual_navsat.evaluation.datasets import (
    BenchmarkSequence,
    make_index,
    open_benchmark,
    usual_folder,
)
from visual_navsat.evaluation.summary_table import summary_lines
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.loaded_map import LoadedMap

_NOT_WITH_DATASET = ('--map', '--images', '--queries')
ALL = 'all'  # the row of all sequences together


class BenchmarkRun:
    """The sequences that were scored, and the folders that a report reads."""

    def __init__(self, args: argparse.Namespace, asking: Asking) -> None:
        given = [flag for flag in _NOT_WITH_DATASET if getattr(args, flag[2:]) is not None]
        if given:
            raise ConfigError(f'{given[0]} comes from --dataset: leave it out')
        name, folder = args.dataset
        self.benchmark = open_benchmark(name, folder)
        self.names = self.benchmark.chosen(args.sequence or '')
        self.root = Path(args.index) if args.index else usual_folder(self.benchmark)
        self.asking, self.limit = asking, args.limit
        self.unread: list[str] = []
        self.told: list[str] = []
        self.tiles: list[TileMetadata] = []
        self.rows: dict[str, Evaluation] = {}

    def score_all(self) -> dict[str, Any]:
        """Score every chosen sequence, print the table, and return its summary for the JSON."""
        for line in self.benchmark.about:
            print(f'{self.benchmark.name}: {line}')
        for name in self.names:
            self._score(self.benchmark.read(name, self._folder(name) / 'images'))
        if len(self.rows) > 1:
            answers = [answer for one in self.rows.values() for answer in one.answers]
            self.rows[ALL] = evaluate(answers, self.tiles, self.asking.radius_m)
        last = list(self.rows.values())[-1]
        for line in summary_lines(last, self.told, self.asking.perturb):
            print(line)
        print()
        for line in benchmark_lines(self.rows):
            print(line)
        return {
            **last.to_json(),
            'conditions': self.asking.conditions(self.told),
            'dataset': {
                'name': self.benchmark.name,
                'about': list(self.benchmark.about),
                'sequences': _figures(self.rows),
            },
        }

    @property
    def index(self) -> Path | None:
        """Return the index that a report draws: that of a single sequence."""
        return self._folder(self.names[0]) / 'index' if len(self.names) == 1 else None

    @property
    def answers(self) -> tuple[ScoredAnswer, ...]:
        """Return the answers to all images that were scored."""
        return list(self.rows.values())[-1].answers

    @property
    def images(self) -> Path:
        """Return the folder that the names of the images begin in."""
        return self.root if self.benchmark.writes_images else self.benchmark.folder

    def _folder(self, name: str) -> Path:
        return self.root / name.replace('/', '-')

    def _score(self, sequence: BenchmarkSequence) -> None:
        queries = list(sequence.queries[: self.limit])
        if self.asking.truth_sigma_m:  # people know better
            queries = [replace(asked, truth_sigma_m=None) for asked in queries]
        for note in sequence.notes:
            print(f'{sequence.name}: {note}')
        index, was_there = make_index(sequence, self._folder(sequence.name), self.asking.config)
        kept = 'from an earlier run' if was_there else 'is kept for the next run'
        print(f'{sequence.name}: {len(queries)} images; index {index} {kept}', file=sys.stderr)
        loaded_map = LoadedMap.open(index, self.asking.config)
        warm_up(loaded_map, self.asking.config)
        questions = self.asking.prepare(queries)
        self.told = list(dict.fromkeys([*self.told, *names_told(questions)]))
        answers = list(self.asking.answer_all(loaded_map, questions, self.unread))
        self.tiles += loaded_map.tiles
        self.rows[sequence.name] = evaluate(
            answers, loaded_map.tiles, self.asking.radius_m, is_sequence=True
        )


def _figures(rows: Mapping[str, Evaluation]) -> dict[str, dict[str, float | None]]:
    """Return the metrics of each sequence; what is unknown is None."""
    found = {}
    for name, one in rows.items():
        values = {'images': float(len(one.answers)), **metric_values(one.to_json())}
        found[name] = {key: None if value != value else value for key, value in values.items()}
    return found
