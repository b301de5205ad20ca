# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Fly a simulated vehicle on nothing but its own images: node, bridge and autopilot in a loop."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from visual_navsat.autopilot.target import find_target
from visual_navsat.cli.values import check_number
from visual_navsat.errors import MissingDependencyError
from visual_navsat.files import check_absent, write_json
from visual_navsat.report.plotting import matplotlib_module
from visual_navsat.session.reader import read_session
from visual_navsat_sim.fly.figure import save_figure
from visual_navsat_sim.fly.pauses import Pause
from visual_navsat_sim.fly.route import ROUTES
from visual_navsat_sim.fly.summary import summarise

_WAYS = ('vision', 'odometry', 'gps', 'sensor')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        '--out', default='out/fly-sim', metavar='DIR', help='folder for the results (%(default)s)'
    )
    parser.add_argument(
        '--session',
        metavar='FILE',
        help='write the session here, a new file (default: session.jsonl in --out)',
    )
    parser.add_argument(
        '--autopilot',
        choices=('ardupilot', 'px4'),
        default='ardupilot',
        help='which one is flown by the simulator itself (%(default)s)',
    )
    parser.add_argument(
        '--connect',
        metavar='ENDPOINT',
        help='fly a real autopilot in simulation instead, such as tcp:127.0.0.1:5760 or '
        'udp:0.0.0.0:14540; it must stand on the ground, disarmed',
    )
    parser.add_argument(
        '--as', dest='way', choices=_WAYS, help="the bridge's message (default: the usual)"
    )
    _add_flight(parser)


def _add_flight(parser: argparse.ArgumentParser) -> None:
    flight = parser.add_argument_group('flight')
    where = flight.add_mutually_exclusive_group()
    where.add_argument('--course', choices=ROUTES, default='square', help='(%(default)s)')
    where.add_argument(
        '--route',
        metavar='FILE',
        help='fly this instead: .plan, .waypoints, KML, GPX, GeoJSON, CSV',
    )
    flight.add_argument('--height-m', type=float, default=120.0, metavar='M', help='(%(default)s)')
    flight.add_argument('--speed-m-s', type=float, default=8.0, metavar='V', help='(%(default)s)')
    flight.add_argument(
        '--gnss-s', type=float, default=10.0, metavar='S', help='with GNSS at first (%(default)s)'
    )
    flight.add_argument(
        '--seconds', type=float, default=120.0, metavar='S', help='without it (%(default)s)'
    )
    flight.add_argument(
        '--rate', type=float, default=1.0, metavar='HZ', help='photos per second (%(default)s)'
    )
    flight.add_argument(
        '--size-m', type=float, default=612.0, metavar='M', help='side of the map (%(default)s)'
    )
    flight.add_argument(
        '--slower',
        type=float,
        default=1.0,
        metavar='K',
        help='let time pass K times slower, on a computer that does not keep up (%(default)s); '
        'with --connect to ArduPilot by its SIM_SPEEDUP',
    )
    flight.add_argument(
        '--pause',
        action='append',
        default=[],
        metavar='AT,SECONDS',
        help='let the localizer stand still AT seconds after GNSS was lost; as often as wanted',
    )
    flight.add_argument('--seed', type=int, default=7, metavar='S', help='of world and wind (7)')


def run(args: argparse.Namespace) -> int:
    """Fly and report; 1 if the estimator was lost for good."""
    try:
        from visual_navsat_sim.fly.closed_loop import fly  # noqa: PLC0415 (ROS is optional)
    except ImportError as error:
        raise MissingDependencyError(
            f'fly-sim needs ROS 2 ({error}): source a ROS distribution, or run make venv'
        ) from error
    _check(args)
    matplotlib_module()
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    session_file = Path(args.session or out / 'session.jsonl')
    if args.session is None:
        session_file.unlink(missing_ok=True)
    check_absent(session_file)
    flown = fly(args, out, session_file)
    session = read_session(session_file)
    summary: dict[str, Any] = {**flown, **summarise(session)}
    write_json(out / 'summary.json', summary, indent=1)
    save_figure(out / 'flight.png', session, _title(summary))
    for line in _lines(summary):
        print(line)
    print(f'   Look at {out}/flight.png; numbers in {out}/summary.json, all in {session_file}')
    return 0


def _check(args: argparse.Namespace) -> None:
    check_number(args, '--height-m', 30.0, 500.0, 'metres')
    check_number(args, '--speed-m-s', 0.5, 30.0, 'm/s')
    check_number(args, '--gnss-s', 0.0, 3600.0, 'seconds')
    check_number(args, '--seconds', 1.0, 36_000.0, 'seconds')
    check_number(args, '--rate', 0.05, 20.0, 'Hz')
    check_number(args, '--size-m', 300.0, 5000.0, 'metres')
    check_number(args, '--slower', 1.0, 100.0)
    for text in args.pause:
        Pause.parse(text)
    if args.connect is None:
        find_target(args.autopilot, args.way)


def _title(summary: dict[str, Any]) -> str:
    error_m, fixes_m = summary['estimator_error_m'], summary['fix_error_m']
    return (
        f'{summary["autopilot"]}, {summary["seconds_without_gnss"]:.0f} s and '
        f'{summary["way_m"]:.0f} m without GNSS: the estimator is off by '
        f'{error_m["median"]} m (95 %: {error_m["p95"]} m), fixes by {fixes_m["median"]} m'
    )


def _lines(summary: dict[str, Any]) -> list[str]:
    error_m, gaps = summary['estimator_error_m'], summary['gaps']
    return [
        f'4. {_title(summary)}',
        f'   {summary["images_answered"]} images answered, {summary["fixes"]} fixes; at most '
        f'{error_m["max"]} m off; {gaps["count"]} gaps over {gaps["longer_than_s"]:g} s, '
        f'{summary["resets"]} resets, {summary["failsafes"]} failsafes',
    ]
