"""The flag --fail-if, by which a script or a build learns that a run was not good enough."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from visual_navsat.evaluation import Gate

FAILED = 3  # 1 is an error, 2 a wrong command line


def add_gate_argument(parser: argparse.ArgumentParser, more_metrics: str = '') -> None:
    """
    Add ``--fail-if``.

    :param more_metrics: a sentence about metrics that only this verb has.
    """
    parser.add_argument(
        '--fail-if',
        default='',
        metavar='LIMITS',
        help="end with exit code 3 if one of these holds, as in 'p90>20, false_fixes>0': a "
        'metric, one of > >= < <= == != and a number; parts joined by "and" must hold together. '
        'Metrics: median, p90 (metres), false_fixes, fixes, refused, availability, anees, '
        'in_95_ellipse, within_5 to within_100, recall@1 to recall@20 (shares are 0 to 1), '
        f'seconds. One that is unknown, such as the p90 of no fix, fails.{more_metrics}',
    )


def exit_code(gate: Gate, values: Mapping[str, float]) -> int:
    """Return 0, or 3 with a line that says which limit holds."""
    failures = gate.failures(values)
    if failures:
        print(f'--fail-if: {"; ".join(failures)}', file=sys.stderr)
    return FAILED if failures else 0
