"""
Measure the localizer on real photos over a real map, and record what was run.

The folder holds map/ and map.csv, queries/ and queries.csv. Nothing may be tuned on it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.photos_over_ros import publish_photos
from visual_navsat.cli.queries_csv import read_queries

CONDITIONS = {
    'heading and GSD known': [],
    'neither known': ['--ignore', 'heading,gsd'],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', required=True, metavar='DIR', type=Path)
    parser.add_argument('--truth-columns', default='Latitude,Longitude', metavar='LAT,LON')
    parser.add_argument('--name', required=True, help='what the data is called in the record')
    parser.add_argument('--out', required=True, metavar='FILE', type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        index = Path(scratch) / 'index'
        data = args.data
        navsat(
            'build-map', '--images', data / 'map', '--metadata', data / 'map.csv', '--out', index
        )
        runs = []
        for what, flags in CONDITIONS.items():
            result = Path(scratch) / 'result.json'
            navsat(
                *('evaluate', '--map', index, '--images', data / 'queries'),
                *('--queries', data / 'queries.csv', '--truth-columns', args.truth_columns),
                *('--json', result, *flags),
            )
            runs.append({'what': what, 'result': json.loads(result.read_text())})
        columns = tuple(args.truth_columns.split(','))
        queries = read_queries(data / 'queries.csv', data / 'queries', columns)
        over_ros = publish_photos(index, queries, Path(scratch) / 'localizer.log')
    record = {
        'data': args.name,
        'commit': commit(),
        'command': f'python -m bench.real_photos --data DIR --truth-columns {args.truth_columns}',
        'runs': runs,
        'published_as_ros_images': over_ros,
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(record, indent=1) + '\n')


def navsat(*words) -> None:
    """Run one verb of the command line."""
    subprocess.run([sys.executable, '-m', 'visual_navsat.cli.main', *map(str, words)], check=True)


def commit() -> str:
    """Return the commit that is measured; it must be all that is there."""
    changed = subprocess.run(
        ['git', 'status', '--porcelain', '--untracked-files=no'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if changed.strip():
        sys.exit('there are uncommitted changes: commit first, so that the record names what ran')
    head = ['git', 'rev-parse', '--short', 'HEAD']
    return subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == '__main__':
    main()
