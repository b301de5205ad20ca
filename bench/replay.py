# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Replay real photos as a ROS bag in all three ways, and record what came of it.

    python -m bench.replay --data DIR --name NAME --out bench/results/replay.json

The data folder holds map/ and map.csv, queries/ and queries.csv. The bag is made in a scratch
folder and thrown away. Run it on an idle machine: the node drops images while it is busy, and a
node that gets no processor for seconds loses them.
"""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile

from bench.photo_bag import read_photos, TOPICS, write_photo_bag
from bench.record import add_photo_arguments, make_parser, measured_commit, run_verb, VISUAL_NAVSAT
from visual_navsat.files import write_json

# Photos were taken up to minutes and 600 m apart; in the bag they follow each other by seconds.
MAX_SPEED_M_PER_S = 250
DETERMINISTIC = ('fixes.csv', 'fixes.geojson', 'fixes.kml', 'fixes.gpx', 'bag/bag.mcap')
DETERMINISTIC += ('bag/metadata.yaml', 'replay.json')
DETERMINISTIC += ('evaluation_fix.json', 'evaluation_tracked.json')
SLOW_NODE_MS = 5000


def main() -> None:
    parser = make_parser(__doc__)
    add_photo_arguments(parser)
    parser.add_argument('--name', required=True, help='what the data is called in the record')
    parser.add_argument('--period-s', type=float, default=3.0, metavar='S')
    args = parser.parse_args()
    commit, load = measured_commit(), os.getloadavg()[0]  # before we are its load
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        index, bag = folder / 'index', folder / 'bag'
        run_verb(
            *('build-map', '--images', args.data / 'map'),
            *('--metadata', args.data / 'map.csv', '--out', index),
        )
        queries, heights_m = read_photos(args.data, args.truth_columns)
        write_photo_bag(bag, queries, heights_m, args.period_s, 'mcap')
        raw, compressed = TOPICS['raw'][0], TOPICS['compressed'][0]
        first = replay(bag, index, compressed, folder / 'first')
        second = replay(bag, index, compressed, folder / 'second')
        pixels = replay(bag, index, raw, folder / 'raw')
        measured = replay(bag, index, compressed, folder / 'measured', '--realtime')
        slow = replay(
            *(bag, index, compressed, folder / 'slow', '--realtime'),
            *('--latency-ms', str(SLOW_NODE_MS)),
        )
        ros = {
            name: replay(bag, index, topic, folder / f'ros_{name}', '--ros')
            for name, topic in (('raw', raw), ('compressed', compressed))
        }
        record = {
            'data': args.name,
            'commit': commit,
            'load_at_the_start': round(load, 1),
            'cores': os.cpu_count(),
            'seconds_between_photos': args.period_s,
            'every_image': summary(first),
            'identical_files_when_run_twice': [
                name for name in DETERMINISTIC if same_bytes(first / name, second / name)
            ],
            'same_positions_from_raw_images': positions(first) == positions(pixels),
            'real_time_as_fast_as_here': summary(measured),
            f'real_time_at_{SLOW_NODE_MS}_ms': summary(slow),
            'over_ros': {
                name: {
                    **summary(out),
                    'same_positions_as_without_ros': positions(out) == positions(first),
                }
                for name, out in ros.items()
            },
        }
    write_json(args.out, record)


def replay(bag: Path, index: Path, image_topic: str, out: Path, *flags: str) -> Path:
    """Run the verb; return the folder that it wrote."""
    roles = {'camera-info': 'camera', 'heading': 'heading', 'altitude': 'altitude'}
    topics = [word for r, key in roles.items() for word in (f'--{r}-topic', TOPICS[key][0])]
    words = ('replay', bag, '--map', index, '--out', out, '--image-topic', image_topic)
    words += ('--truth-topic', TOPICS['truth'][0], *topics)
    words += ('--max-speed-m-per-s', str(MAX_SPEED_M_PER_S), *flags)
    done = subprocess.run([*VISUAL_NAVSAT, *map(str, words)])
    if not out.is_dir():  # lost images set the exit code too, and are a result
        sys.exit(f'replay ended with exit code {done.returncode}')
    return out


def summary(out: Path) -> dict:
    """Return the counts of a replay and the errors of its fixes."""
    scored = {
        kind: json.loads((out / f'evaluation_{kind}.json').read_text())
        for kind in ('fix', 'tracked')
    }
    timings = json.loads((out / 'timings.json').read_text())
    return {
        **json.loads((out / 'replay.json').read_text()),
        'seconds_per_image': timings['seconds_per_query'],
        **{
            f'{kind}_{name}': evaluation[name]
            for kind, evaluation in scored.items()
            for name in ('error_m', 'false_fixes', 'share_within_m')
        },
    }


def same_bytes(first: Path, second: Path) -> bool:
    return first.read_bytes() == second.read_bytes()


def positions(out: Path) -> list[list[str]]:
    """Return every digit of the positions that were published."""
    names = ('image', 'stamp_s', 'latitude', 'longitude', 'tracked_latitude', 'tracked_longitude')
    with (out / 'fixes.csv').open(newline='') as file:
        return [[row[name] for name in names] for row in csv.DictReader(file)]


if __name__ == '__main__':
    main()
