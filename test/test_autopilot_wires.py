# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A bridge and the fake autopilot on a real serial line and UDP port, and what befalls those."""

import os
import select
import socket
import time
import tty

import _needs_pymavlink  # noqa: F401
import pytest
from rehearsed_flight import place, switched_on
from visual_navsat.autopilot.bridge import Bridge, BridgeConfig
from visual_navsat.autopilot.dialect import Dialect
from visual_navsat.autopilot.link import Link
from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.autopilot.runner import Runner
from visual_navsat.autopilot.target import find_target
from visual_navsat.autopilot.transport import Endpoint, UdpTransport
from visual_navsat_sim.autopilot.served_autopilot import ServedAutopilot
from visual_navsat_sim.fly.endpoint import free_udp_port

TIMEOUT_S = 60.0  # for whatever is waited for, on a machine that may be busy


class SerialEnd:
    """The autopilot's end of a serial line: a pseudo terminal that is plugged in at a path."""

    def __init__(self, device):
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._device = device
        device.symlink_to(os.ttyname(self._slave))

    def read(self, timeout_s):
        ready = select.select([self._master], [], [], timeout_s)[0]
        return os.read(self._master, 65536) if ready else b''

    def write(self, data):
        os.write(self._master, data)

    def peers(self):
        return []

    def close(self):
        """Unplug it."""
        os.close(self._slave)
        os.close(self._master)
        self._device.unlink()


class Flight:
    """A bridge that is turned, with a fix of the truth twice a second."""

    def __init__(self, autopilot, endpoint):
        self._autopilot = autopilot
        self.link = Link(Endpoint.parse(endpoint))
        self.bridge = Bridge(self.link, find_target(autopilot.kind), BridgeConfig(loop='closed'))
        self._states = []
        self._runner = Runner(self.bridge, self._look)
        self._offered_at = 0.0

    def _offer(self, bridge, now_ns):
        bridge.offer(place(self._autopilot.flight.position_en_m), now_ns, now_ns)

    def _look(self, states, now_ns):
        self._states = states

    def wait_for(self, name, is_only=False):
        """Return the state of this name; with ``is_only`` no other may hold."""
        ends_at = time.monotonic() + TIMEOUT_S
        while True:
            names = [state.name for state in self._states]
            if name in names and (not is_only or len(names) == 1):
                return self._states[names.index(name)]
            assert time.monotonic() < ends_at, (name, self._states)
            if time.monotonic() - self._offered_at > 0.5:
                self._offered_at = time.monotonic()
                self._runner.submit(self._offer)
            self._runner.turn()


def test_a_serial_line_that_is_unplugged_in_flight_and_back(tmp_path):
    pytest.importorskip('serial')
    device, autopilot = tmp_path / 'ttyFAKE', switched_on('ardupilot', 'vision')
    flight = Flight(autopilot, f'{device},57600')
    assert str(device) in flight.wait_for('unplugged').words  # not there yet
    with ServedAutopilot(autopilot, SerialEnd(device)):
        flight.wait_for('fused', is_only=True)
    assert str(device) in flight.wait_for('unplugged').words
    with ServedAutopilot(autopilot, SerialEnd(device)):
        flight.wait_for('fused', is_only=True)
        flight.link.close()


def test_a_second_sender_on_a_udp_port_is_named_and_the_first_is_followed():
    port, autopilot = free_udp_port(), switched_on('px4', 'sensor')
    flight = Flight(autopilot, f'udp:127.0.0.1:{port}')
    fields = {'type': 2, 'autopilot': 3, 'base_mode': 81, 'custom_mode': 0, 'system_status': 4}
    heartbeat = Dialect(system=9, component=1).pack(MavlinkMessage('heartbeat', fields))
    transport = UdpTransport('127.0.0.1', port, does_listen=False)
    with ServedAutopilot(autopilot, transport), socket.socket(type=socket.SOCK_DGRAM) as other:
        flight.wait_for('fused', is_only=True)
        other.sendto(heartbeat, ('127.0.0.1', port))
        state = flight.wait_for('two_peers')
        assert str(other.getsockname()[1]) in state.words
        flight.wait_for('fused', is_only=True)  # it was heard once, seconds ago
        flight.link.close()
    assert flight.bridge.vehicle.kind == 'px4'
