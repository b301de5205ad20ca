# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Replay a recorded flight over a map: a ROS bag, a video or photos."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from pathlib import Path
import sys

from visual_navsat.cli.options import (
    add_config_arguments,
    add_gate_argument,
    add_report_argument,
    check_photo_arguments,
    config_from_args,
    exit_code,
    QUERY_SETTINGS,
)
from visual_navsat.cli.recording_arguments import (
    add_recording_argument,
    add_source_arguments,
    open_from_args,
)
from visual_navsat.cli.values import check_number
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError, MissingDependencyError
from visual_navsat.evaluation import Gate, metric_values, METRICS
from visual_navsat.files import check_absent
from visual_navsat.replay.bag import Bag
from visual_navsat.replay.output import ReplayOutput
from visual_navsat.replay.recording import Recording
from visual_navsat.replay.replay_recording import Pace, replay_recording
from visual_navsat.replay.replay_report import write_replay_report
from visual_navsat.replay.results import write_results
from visual_navsat.replay.session_replay import replay_session
from visual_navsat.replay.stored_bag import is_bag
from visual_navsat.replay.truth import TruthTrack
from visual_navsat.report import check_packages
from visual_navsat.session.reader import is_session

# All that changes an answer, but for what the recording and --map say.
_SETTINGS = (*QUERY_SETTINGS, 'low_flight', 'track', 'calibration', 'node')
_NO_SETTINGS = (
    *('track.prior_lat', 'track.prior_long', 'track.prior_sigma_m'),
    *('node.map', 'node.no_fix_after_s', 'node.calibration_file', 'node.autostart'),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    add_recording_argument(parser, ', or a session, whose answers are kept as they are')
    parser.add_argument('--map', required=True, metavar='DIR', help='index made by build-map')
    parser.add_argument(
        '--out',
        metavar='DIR',
        help='write everything into this new folder: the fixes as a bag, CSV, GeoJSON, KML and '
        'GPX, the evaluation as JSON',
    )
    add_report_argument(parser, ' and a truth')
    add_gate_argument(parser)
    add_source_arguments(parser)
    _add_pace_arguments(parser)
    add_config_arguments(parser, _SETTINGS, without=_NO_SETTINGS)


def _add_pace_arguments(parser: argparse.ArgumentParser) -> None:
    pace = parser.add_argument_group(
        'pace', 'Without these every image is answered, and the results are the same every time.'
    )
    mode = pace.add_mutually_exclusive_group()
    mode.add_argument(
        '--realtime',
        action='store_true',
        help='drop the images that the node would have dropped while busy with an earlier one',
    )
    mode.add_argument(
        '--ros', action='store_true', help='play a bag to the real node, with /clock; needs ROS 2'
    )
    pace.add_argument(
        '--latency-ms',
        type=float,
        metavar='MS',
        help='with --realtime: time per image on the target computer; without it the time on '
        'this one',
    )
    pace.add_argument(
        '--rate',
        type=float,
        default=1.0,
        metavar='R',
        help='with --ros: how many times as fast as recorded (default %(default)s)',
    )
    pace.add_argument(
        '--attach',
        action='store_true',
        help='with --ros: play to a node that runs already, with use_sim_time and its inputs '
        "remapped to the bag's topics, instead of starting one",
    )


def run(args: argparse.Namespace) -> int:
    """Replay, print a summary, write results; 1 if something was lost, 3 if --fail-if holds."""
    config = config_from_args(args).replace('node.map', args.map)
    _check_numbers(args)
    # Checked before a long run.
    if args.out is not None:
        check_absent(Path(args.out))
    gate = Gate.parse(args.fail_if, METRICS)
    if args.report:
        check_packages()
    if is_session(args.recording):
        return _keep_session(args, gate, config)
    with _opened(args, config) as recording:
        truth = recording.truth()
        if truth is None and _needing_truth(args):
            raise ConfigError(
                f'{_needing_truth(args)} needs true positions: name a --truth-topic, or positions '
                'beside the video'
            )
        output = _replay(args, config, recording, truth)
        output.print()
        if args.out is not None:
            write_results(args.out, output.answers, output.documents(), config.node.altitude_m)
            print(f'written to {args.out}')
        code = 0
        if output.evaluations is not None:
            if args.report:
                write_replay_report(args.report, output, recording, args.map)
                print(f'report: {args.report}')
            code = exit_code(gate, metric_values(output.evaluation(0)))
        elif _needing_truth(args):
            print(f'no image has a true position: no {_needing_truth(args)}', file=sys.stderr)
            code = 1
    if output.damage:
        print(f'visual-navsat replay: {output.damage}', file=sys.stderr)
    return 1 if output.damage or output.counts.get('lost') else code


def _keep_session(args: argparse.Namespace, gate: Gate, config: Config) -> int:
    """Score and write what was answered in flight; 1 if the session was cut off."""
    if args.report or args.ros or args.realtime:
        flag = '--report' if args.report else '--ros' if args.ros else '--realtime'
        raise ConfigError(f'{flag} needs images, and a session holds none: replay the recording')
    output = replay_session(args.recording, args.map)
    output.print()
    if args.out is not None:
        write_results(args.out, output.answers, output.documents(), config.node.altitude_m)
        print(f'written to {args.out}')
    code = 0
    if output.evaluations is not None:
        code = exit_code(gate, metric_values(output.evaluation(0)))
    elif args.fail_if:
        raise ConfigError('--fail-if needs true positions, and this session has none')
    if output.damage:
        print(f'visual-navsat replay: {output.damage}', file=sys.stderr)
    return 1 if output.damage else code


def _check_numbers(args: argparse.Namespace) -> None:
    if args.latency_ms is not None and not args.realtime:
        raise ConfigError('--latency-ms needs --realtime')
    check_number(args, '--latency-ms', 0, unit='milliseconds')
    check_number(args, '--rate', 0, is_open=True)
    if (args.attach or args.rate != 1) and not args.ros:
        raise ConfigError('--attach and --rate need --ros')
    check_photo_arguments(args)


def _needing_truth(args: argparse.Namespace) -> str:
    """Return a given flag that needs a truth; empty without one."""
    return '--report' if args.report else '--fail-if' if args.fail_if else ''


def _opened(args: argparse.Namespace, config: Config) -> AbstractContextManager[Recording]:
    path = Path(args.recording)
    if args.ros and path.exists() and not is_bag(path):
        raise ConfigError(f'--ros plays bags: replay {path} without it')
    return open_from_args(args, config)


def _replay(
    args: argparse.Namespace, config: Config, recording: Recording, truth: TruthTrack | None
) -> ReplayOutput:
    if not isinstance(recording, Bag) or not args.ros:
        latency_s = None if args.latency_ms is None else args.latency_ms / 1e3
        pace = Pace(args.realtime, latency_s)
        return replay_recording(recording, truth, config, pace, args.hfov_deg)
    try:
        from visual_navsat.ros.bag_replay import Playing, replay_over_ros  # noqa: PLC0415 (ROS)
    except ImportError as error:
        raise MissingDependencyError(
            f'--ros needs ROS 2 ({error}): source a ROS distribution, or pip install '
            "'visual_navsat[ros]'"
        ) from error
    playing = Playing(args.rate, args.attach, args.hfov_deg)
    return replay_over_ros(recording, truth, config, playing)
