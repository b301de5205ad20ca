# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Score a map index on images whose true positions are known."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
import sys
from typing import Any

from tqdm import tqdm
from visual_navsat.cli.options import (
    add_config_arguments,
    add_gate_argument,
    add_photo_arguments,
    add_report_argument,
    check_photo_arguments,
    config_from_args,
    exit_code,
    QUERY_SETTINGS,
)
from visual_navsat.cli.values import check_number
from visual_navsat.config import Config
from visual_navsat.engine import query, warm_up
from visual_navsat.errors import ConfigError, ImageError, one_line
from visual_navsat.evaluation import (
    evaluate,
    Gate,
    metric_values,
    METRICS,
    RECALL_RANKS,
    RunRecord,
    ScoredAnswer,
)
from visual_navsat.evaluation.misplaced import find_misplaced
from visual_navsat.evaluation.perturbation import Perturbation
from visual_navsat.evaluation.queries_csv import Query, read_queries
from visual_navsat.evaluation.summary_table import summary_lines
from visual_navsat.files import write_json
from visual_navsat.geometry.places import MapPlace
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.view import View
from visual_navsat.loaded_map import LoadedMap
from visual_navsat.localization.fault import refused_by
from visual_navsat.photo_knowledge import IGNORABLE, Knowledge, UnusedMetadata
from visual_navsat.photo_metadata import read_photo_metadata
from visual_navsat.report import check_packages, sources_from_folders, write_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('--map', required=True, metavar='DIR', help='index made by build-map')
    parser.add_argument('--images', required=True, metavar='DIR', help='folder of query images')
    parser.add_argument(
        '--queries',
        required=True,
        metavar='CSV',
        help='Filename,Latitude,Longitude in degrees. Optional: Yaw (where the image points up, '
        'degrees clockwise from north), GSD (metres per pixel), Height (metres above ground; '
        'needs a field of view), Pitch (of the optical axis above the horizon in degrees: -90 '
        'looks straight down) and Roll (about the optical axis in degrees, leaning right), '
        'DateTime or Time',
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
    add_photo_arguments(parser)
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
        action='store_true',
        help='the images are one flight in the order of the CSV: also say how long it takes to '
        'the first fix',
    )
    parser.add_argument('--limit', type=int, metavar='N', help='score the first N images only')
    parser.add_argument('--json', metavar='FILE', help='write the figures and every answer here')
    add_report_argument(parser)
    add_gate_argument(parser)
    add_config_arguments(parser, QUERY_SETTINGS)


def run(args: argparse.Namespace) -> int:
    """
    Answer every query, print the summary and write it.

    :return: 3 if --fail-if holds, 1 if an image could not be read: it counts as refused.
    """
    ignored = _ignored_names(args.ignore)
    perturbation = Perturbation.parse(args.perturb, args.seed)
    check_number(args, '--limit', 1)
    check_number(args, '--radius-m', 0, unit='metres', is_open=True)
    check_photo_arguments(args)
    gate = Gate.parse(args.fail_if, METRICS)
    if args.report:
        check_packages()
    queries = read_queries(args.queries, args.images, _column_pair(args.truth_columns))
    queries = queries[: args.limit]
    config = config_from_args(args)
    loaded_map = LoadedMap.open(args.map, config)
    print(MapPlace.of(loaded_map.tiles, loaded_map.described_gsd_m_per_px).line)
    _check_places(queries, loaded_map.tiles, args)
    warm_up(loaded_map, config)
    unused = UnusedMetadata()
    questions = [
        _prepare(asked, args.hfov_deg, None if args.no_exif else unused, ignored, perturbation)
        for asked in queries
    ]
    unread: list[str] = []
    answers = list(_answer_all(loaded_map, config, questions, args, unread))
    evaluation = evaluate(answers, loaded_map.tiles, args.radius_m, args.sequence)
    told = list(dict.fromkeys(name for question in questions for name in question.told.names))
    for line in summary_lines(evaluation, told, args.perturb):
        print(line)
    summary = {
        **evaluation.to_json(),
        'conditions': {
            'known': told,
            'ignored': ignored,
            'perturb': args.perturb,
            'seed': args.seed,
            'score': args.score,
        },
    }
    _write(args, summary)
    return exit_code(gate, metric_values(summary)) or int(bool(unread))


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


