# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Measure the localizer on real photos over a real map, and record what was run.

    python -m bench.real_photos --data DIR --distractors DIR DIR --out bench/results/FILE.json

The data folder holds map/ and map.csv, queries/ and queries.csv; a distractor folder holds map.csv
and its images, there or in map/. Nothing may be tuned on them.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
import json
from pathlib import Path
import tempfile

from bench.photos_over_ros import publish_photos
from bench.record import add_photo_arguments, clean_commit, make_parser, run_verb
from visual_navsat.evaluation.queries_csv import read_queries
from visual_navsat.files import write_json
from visual_navsat.maps.metadata_csv import read_tiles, write_tiles

PERTURBED = ('--perturb', 'heading_deg=5,height=0.1', '--seed', '0')
CONDITIONS = {
    'heading and GSD known': (),
    'heading within 5°, GSD within 10 %': PERTURBED,
    'GSD known, no heading': ('--ignore', 'heading'),
    'tiles only, heading and GSD known': ('--no-correlate',),
    'tiles only, neither known': ('--no-correlate', '--ignore', 'heading,gsd'),
}
SLOW_CONDITIONS = {
    'no heading, GSD within 30 %': (
        *('--ignore', 'heading'),
        *('--perturb', 'height=0.3', '--seed', '0'),
    ),
}
WITHOUT_SCALE = {'zoom_level': None, 'spatial_resolution': None}
# For each query; not where the photos were taken.
RECORDED = (
    *('filename', 'status', 'reason', 'found_by', 'error_m', 'error_sigmas', 'confidence'),
    'rank_of_truth',
)
WITH_DISTRACTORS = 'all maps together, heading within 5°, GSD within 10 %'
WITHOUT_OWN_MAP = 'its own map taken out, heading within 5°, GSD within 10 %'


def main() -> None:
    parser = make_parser(__doc__)
    add_photo_arguments(parser)
    parser.add_argument('--distractors', nargs='*', default=[], metavar='DIR', type=Path)
    parser.add_argument('--name', required=True, help='what the data is called in the record')
    slow_help = 'also without heading and with a poor GSD: slow'
    parser.add_argument('--slow', action='store_true', help=slow_help)
    args = parser.parse_args()
    conditions = {**CONDITIONS, **(SLOW_CONDITIONS if args.slow else {})}
    commit = clean_commit()
    runs = []
    with tempfile.TemporaryDirectory() as scratch:
        index = build(Path(scratch) / 'own', [args.data])
        runs += [evaluate(what, index, args, flags) for what, flags in conditions.items()]
        columns = tuple(args.truth_columns.split(','))
        queries = read_queries(args.data / 'queries.csv', args.data / 'queries', columns)
        over_ros = publish_photos(index, queries, Path(scratch) / 'localizer.log')
        if args.distractors:
            index = build(Path(scratch) / 'all', [args.data, *args.distractors])
            runs.append(evaluate(WITH_DISTRACTORS, index, args, PERTURBED))
            index = build(Path(scratch) / 'others', args.distractors)
            runs.append(evaluate(WITHOUT_OWN_MAP, index, args, PERTURBED))
    record = {
        'data': args.name,
        'commit': commit,
        'command': f'python -m bench.real_photos --data DIR --truth-columns {args.truth_columns} '
        '--distractors DIR DIR' + (' --slow' if args.slow else ''),
        'runs': runs,
        'published_as_ros_images': over_ros,
    }
    write_json(args.out, record)


def build(folder: Path, sources: list[Path]) -> Path:
    """Return the index of several map folders, each linked into one under its own name."""
    folder.mkdir()
    tiles = []
    for number, source in enumerate(sources):
        images = source / 'map' if (source / 'map').is_dir() else source
        (folder / str(number)).symlink_to(images.resolve())
        tiles += [
            replace(tile, filename=f'{number}/{tile.filename}', **WITHOUT_SCALE)
            for tile in read_tiles(source / 'map.csv')
        ]
    write_tiles(folder / 'map.csv', tiles)
    index = folder / 'index'
    run_verb('build-map', '--images', folder, '--metadata', folder / 'map.csv', '--out', index)
    return index


def evaluate(what: str, index: Path, args: argparse.Namespace, flags: tuple[str, ...]) -> dict:
    """Run evaluate under one condition; return its record."""
    print(f'\n{what}:')
    result = index.parent / 'result.json'
    run_verb(
        *('evaluate', '--map', index, '--images', args.data / 'queries'),
        *('--queries', args.data / 'queries.csv', '--truth-columns', args.truth_columns),
        *('--no-exif', '--score', 'footprint', '--json', result, *flags),
    )
    scores = json.loads(result.read_text())
    scores['queries'] = [{key: query[key] for key in RECORDED} for query in scores['queries']]
    return {'what': what, 'result': scores}


if __name__ == '__main__':
    main()
