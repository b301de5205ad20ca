# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Say what this machine has for visual_navsat, and mend commands for what is missing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
import dataclasses
import json

from visual_navsat.machine import Check, CHECKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('--json', action='store_true', help='print the checks as JSON')


def run(args: argparse.Namespace) -> int:
    """Print every check; 1 if something is missing without which nothing runs."""
    checks = [check() for check in CHECKS]
    can_run = not any(check.state == 'missing' for check in checks)
    if args.json:
        entries = [dataclasses.asdict(check) for check in checks]
        print(json.dumps({'can_run': can_run, 'checks': entries}, indent=2))
    else:
        for line in report_lines(checks):
            print(line)
    return 0 if can_run else 1


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