def _write(args: argparse.Namespace, summary: dict[str, Any]) -> None:
    """Write the files that were asked for; the JSON first, as pictures can fail."""
    if args.json:
        write_json(args.json, summary)
    if args.report:
        name = f'{Path(args.images).resolve().name} over {Path(args.map).resolve().name}'
        sources = sources_from_folders(args.map, args.images)
        write_report(args.report, RunRecord.from_json(summary, name), sources)
        print(f'report: {args.report}')


@dataclass(frozen=True)
class _Question:
    query: Query
    told: Knowledge  # after what was taken away and disturbed
    view: View  # the same, as the engine takes it
    true_height_agl_m: float | None
    true_gsd_m_per_px: float | None


def _prepare(
    query: Query,
    hfov_deg: float | None,
    unused: UnusedMetadata | None,
    ignored: Sequence[str],
    perturbation: Perturbation,
) -> _Question:
    photo = read_photo_metadata(query.path)
    known = Knowledge(
        heading_deg=query.heading_deg,
        height_agl_m=query.height_agl_m,
        gsd_m_per_px=query.gsd_m_per_px,
        hfov_deg=hfov_deg,
        pitch_deg=query.pitch_deg,
        roll_deg=query.roll_deg,
    )
    if unused is not None:  # the metadata of photos count
        known = known.completed_by(photo)
        for note in unused.of(photo):
            print(f'visual-navsat evaluate: {note}', file=sys.stderr)
    told = perturbation.disturb(known.without(ignored), query.filename)
    gsd_m_per_px = known.view(photo).known_gsd_m_per_px
    return _Question(query, told, told.view(photo), known.height_agl_m, gsd_m_per_px)


def _answer_all(
    loaded_map: LoadedMap,
    config: Config,
    questions: Sequence[_Question],
    args: argparse.Namespace,
    unread: list[str],
) -> Iterator[ScoredAnswer]:
    """Yield the answer to each query beside its truth; report and list those without one."""
    top_k = max(config.retrieval.top_k, *RECALL_RANKS)
    for question in tqdm(questions, desc='queries', unit='image', disable=None, leave=False):
        asked = question.query
        try:
            answer = query(loaded_map, config, asked.path, question.view, top_k=top_k)
        except Exception as error:  # whatever it was, the next image may fare better
            named = '' if isinstance(error, ImageError) else f'{asked.filename}: '
            tqdm.write(f'visual-navsat evaluate: {named}{one_line(error)}', file=sys.stderr)
            answer = refused_by(error)
            unread.append(asked.filename)
        answer = replace(
            answer,
            name=asked.filename,
            view=question.view,
            stamp_ns=None if asked.stamp_s is None else round(asked.stamp_s * 1e9),
            position=(args.score == 'footprint' and answer.center) or answer.position,
        )
        yield ScoredAnswer.of(
            answer,
            (asked.true_lat, asked.true_long),
            args.radius_m,
            question.true_height_agl_m,
            question.true_gsd_m_per_px,
        )


def _ignored_names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(',') if name.strip()]
    for name in names:
        if name not in IGNORABLE:
            raise ConfigError(f'--ignore {name!r} is unknown: choose from {", ".join(IGNORABLE)}')
    return names


def _column_pair(text: str) -> tuple[str, str]:
    names = [name.strip() for name in text.split(',')]
    if len(names) != 2 or not all(names):
        raise ConfigError(f'--truth-columns must be two names LAT,LON, got {text!r}')
    return names[0], names[1]
