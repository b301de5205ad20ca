# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Try images that nobody should be located by: what is published, and what is refused and how.

    python -m bench.hostile --images 10000

The map is 0.36 km2 of a procedural world; photos are of other days. A fix is false if it lies more
than 50 m from every place that the image shows, so a fix of an image that shows none always is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
import json
import multiprocessing
import os
from pathlib import Path
import random
import sys
import tempfile
import time
from typing import Any

from bench.hostile.kinds import KINDS
from bench.hostile.scene import Scene
from bench.hostile.trial import Outcome, try_image
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS, run_verb
from visual_navsat.files import write_json

_ALL = 10_000


def main() -> int:
    parser = make_parser(__doc__, RESULTS / 'hostile.json')
    add_counts(parser, images=_ALL, minutes=600.0, first_seed=0)
    parser.add_argument('--pictures', type=Path, metavar='DIR', help='folder for false images')
    parser.add_argument('--processes', type=int, metavar='N', help='default: one per core')
    parser.add_argument('--only', default='', metavar='KIND', help='kinds whose name holds this')
    args = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = '1'  # one process per core is faster than threads
    commit, started = measured_commit(), time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        run_verb('build-map', *Scene().write_map(Path(scratch)), '--out', Path(scratch) / 'index')
        tasks = [
            (Path(scratch) / 'index', name, number, args.first_seed, args.pictures)
            for name, (count, _) in KINDS.items()
            if args.only in name
            for number in range(max(1, round(count * args.images / _ALL)))
        ]
        # A run that its minutes end has tried all kinds alike.
        random.Random(args.first_seed).shuffle(tasks)
        end = started + 60 * args.minutes
        with multiprocessing.get_context('spawn').Pool(args.processes or os.cpu_count()) as pool:
            answered = pool.imap_unordered(try_image, tasks, chunksize=4)
            outcomes = list(_watched(answered, len(tasks), end))
    record = {
        'commit': commit,
        'command': command('bench.hostile', args, 'images', 'minutes', 'first_seed'),
        'minutes': round((time.monotonic() - started) / 60, 1),
        **_summary(outcomes),
    }
    write_json(args.out, record)
    print(json.dumps({k: v for k, v in record.items() if k != 'kinds'}, indent=1))
    return 1 if record['false_fixes'] or record['faults'] else 0


def _watched(outcomes: Iterator[Outcome], total: int, end: float) -> Iterator[Outcome]:
    for number, outcome in enumerate(outcomes, start=1):
        if outcome.is_false or outcome.is_fault:
            print(outcome, file=sys.stderr, flush=True)
        if number % 200 == 0:
            print(f'{number} of {total}', file=sys.stderr, flush=True)
        yield outcome
        if time.monotonic() > end:
            return


def _summary(outcomes: list[Outcome]) -> dict[str, Any]:
    bad = sorted((o for o in outcomes if o.is_false or o.is_fault), key=lambda o: o.kind)
    kinds = {}
    for name in dict.fromkeys(outcome.kind for outcome in outcomes):
        of_kind = [outcome for outcome in outcomes if outcome.kind == name]
        kinds[name] = {
            'images': len(of_kind),
            'false_fixes': sum(outcome.is_false for outcome in of_kind),
            'answers': dict(Counter(outcome.said for outcome in of_kind).most_common()),
        }
    return {
        'images': len(outcomes),
        'of_the_map': sum(outcome.on_map for outcome in outcomes),
        'fixes': sum(outcome.said == 'fix' for outcome in outcomes),
        'fixes_of_images_off_the_map': sum(o.said == 'fix' and not o.on_map for o in outcomes),
        'false_fixes': sum(outcome.is_false for outcome in outcomes),
        'faults': sum(outcome.is_fault for outcome in outcomes),
        'bad': [asdict(outcome) for outcome in bad],
        'kinds': dict(sorted(kinds.items())),
    }


if __name__ == '__main__':
    sys.exit(main())
