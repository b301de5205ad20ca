# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The link and the commands on real sockets and a pseudo terminal."""

import io
import json
import os
import socket
import time
import tty

import _needs_pymavlink  # noqa: F401
import pytest
from rehearsed_flight import START, switched_on
from visual_navsat.autopilot.answer_line import parse_answer
from visual_navsat.autopilot.clock_offset import ClockOffset
from visual_navsat.autopilot.dialect import Dialect
from visual_navsat.autopilot.link import Link
from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.autopilot.transport import Endpoint, UdpTransport
from visual_navsat.cli.main import main
from visual_navsat.errors import ConfigError
from visual_navsat.localization.position import Refusal
from visual_navsat_sim.autopilot.served_autopilot import ServedAutopilot

HEARTBEAT = MavlinkMessage(
    'heartbeat',
    {'type': 2, 'autopilot': 3, 'base_mode': 81, 'custom_mode': 0, 'system_status': 4},
)


def wait_for(condition, seconds=20.0):
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, 'it did not happen'


@pytest.mark.parametrize(
    ('text', 'kind', 'place', 'number'),
    [
        ('udp:0.0.0.0:14550', 'udp', '0.0.0.0', 14550),
        ('udpin:0.0.0.0:14550', 'udp', '0.0.0.0', 14550),
        ('udpout:10.0.0.2:14550', 'udpout', '10.0.0.2', 14550),
        ('tcp:127.0.0.1:5760', 'tcp', '127.0.0.1', 5760),
        ('/dev/ttyTHS1,57600', 'serial', '/dev/ttyTHS1', 57600),
        ('/dev/ttyACM0', 'serial', '/dev/ttyACM0', 921600),
    ],
)
def test_endpoints(text, kind, place, number):
    assert Endpoint.parse(text) == Endpoint(kind, place, number)


@pytest.mark.parametrize('text', ['', 'udp', 'udp:14550', 'tcp:host:99999', 'tcp:h:0', 'ttyS0,x'])
def test_endpoints_that_are_none(text):
    with pytest.raises(ConfigError, match='an endpoint must be'):
        Endpoint.parse(text)


def test_a_second_peer_is_noted_and_not_heard():
    transport = UdpTransport('127.0.0.1', 0, does_listen=True)
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    heard = b''
    for sender, data in zip(senders, (b'one', b'two'), strict=True):
        sender.sendto(data, ('127.0.0.1', transport.port))
        heard += transport.read(5.0)
    assert heard == b'one'
    assert len(transport.peers()) == 2 and not transport.peers()
    transport.write(b'back')
    assert senders[0].recv(100) == b'back'
    for closed in (transport, *senders):
        closed.close()


def test_a_serial_line_that_is_unplugged_and_back(tmp_path):
    pytest.importorskip('serial')
    device = tmp_path / 'ttyFAKE'
    packed = Dialect(component=1).pack(HEARTBEAT)

    def plug():
        master, slave = os.openpty()
        tty.setraw(slave)
        device.unlink(missing_ok=True)
        device.symlink_to(os.ttyname(slave))
        return master, slave

    def hears():
        os.write(master, packed)
        return any(message.get_type() == 'HEARTBEAT' for message in link.receive(0.05))

    master, slave = plug()
    link = Link(Endpoint.parse(f'{device},57600'))
    wait_for(hears)
    assert link.error == ''
    os.close(slave)
    os.close(master)
    device.unlink()
    wait_for(lambda: not link.receive(0.05) and link.error)
    assert str(device) in link.error
    master, slave = plug()
    wait_for(hears)
    assert link.error == ''
    link.close()


def test_answers_as_lines():
    position, stamp_ns = parse_answer(
        '{"stamp_ns": 5, "latitude": 47.4, "longitude": 8.5, "covariance_en_m2": [4, 1, 9]}'
    )
    assert position.covariance_en_m2 == [4, 1, 9] and stamp_ns == 5
    refusal, stamp_ns = parse_answer('{"stamp": 2.5, "latitude": null, "reason": "dark"}')
    assert refusal == Refusal('dark') and stamp_ns == 2_500_000_000


