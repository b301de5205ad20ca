# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Say what this machine has for visual_navsat, and mend commands for what is missing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
import dataclasses
import importlib
import json

from visual_navsat.errors import ConfigError
from visual_navsat.machine import Check, CHECKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('--json', action='store_true', help='print the checks as JSON')
    parser.add_argument(
        '--autopilot',
        metavar='ENDPOINT',
        help="check an autopilot's parameters instead: udp:HOST:PORT, tcp:HOST:PORT, "
        '/dev/NAME,BAUD',
    )
    parser.add_argument(
        '--as', dest='way', metavar='WAY', help='how bridge is to send: vision, gps, sensor, ...'
    )
    parser.add_argument(
        '--set', action='store_true', help='write the parameters that are wrong, after asking'
    )


def run(args: argparse.Namespace) -> int:
    """Print every check; 1 if something is missing without which nothing runs."""
    if args.autopilot:
        return _check_autopilot(args.autopilot, args.way, args.set)
    if args.set or args.way:
        raise ConfigError('--set and --as need --autopilot ENDPOINT')
    checks = [check() for check in CHECKS]
    can_run = not any(check.state == 'missing' for check in checks)
    if args.json:
        entries = [dataclasses.asdict(check) for check in checks]
        print(json.dumps({'can_run': can_run, 'checks': entries}, indent=2))
    else:
        for line in report_lines(checks):
            print(line)
    return 0 if can_run else 1


def _check_autopilot(endpoint: str, way: str | None, may_set: bool) -> int:
    """Print an autopilot's parameters; 1 if some are wrong and stay so."""
    # Only here: what it imports may be missing where the other checks are wanted.
    module = importlib.import_module('visual_navsat.autopilot.parameter_check')
    check = module.ParameterCheck(endpoint, way)
    try:
        for line in check.lines():
            print(line)
        wrong = check.wrong()
        if not wrong or not may_set:
            return int(bool(wrong))
        if not _is_wanted(f'write {len(wrong)} parameters to the autopilot? [y/N] '):
            return 1
        refused = check.write()
        print(f'not written: {", ".join(refused)}' if refused else 'written; reboot the autopilot')
        return int(bool(refused))
    finally:
        check.close()


def _is_wanted(question: str) -> bool:
    """Ask for a yes; where nobody can answer it is no."""
    try:
        return input(question).strip().lower() == 'y'
    except EOFError:
        print()
        return False


def report_lines(checks: Sequence[Check]) -> Iterator[str]:
    """Yield one line a check, and below it the command that mends it."""
    marks = {'ok': 'ok     ', 'absent': '-      ', 'missing': 'MISSING'}
    width = max(len(check.name) for check in checks)
    for check in checks:
        yield f'{marks[check.state]}  {check.name:{width}}  {check.found}'
        if check.remedy:
            yield f'{"":7}  {"":{width}}  -> {check.remedy}'
    missing = [check.name for check in checks if check.state == 'missing']
    yield ''
    if missing:
        yield f'cannot run: {", ".join(missing)} missing'
    else:
        yield 'visual_navsat can run here; - marks what is optional and absent'
