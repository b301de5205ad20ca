# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Find what compass, height and camera mount are off, by a flight with GNSS over a map."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
import sys

from visual_navsat.cli.options import (
    add_config_arguments,
    check_photo_arguments,
    config_from_args,
    QUERY_SETTINGS,
)
from visual_navsat.cli.recording_arguments import (
    add_recording_argument,
    add_source_arguments,
    open_from_args,
)
from visual_navsat.cli.values import check_number
from visual_navsat.files import write_text
from visual_navsat.replay.calibrate_recording import (
    Bias,
    calibrate_recording,
    RecordingCalibration,
)
from visual_navsat.replay.learn_calibration import LearnedCalibration

_SETTINGS = (*QUERY_SETTINGS, 'low_flight', 'calibration', 'node')
_NO_SETTINGS = (
    *('calibration.learn', 'node.map', 'node.calibration_file', 'node.no_fix_after_s'),
    *('node.autostart', 'node.exit_on_failure'),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    add_recording_argument(parser)
    parser.add_argument('--map', required=True, metavar='DIR', help='index made by build-map')
    parser.add_argument(
        '--out',
        metavar='FILE.yaml',
        help='write what is significant here: parameters of the node, and a --config of locate, '
        'evaluate and replay',
    )
    parser.add_argument(
        '--truth-sigma-m',
        type=float,
        default=2.0,
        metavar='S',
        help='standard deviation of the GNSS positions along each axis in metres, beside what is '
        'the same in all of them (default %(default)s)',
    )
    add_source_arguments(parser)
    add_config_arguments(parser, _SETTINGS, without=_NO_SETTINGS)


def run(args: argparse.Namespace) -> int:
    """Calibrate, print what was found and write it; 1 if the recording is damaged."""
    config = config_from_args(args).replace('node.map', args.map)
    check_photo_arguments(args)
    check_number(args, '--truth-sigma-m', 0, 100, 'metres')
    with open_from_args(args, config) as recording:
        found = calibrate_recording(recording, config, args.truth_sigma_m, args.hfov_deg)
    for line in _lines(found):
        print(line)
    if args.out:
        write_text(Path(args.out), found.learned.state.yaml())
        print(f'written to {args.out}')
    if found.damage:
        print(f'visual-navsat calibrate: {found.damage}', file=sys.stderr)
    return int(bool(found.damage))


def _lines(found: RecordingCalibration) -> Iterator[str]:
    learned, estimate = found.learned, found.learned.state.estimate
    yield from found.notes
    yield f'{found.recording}: {estimate.matches} matches, {estimate.outliers} left out'
    if learned.since:
        yield (
            f'what was learned did not last: from {learned.since} on it is another, and all that '
            'follows is about these images'
        )
    yield ''
    yield from _table(learned, found.first)
    (east_m, north_m), (east_sigma, north_sigma) = learned.map_less_gnss_m, learned.map_sigmas_m
    yield (
        f'map less GNSS: {east_m:.1f} +- {east_sigma:.1f} m east, '
        f'{north_m:.1f} +- {north_sigma:.1f} m north'
    )
    yield ''
    counts = f'{"images":>8}{"fixes":>8}{"far off":>9}'
    yield f'{"position":<10}{counts}{"right":>9}{"up":>9}{"median":>10}'
    yield _bias_line('before', found.before)
    if found.after is not None:
        yield _bias_line('corrected', found.after)
    else:
        yield 'nothing is significant: nothing is corrected'


def _table(learned: LearnedCalibration, first: LearnedCalibration | None) -> Iterator[str]:
    """Yield a line for each value; beside it what the pass before told, if there were two."""
    before = list(first.state.quantities) if first else []
    title = f'{"first pass":>12}' if first else ''
    yield f'{"":<20}{title}{"value":>10}{"sigma":>10}{"sigmas off":>12}{"corrected":>11}'
    for number, one in enumerate(learned.state.quantities):
        value, sigma, setting = (
            f'{number:.{one.digits}f}' for number in (one.value, one.sigma, one.setting)
        )
        told = f'{before[number].value:>12.{one.digits}f}' if first else ''
        yield f'{one.name:<20}{told}{value:>10}{sigma:>10}{one.significance:>12.1f}{setting:>11}'


def _bias_line(what: str, bias: Bias) -> str:
    counts = f'{bias.images:>8}{bias.fixes:>8}{bias.far_off:>9}'
    return f'{what:<10}{counts}{bias.right_m:>7.1f} m{bias.up_m:>7.1f} m{bias.median_m:>8.1f} m'