@pytest.mark.parametrize(
    'line',
    ['', '[]', '{}', '{"stamp": 1, "latitude": 91, "longitude": 8, "sigma_m": 1}', '{"stamp": 1e'],
)
def test_lines_that_are_no_answers(line):
    with pytest.raises(ConfigError, match='an answer must be'):
        parse_answer(line)


def test_the_verb_bridges_to_a_served_autopilot(tmp_path, capsys):
    autopilot = switched_on('px4', 'sensor')
    answers = tmp_path / 'answers.jsonl'
    line = {
        'stamp_ns': time.time_ns(),
        'latitude': START.latitude,
        'longitude': START.longitude,
        'covariance_enu_m2': [9, 0, 0, 0, 9, 0, 0, 0, 100],
    }
    answers.write_text('nonsense\n' + json.dumps(line) + '\n')
    with ServedAutopilot(autopilot) as served:
        where = ['--autopilot', 'px4', '--connect', served.endpoint, '--answers', str(answers)]
        assert main(['bridge', *where, '--loop', 'closed', '--seconds', '4']) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out.splitlines()[-1])['loop'] == 'closed'
    assert 'an answer must be' in printed.err
    assert autopilot.parameters['EKF2_AGP0_CTRL'] == 1


def test_doctor_reads_and_writes_the_parameters(monkeypatch, capsys):
    autopilot = switched_on('px4', 'sensor')
    autopilot.parameters['EKF2_AGP0_CTRL'] = 0.0
    with ServedAutopilot(autopilot) as served:
        assert main(['doctor', '--autopilot', served.endpoint]) == 1
        assert '!! EKF2_AGP0_CTRL' in capsys.readouterr().out
        monkeypatch.setattr('sys.stdin', io.StringIO())  # nobody answers
        assert main(['doctor', '--autopilot', served.endpoint, '--set']) == 1
        assert autopilot.parameters['EKF2_AGP0_CTRL'] == 0
        monkeypatch.setattr('builtins.input', lambda prompt: 'y')
        assert main(['doctor', '--autopilot', served.endpoint, '--set']) == 0
        assert autopilot.parameters['EKF2_AGP0_CTRL'] == 1
        assert main(['doctor', '--autopilot', served.endpoint]) == 0


def test_nobody_there_is_one_line(capsys):
    with socket.create_server(('127.0.0.1', 0)) as listener:
        port = listener.getsockname()[1]
    assert main(['doctor', '--set']) == 1
    link = Link(Endpoint.parse(f'tcp:127.0.0.1:{port}'))
    assert link.receive() == [] and 'cannot open' in link.error
    assert '--set and --as need --autopilot' in capsys.readouterr().err


def test_a_clock_that_is_set_is_followed_within_ten_seconds():
    clock, late_ns = ClockOffset(), (3_000_000, 0, 40_000_000)

    def told(ahead_ns, first_ms, last_ms):
        seen = []
        for number, boot_ms in enumerate(range(first_ms, last_ms, 40)):
            theirs_ns = 1_000_000 * boot_ms
            true_ns = theirs_ns + ahead_ns
            seen.append(clock.ours(theirs_ns, true_ns + late_ns[number % 3]) - true_ns)
        return seen

    assert max(told(10**18, 1000, 9000)[1:]) == 0  # ns off; after the first it is exact
    # Our clock is set ahead by two seconds, as by NTP: messages look late for a while.
    step_ns = 2_000_000_000
    seen = told(10**18 + step_ns, 9000, 21_000)
    assert seen[0] == -step_ns and seen[-1] == 0
    # It is set back: no message comes from the future.
    assert max(told(10**18, 21_000, 22_000)) <= 40_000_000
    # Their boot, an hour of it ago, is new.
    assert abs(told(10**18 + 3_600_000_000_000, 0, 4000)[-1]) == 0
