# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Carry fixes to an autopilot's EKF, and say whether it follows them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
import json
from pathlib import Path
import queue
import sys
import threading
import time

from visual_navsat.autopilot.answer_line import parse_answer
from visual_navsat.autopilot.bridge import Bridge, BridgeConfig
from visual_navsat.autopilot.health_facts import State
from visual_navsat.autopilot.link import Link
from visual_navsat.autopilot.runner import Runner
from visual_navsat.autopilot.settings import LOOPS
from visual_navsat.autopilot.target import AUTOPILOTS, find_target, MAVLINK_WAYS
from visual_navsat.autopilot.transport import Endpoint
from visual_navsat.cli.values import check_number
from visual_navsat.errors import ConfigError, reason_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument('--autopilot', required=True, choices=AUTOPILOTS)
    parser.add_argument(
        '--connect',
        required=True,
        metavar='ENDPOINT',
        help='udp:HOST:PORT (listens), udpout:HOST:PORT, tcp:HOST:PORT or /dev/NAME,BAUD',
    )
    parser.add_argument(
        '--as',
        dest='way',
        choices=MAVLINK_WAYS,
        help='the message: vision, odometry, gps or command of ArduPilot, sensor or command of '
        'PX4 (default: the first)',
    )
    parser.add_argument(
        '--loop',
        choices=LOOPS,
        default='off',
        help="off sends no position and scores; open sends the autopilot's own GNSS down the same "
        'path; closed sends the fixes (default %(default)s)',
    )
    parser.add_argument(
        '--answers',
        default='-',
        metavar='FILE',
        help='fixes, one JSON object a line: stamp_ns, latitude, longitude, covariance_enu_m2; '
        '- is standard input (default %(default)s)',
    )
    parser.add_argument(
        '--rate-hz', type=float, metavar='R', help='positions a second (default 4; as gps 5)'
    )
    parser.add_argument(
        '--seconds', type=float, metavar='S', help='end after so long; without it when asked to'
    )
    parser.add_argument(
        '--no-set-origin',
        action='store_true',
        help='never set the origin of an EKF that has none',
    )


def run(args: argparse.Namespace) -> int:
    """Bridge until the time is over or somebody ends it; print each change and the score."""
    check_number(args, '--rate-hz', 0.5, 40.0, 'Hz')
    check_number(args, '--seconds', 0.0, unit='seconds')
    target = find_target(args.autopilot, args.way)
    link = Link(Endpoint.parse(args.connect))
    config = BridgeConfig(args.loop, args.rate_hz, may_set_origin=not args.no_set_origin)
    bridge = Bridge(link, target, config)
    lines = _start_reading(args.answers)
    try:
        _go_on(bridge, lines, args.seconds)
    except KeyboardInterrupt:
        pass
    finally:
        link.close()
    print(json.dumps({'loop': args.loop, **bridge.score.values()}))
    return 0


def _go_on(bridge: Bridge, lines: queue.SimpleQueue[str], seconds: float | None) -> None:
    runner = Runner(bridge, ChangedStates().show)
    started = time.monotonic()
    while seconds is None or time.monotonic() - started < seconds:
        while not lines.empty():
            _offer(runner, lines.get())
        runner.turn()


class ChangedStates:
    """Print states when others hold than before."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def show(self, states: Sequence[State], now_ns: int) -> None:
        """Take all states of now."""
        names = [state.name for state in states]
        if names != self._names:
            self._names = names
            for line in state_lines(states):
                print(line, flush=True)


def state_lines(states: Iterable[State]) -> list[str]:
    """Return the states for people."""
    return [f'{state.level:5} {state.name}: {state.line}' for state in states]


def _offer(runner: Runner, line: str) -> None:
    try:
        position, stamp_ns = parse_answer(line)
    except ConfigError as error:
        print(f'ignored: {error}', file=sys.stderr)
        return
    runner.submit(lambda bridge, now_ns: bridge.offer(position, stamp_ns, now_ns))


def _start_reading(name: str) -> queue.SimpleQueue[str]:
    """Return a queue that a thread fills with the lines of a file or of standard input."""
    try:
        stream = sys.stdin if name == '-' else Path(name).open(encoding='utf-8')  # noqa: SIM115
    except OSError as error:
        raise ConfigError(f'cannot read --answers {name}: {reason_of(error)}') from error
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in stream:
            if line.strip():
                lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    return lines
