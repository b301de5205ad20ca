# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Score a map index on images whose true positions are known."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys
from typing import Any

from visual_navsat.cli.benchmark import BenchmarkRun
from visual_navsat.cli.options import (
    add_attitude_arguments,
    add_config_arguments,
    add_gate_argument,
    add_join_argument,
    add_photo_arguments,
    add_report_argument,
    check_attitude_arguments,
    check_join_argument,
    check_photo_arguments,
    exit_code,
    QUERY_SETTINGS,
)
from visual_navsat.cli.questions import Asking, names_told
from visual_navsat.cli.values import check_number
from visual_navsat.engine import warm_up
from visual_navsat.errors import ConfigError
from visual_navsat.evaluation import (
    evaluate,
    Evaluation,
    Gate,
    metric_values,
    METRICS,
    RunRecord,
    ScoredAnswer,
)
from visual_navsat.evaluation.datasets import DATASETS
from visual_navsat.evaluation.misplaced import find_misplaced
from visual_navsat.evaluation.queries_csv import Query, read_queries
from visual_navsat.evaluation.summary_table import summary_lines
from visual_navsat.files import write_json
from visual_navsat.geometry.places import MapPlace
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.report import (
    check_packages,
    sources_from_folders,
    write_figures,
    write_report,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('--map', metavar='DIR', help='index made by build-map')
    parser.add_argument('--images', metavar='DIR', help='folder of query images')
    parser.add_argument(
        '--queries',
        metavar='CSV',
        help='Filename,Latitude,Longitude in degrees. Optional: Yaw (where the image points up, '
        'degrees clockwise from north), GSD (metres per pixel), Height (metres above ground; '
        'needs a field of view), Pitch (of the optical axis above the horizon in degrees: -90 '
        'looks straight down) and Roll (about the optical axis in degrees, leaning right), '
        'DateTime or Time, and the standard deviations YawSigma (degrees), GSDSigma, HeightSigma '
        '(fractions) and TruthSigma (metres)',
    )
    parser.add_argument(
        '--dataset',
        nargs=2,
        metavar=('NAME', 'DIR'),
        help='instead of the three above: a public data set as it was downloaded, and the table '
        f'that papers print; NAME is one of {", ".join(DATASETS)}',
    )
    parser.add_argument(
        '--index',
        metavar='DIR',
        help="where the indexes of the data set's maps are kept (default: the user's cache)",
    )
    parser.add_argument(
        '--truth-columns',
        default='Latitude,Longitude',
        metavar='LAT,LON',
        help='columns with the true position (default %(default)s)',
    )
    parser.add_argument(
        '--score',
        choices=('vehicle', 'footprint'),
        default='vehicle',
        help="whose true position the CSV holds: the vehicle's, or that of the ground under the "
        "image's centre; without attitude, height and field of view both answers are the same "
        '(default %(default)s)',
    )
    parser.add_argument(
        '--radius-m',
        type=float,
        default=50.0,
        metavar='R',
        help='a tile also counts as correct if its centre is within R metres of the truth '
        '(default %(default)s)',
    )
    parser.add_argument(
        '--truth-sigma-m',
        type=float,
        default=0.0,
        metavar='S',
        help='standard deviation of the true positions along each axis in metres, where the CSV '
        'has no TruthSigma; errors are compared with it and the covariance together (default '
        '%(default)s)',
    )
    add_photo_arguments(parser)
    add_attitude_arguments(parser)
    parser.add_argument(
        '--ignore',
        default='',
        metavar='NAMES',
        help='what to keep from the engine: heading, height, gsd, attitude (separated by commas)',
    )
    parser.add_argument(
        '--perturb',
        default='',
        metavar='ERRORS',
        help='add uniform errors to what the engine is told: heading_deg=5,height=0.1 gives each '
        'image an error of its own within +- 5 degrees, and within +- 10 %% of height and GSD; '
        'gsd=0.1 is +- 10 %% of the GSD alone; the engine is told the size of such errors',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        metavar='S',
        help="seed of the errors; an image's errors depend on it and on the file name only "
        '(default %(default)s)',
    )
    parser.add_argument(
        '--sequence',
        nargs='?',
        const='',
        metavar='NAME',
        help='the images are one flight in the order of the CSV: also say how long it takes to '
        'the first fix; of a data set, the sequences to score, such as 03 or 01,03',
    )
    add_join_argument(parser)
    parser.add_argument(
        '--limit',
        type=int,
        metavar='N',
        help='score the first N images only, of a data set in each sequence',
    )
    parser.add_argument('--json', metavar='FILE', help='write the figures and every answer here')
    add_report_argument(parser)
    parser.add_argument(
        '--figures',
        metavar='DIR',
        help='draw what the probabilities risk, whether they and the covariances are true, and '
        'the ten worst images on the map, as PNG into this folder; needs matplotlib',
    )
    add_gate_argument(parser)
    add_config_arguments(parser, QUERY_SETTINGS)


def run(args: argparse.Namespace) -> int:
    """
    Answer every query, print the summary and write it.

    :return: 3 if --fail-if holds, 1 if an image could not be read: it counts as refused.
    """
    check_number(args, '--limit', 1)
    check_number(args, '--radius-m', 0, unit='metres', is_open=True)
    check_number(args, '--truth-sigma-m', 0, 1000, 'metres')
    check_photo_arguments(args)
    check_attitude_arguments(args)
    check_join_argument(args)
    gate = Gate.parse(args.fail_if, METRICS)
    asking = Asking.from_args(args)
    if args.report or args.figures:
        check_packages()
    if args.dataset:
        benchmark = BenchmarkRun(args, asking)
        summary, unread = benchmark.score_all(), benchmark.unread
        _write(args, summary, benchmark.answers, benchmark.index, benchmark.images)
    else:
        unread = []
        evaluation, told = _score_folder(args, asking, unread)
        summary = {**evaluation.to_json(), 'conditions': asking.conditions(told)}
        _write(args, summary, evaluation.answers, Path(args.map), Path(args.images))
    return exit_code(gate, metric_values(summary)) or int(bool(unread))


def _score_folder(
    args: argparse.Namespace, asking: Asking, unread: list[str]
) -> tuple[Evaluation, list[str]]:
    """Return the summary of a folder of images, and what the engine was told of them."""
    if None in (args.map, args.images, args.queries):
        raise ConfigError('give --map, --images and --queries, or --dataset NAME DIR')
    if args.sequence:
        raise ConfigError(f'--sequence {args.sequence}: only a --dataset has named sequences')
    queries = read_queries(args.queries, args.images, _column_pair(args.truth_columns))
    queries = queries[: args.limit]
    loaded_map = LoadedMap.open(args.map, asking.config)
    print(MapPlace.of(loaded_map.tiles, loaded_map.described_gsd_m_per_px).line)
    _check_places(queries, loaded_map.tiles, args)
    warm_up(loaded_map, asking.config)
    questions = asking.prepare(queries)
    answers = list(asking.answer_all(loaded_map, questions, unread))
    is_sequence = args.sequence is not None
    evaluation = evaluate(answers, loaded_map.tiles, args.radius_m, is_sequence)
    told = names_told(questions)
    for line in summary_lines(evaluation, told, args.perturb):
        print(line)
    return evaluation, told


def _check_places(
    queries: Sequence[Query], tiles: Sequence[TileMetadata], args: argparse.Namespace
) -> None:
    """Say that every truth is far off the map; raise ConfigError where columns are swapped."""
    misplaced = find_misplaced([(one.true_lat, one.true_long) for one in queries], tiles)
    if misplaced is None:
        return
    if misplaced.are_swapped:
        lat, long = _column_pair(args.truth_columns)
        raise ConfigError(
            f'{args.queries}: {misplaced.question} If so, give --truth-columns {long},{lat}'
        )
    print(f'visual-navsat evaluate: {misplaced.question}', file=sys.stderr)


def _write(
    args: argparse.Namespace,
    summary: dict[str, Any],
    answers: tuple[ScoredAnswer, ...],
    index: Path | None,
    images: Path,
) -> None:
    """Write the files that were asked for; the JSON first, as pictures can fail."""
    if args.json:
        write_json(args.json, summary)
    if not (args.report or args.figures):
        return
    sources = sources_from_folders(index, images)
    name = f'{images.resolve().name} over {Path(args.map or "").resolve().name}'
    if args.dataset:
        name = ' '.join(filter(None, (args.dataset[0], args.sequence)))
    if args.report:
        write_report(args.report, RunRecord.from_json(summary, name), sources)
        print(f'report: {args.report}')
    if args.figures:
        files = list(write_figures(args.figures, RunRecord(name, summary, answers), sources))
        print(f'figures: {len(files)} in {args.figures}')


def _column_pair(text: str) -> tuple[str, str]:
    names = [name.strip() for name in text.split(',')]
    if len(names) != 2 or not all(names):
        raise ConfigError(f'--truth-columns must be two names LAT,LON, got {text!r}')
    return names[0], names[1]
