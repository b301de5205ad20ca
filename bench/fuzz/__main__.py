# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Fuzz every parser for a while: each input is read or refused in one line, all else is a fault.

    python -m bench.fuzz --minutes 60

Parsers take turns, each with another seed, so that a run of any length has asked all of them.
"""

from __future__ import annotations

from collections import Counter
import itertools
import json
import sys
import time
import traceback
from typing import Any

from bench.fuzz.registry import TARGETS
from bench.fuzz.target import PLAN, Target, try_input
from bench.record import add_counts, command, make_parser, measured_commit, RESULTS
from hypothesis import given, seed, settings
from visual_navsat.files import write_json

_INPUTS_PER_TURN = 300
_SHOWN = 400  # characters of an input that found a fault


def main() -> int:
    parser = make_parser(__doc__, RESULTS / 'fuzz.json')
    add_counts(parser, minutes=60.0, first_seed=1)
    parser.add_argument('--only', default='', metavar='NAME', help='parsers whose name holds this')
    args = parser.parse_args()
    chosen = [target for target in TARGETS if args.only in target.name]
    end = time.monotonic() + 60 * args.minutes
    counts: dict[str, Counter[str]] = {target.name: Counter() for target in chosen}
    faults: list[dict[str, Any]] = []
    for number, target in zip(itertools.count(args.first_seed), itertools.cycle(chosen)):
        if time.monotonic() >= end:
            break
        fault = one_turn(target, number, counts[target.name])
        if fault is not None:
            print(f'{target.name}: {fault["error"]}', file=sys.stderr, flush=True)
            faults.append(fault)
    record = {
        'commit': measured_commit(),
        'command': command('bench.fuzz', args, 'minutes', 'first_seed'),
        'inputs': sum(count.total() for count in counts.values()),
        'parsers': counts,
        'faults': faults,
    }
    write_json(args.out, record)
    print(json.dumps(record['parsers'], indent=1))
    return 1 if faults else 0


def one_turn(
    target: Target, number: int, counts: Counter[str], inputs: int = _INPUTS_PER_TURN
) -> dict[str, Any] | None:
    """Give a parser some inputs; return the first fault, made small, or None."""
    found: dict[str, Any] = {}

    @seed(number)
    @settings(PLAN, max_examples=inputs)
    @given(target.inputs)
    def ask(value: Any) -> None:
        found.update(parser=target.name, seed=number, input=repr(value)[:_SHOWN])
        counts['refused' if try_input(target, value) else 'read'] += 1

    try:
        ask()
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f'{where.filename.rpartition("/")[2]}:{where.lineno}'
        return {**found, 'error': f'{type(error).__name__} at {place}: {str(error)[:_SHOWN]}'}
    return None


if __name__ == '__main__':
    sys.exit(main())
