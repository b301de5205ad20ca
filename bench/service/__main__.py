# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Measure the service: its search, many clients, kills, hostile uploads, memory.

    python -m bench.service
    python -m bench.service --only load --seconds 20

In full it takes hours, most of them for the memory; run it on an idle machine. What was measured
before stays in the record, each row with the commit and the machine that it was measured on.
"""

from __future__ import annotations

from collections.abc import Callable
import json
import os
from pathlib import Path
import sys
import tempfile
from typing import Any

from bench.record import add_counts, command, make_parser, measured_commit, RESULTS
from bench.report import describe_machine
from bench.service.hostile import measure_hostile
from bench.service.kills import measure_kills
from bench.service.load import measure_load
from bench.service.memory import measure_memory
from bench.service.search import measure_all
from visual_navsat.files import write_json

_COUNTS = {'seconds': 120, 'kills': 50, 'hostile': 200, 'uploads': 10_000, 'searches': 50_000}


def main() -> None:
    """Measure one after the other; each is in the record as soon as it is done."""
    parser = make_parser(__doc__ or '', RESULTS / 'service.json')
    add_counts(parser, **_COUNTS)
    rows = ('search', 'load', 'kills', 'hostile', 'memory')
    parser.add_argument('--only', choices=rows, help='measure one of them')
    args = parser.parse_args()
    measures: dict[str, Callable[[Path], Any]] = {
        'search': lambda _: measure_all(),
        'load': lambda scratch: measure_load(scratch, args.seconds),
        'kills': lambda scratch: measure_kills(scratch, args.kills),
        'hostile': lambda scratch: measure_hostile(scratch, args.hostile),
        'memory': lambda scratch: measure_memory(scratch, args.uploads, args.searches),
    }
    about: dict[str, Any] = {
        'commit': measured_commit(),
        'command': command('bench.service', args, *_COUNTS)
        + (f' --only {args.only}' if args.only else ''),
        'machine': describe_machine(),
        'load_before': os.getloadavg()[0],  # before we are its load
    }
    record = json.loads(args.out.read_text(encoding='utf-8')) if args.out.exists() else {}
    for name, measure in measures.items():
        if args.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            record[name] = {**about, 'result': measure(Path(scratch))}
        print(name, record[name]['result'], file=sys.stderr, flush=True)
        write_json(args.out, record)


if __name__ == '__main__':
    main()
