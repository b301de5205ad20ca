# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
CPU of the bridge's node beside a node that takes the same odometry and does nothing with it.

A fake autopilot speaks by UDP, fixes come twice a second, odometry 50 times. All nodes run at the
same time and each counts its own CPU, so that all meet the same machine.

    python -m bench.bridge_cpu --seconds 30 --odometry-hz 50
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, ExitStack
import json
import os
from pathlib import Path
import tempfile
import threading
import time
from typing import Any

from bench.record import add_counts, command, make_parser, measured_commit, RESULTS, rounded
from nav_msgs.msg import Odometry
import numpy as np
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import NavSatFix
from std_msgs.msg import Header
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.transport import UdpTransport
from visual_navsat.files import write_json
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.ros.conversions import fix_message, stamp_message
from visual_navsat.ros.node_process import BridgeProcess, keep_ros_on_this_machine, NodeProcess
from visual_navsat_sim.autopilot.fake_autopilot import FakeAutopilot
from visual_navsat_sim.autopilot.served_autopilot import ServedAutopilot
from visual_navsat_sim.autopilot.wind_flight import WindFlight
from visual_navsat_sim.fly.endpoint import free_udp_port

_HOME = Origin(47.4, 8.5, 400.0)
_ON = {'EKF2_AGP0_CTRL': 1.0, 'EKF2_AGP0_ID': 1.0, 'EKF2_AGP0_GATE': 5.0}
_FIX_HZ = 2.0
_WARM_UP_S = 8.0  # imports, discovery, the first requests


class _BareProcess(NodeProcess):
    program = ('-m', 'bench.bridge_cpu.bare_listener')


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'bridge_cpu.json')
    add_counts(parser, seconds=30.0, odometry_hz=50.0)
    args = parser.parse_args()
    record = {
        'command': command('bench.bridge_cpu', args, 'seconds', 'odometry_hz'),
        'commit': measured_commit(),
        'cores': measure(args.seconds, args.odometry_hz),
    }
    bare = record['cores']['bare_listener']
    record['times_bare'] = {what: rounded(share / bare) for what, share in record['cores'].items()}
    write_json(args.out, record)
    print(json.dumps(record, indent=1))


def measure(seconds: float, odometry_hz: float) -> dict[str, float | None]:
    """Return the share of a core that each node takes while odometry and fixes come."""
    keep_ros_on_this_machine()
    rclpy.init()
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch)
        nodes: dict[str, NodeProcess] = {'bare_listener': _BareProcess({}, folder / 'bare.txt')}
        stack.callback(nodes['bare_listener'].stop)
        for motion in ('autopilot', 'odometry'):
            name = f'bridge_motion_{motion}'
            nodes[name], flight = stack.enter_context(_flown_bridge(folder, motion))
        stack.enter_context(_published(flight, odometry_hz))
        time.sleep(_WARM_UP_S)
        before, started = {n: _cpu_s(p.pid) for n, p in nodes.items()}, time.monotonic()
        time.sleep(seconds)
        elapsed_s = time.monotonic() - started
        for process in nodes.values():
            process.check_alive()
        return {n: rounded((_cpu_s(p.pid) - before[n]) / elapsed_s) for n, p in nodes.items()}


@contextmanager
def _flown_bridge(folder: Path, motion: str) -> Iterator[tuple[BridgeProcess, WindFlight]]:
    """Yield a bridge in a closed loop with a fake autopilot, and the flight of that."""
    port = free_udp_port()
    autopilot = FakeAutopilot('px4', WindFlight(1), _HOME)
    autopilot.parameters |= _ON
    settings = {
        'autopilot': 'px4',
        'connect': f'udp:127.0.0.1:{port}',
        'loop': 'closed',
        'motion': motion,
    }
    process = BridgeProcess(settings, folder / f'{motion}.txt')
    try:
        with ServedAutopilot(autopilot, UdpTransport('127.0.0.1', port, does_listen=False)):
            yield process, autopilot.flight
    finally:
        process.stop()


@contextmanager
def _published(flight: WindFlight, odometry_hz: float) -> Iterator[None]:
    """Publish odometry and fixes of a flight from a thread."""
    ended = threading.Event()
    node = Node('source')
    odometry = node.create_publisher(Odometry, 'odom', 10)
    fixes = node.create_publisher(NavSatFix, 'localizer/fix', 10)

    def publish() -> None:
        begun, ticks = time.monotonic(), 0
        while not ended.wait(max(begun + ticks / odometry_hz - time.monotonic(), 0.0)):
            ticks += 1
            east_north_m, stamp_ns = np.array(flight.position_en_m), time.time_ns()
            odometry.publish(_odometry(east_north_m, stamp_ns))
            if ticks % round(odometry_hz / _FIX_HZ) == 0:
                fixes.publish(_fix(east_north_m, stamp_ns))

    thread = threading.Thread(target=publish, daemon=True)
    thread.start()
    yield
    ended.set()
    thread.join()
    node.destroy_node()


def _odometry(east_north_m: np.ndarray, stamp_ns: int) -> Odometry:
    message = Odometry(header=Header(stamp=stamp_message(stamp_ns), frame_id='odom'))
    position = message.pose.pose.position
    position.x, position.y = map(float, east_north_m)
    return message


def _fix(east_north_m: np.ndarray, stamp_ns: int) -> Any:
    lat, long = _HOME.geodetic_from_ned(float(east_north_m[1]), float(east_north_m[0]))
    position = PositionEstimate.from_horizontal(lat, long, 9.0 * np.eye(2), 10.0)
    return fix_message(Header(stamp=stamp_message(stamp_ns), frame_id='camera'), position, 0.0)


def _cpu_s(pid: int) -> float:
    """Return the seconds of CPU that a process has taken, in user and kernel mode."""
    columns = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rpartition(')')[2].split()
    return (int(columns[11]) + int(columns[12])) / os.sysconf('SC_CLK_TCK')


if __name__ == '__main__':
    main()
