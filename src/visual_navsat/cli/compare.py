# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Compare two runs over the same images, written by evaluate --json or replay, or sessions."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence

from visual_navsat.cli.options import add_gate_argument, add_report_argument, exit_code
from visual_navsat.errors import ConfigError
from visual_navsat.evaluation import (
    compare_runs,
    Gate,
    metric_values,
    METRICS,
    named_apart,
    PairedComparison,
    read_run,
    RunRecord,
)
from visual_navsat.evaluation.metrics import metric_rows
from visual_navsat.evaluation.paired import verdict_lines
from visual_navsat.evaluation.scored_answer import none_if_nan
from visual_navsat.files import write_json
from visual_navsat.replay.session_replay import session_run, with_names_of
from visual_navsat.report import check_packages, sources_from_folders, write_comparison
from visual_navsat.session.reader import is_session

_TESTS = ('p_errors', 'p_within_25')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        'first', metavar='A.json', help='the run to compare with; or a session, with --map'
    )
    parser.add_argument('second', metavar='B.json', help='the run to judge')
    parser.add_argument('--json', metavar='FILE', help='write the figures and the tests here')
    add_report_argument(parser)
    parser.add_argument(
        '--map', metavar='DIR', help='index that was used, for the page and for sessions'
    )
    parser.add_argument('--images', metavar='DIR', help='folder of query images, for the page')
    parser.add_argument(
        '--seed', type=int, default=0, metavar='S', help='seed of the permutations (default 0)'
    )
    add_gate_argument(
        parser,
        ' Metrics are those of B; delta_ before one is B less A, as in delta_p90>2; p_errors '
        'and p_within_25 are the p-values of the two tests: '
        "'delta_median>0 and p_errors<0.05'.",
    )


def run(args: argparse.Namespace) -> int:
    """Print both runs and the tests; 3 if --fail-if holds."""
    changes = (f'delta_{name}' for name in METRICS)
    gate = Gate.parse(args.fail_if, [*METRICS, *changes, *_TESTS])
    if args.report:
        check_packages()
    runs = named_apart(*_read_runs(args.first, args.second, args.map))
    paired = compare_runs(*runs, args.seed)
    for line in comparison_lines(runs, paired):
        print(line)
    first, second = (metric_values(run.summary) for run in runs)
    values = gate_values(first, second, paired)
    if args.json:
        content = {
            'first': {name: none_if_nan(value) for name, value in first.items()},
            'second': {name: none_if_nan(value) for name, value in second.items()},
            'paired': paired.to_json(),
            'seed': args.seed,
        }
        write_json(args.json, content)
    if args.report:
        write_comparison(args.report, *runs, paired, sources_from_folders(args.map, args.images))
        print(f'report: {args.report}')
    return exit_code(gate, values)


def _read_runs(first: str, second: str, map_dir: str | None) -> tuple[RunRecord, RunRecord]:
    """Return both; the images of a session are called as those of the other run."""
    are_sessions = is_session(first), is_session(second)
    if any(are_sessions) and map_dir is None:
        raise ConfigError('a session is judged by its map: name it with --map DIR')
    one, two = (
        session_run(path, map_dir or '') if is_flown else read_run(path)
        for path, is_flown in zip((first, second), are_sessions, strict=True)
    )
    return (with_names_of(one, two) if are_sessions[0] else one), (
        with_names_of(two, one) if are_sessions[1] else two
    )


def comparison_lines(runs: Sequence[RunRecord], paired: PairedComparison) -> Iterator[str]:
    """Yield a table of both runs' figures, then what the tests say."""
    names = [run.name for run in runs]
    widths = [max(12, len(name)) for name in names]
    yield f'{"":<29}{names[0]:>{widths[0]}}  {names[1]:>{widths[1]}}  {"change":>14}'
    for label, *values, change, mood in metric_rows(*(run.summary for run in runs)):
        first, second = (f'{v:>{width}}' for v, width in zip(values, widths, strict=True))
        yield f'{label:<29}{first}  {second}  {change:>14}  {mood}'.rstrip()
    yield ''
    yield from verdict_lines(paired, runs)


def gate_values(
    first: Mapping[str, float], second: Mapping[str, float], paired: PairedComparison
) -> dict[str, float]:
    """Return what ``--fail-if`` can name: the second run's figures, changes, and p-values."""
    return {
        **second,
        **{f'delta_{name}': second[name] - first[name] for name in second},
        'p_errors': paired.errors.p_value,
        'p_within_25': paired.shares.p_value,
    }
