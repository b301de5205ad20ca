# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Every trap of an autopilot is walked into, and the bridge says which one it is."""

from dataclasses import replace
import math
from pathlib import Path
import re

import _needs_pymavlink  # noqa: F401
import numpy as np
import pytest
from rehearsed_flight import FixMaker, place, rehearse, START, switched_on
from visual_navsat.autopilot import health
from visual_navsat.autopilot.bridge import BridgeConfig
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.autopilot.target import find_target
from visual_navsat_sim.autopilot.fake_autopilot import FakeAutopilot
from visual_navsat_sim.autopilot.rehearsal import Rehearsal, WireLink
from visual_navsat_sim.autopilot.wind_flight import WindFlight


def flown(autopilot, way, seconds=14.0, loop='closed', **options):
    rehearsal = rehearse(autopilot, way, loop, **options)
    maker = FixMaker(rehearsal, refused=0.0, late_s=(0.3, 0.6))
    maker.run(seconds)
    return rehearsal, maker


@pytest.mark.parametrize(
    ('kind', 'way'),
    [('ardupilot', 'vision'), ('ardupilot', 'odometry'), ('ardupilot', 'gps'), ('px4', 'sensor')],
)
def test_one_that_is_set_up_follows(kind, way):
    rehearsal, _ = flown(switched_on(kind, way), way)
    assert rehearsal.state_names() == ['fused']
    assert rehearsal.autopilot.error_m < 15


@pytest.mark.parametrize(
    ('kind', 'way', 'parameter'),
    [
        ('ardupilot', 'vision', 'VISO_TYPE'),
        ('ardupilot', 'vision', 'EK3_SRC2_POSXY'),
        ('ardupilot', 'gps', 'GPS1_TYPE'),
        ('px4', 'sensor', 'EKF2_AGP0_CTRL'),
    ],
)
def test_not_switched_on(kind, way, parameter):
    autopilot = switched_on(kind, way)
    autopilot.parameters[parameter] = 0.0
    rehearsal, _ = flown(autopilot, way)
    first = rehearsal.bridge.states(rehearsal.now_ns)[0]
    assert first.name == 'not_switched_on' and parameter in first.remedy
    assert 'not_aiding' in rehearsal.state_names()


def test_the_other_source_set_is_in_use():
    autopilot = switched_on('ardupilot', 'vision')
    autopilot.source_set = 1
    rehearsal, _ = flown(autopilot, 'vision')
    (state,) = rehearsal.bridge.states(rehearsal.now_ns)
    assert state.name == 'not_aiding' and 'SET_EKF_SOURCE_SET' in state.remedy


def test_an_origin_that_is_missing_is_named_and_set_once():
    autopilot = switched_on('ardupilot', 'vision', has_origin=False)
    rehearsal, maker = flown(autopilot, 'vision', 12.0)
    assert 'no_origin' in rehearsal.state_names()
    maker.run(10.0)
    assert rehearsal.state_names() == ['fused']
    sent = [message.name for message in rehearsal.link.sent]
    assert sent.count('set_gps_global_origin') == 1


def test_an_origin_that_came_before_the_estimator_had_started_is_set_again():
    autopilot = switched_on('ardupilot', 'vision', has_origin=False)
    autopilot.ekf_starts_s = 18.0
    rehearsal, maker = flown(autopilot, 'vision', 17.0)
    sent = rehearsal.link.sent
    assert 'set_gps_global_origin' in {message.name for message in sent}
    assert autopilot.origin is None and 'no_origin' in rehearsal.state_names()
    maker.run(12.0)
    assert rehearsal.state_names() == ['fused']


def test_an_estimator_that_hears_gnss_sets_its_own_origin():
    autopilot = switched_on('ardupilot', 'vision', has_origin=False)
    autopilot.has_gnss = True
    rehearsal, maker = flown(autopilot, 'vision', 20.0)
    assert 'no_origin' in rehearsal.state_names()
    maker.run(20.0)
    assert autopilot.origin == START and 'no_origin' not in rehearsal.state_names()
    # One that never trusts GNSS is given one after a minute, at the altitude that GNSS tells.
    autopilot = switched_on('ardupilot', 'vision', has_origin=False)
    autopilot.has_gnss, autopilot.gnss_checked_s = True, 1e9
    rehearsal, maker = flown(autopilot, 'vision', 57.0)
    assert autopilot.origin is None
    maker.run(8.0)
    assert autopilot.origin is not None and autopilot.origin.altitude_m == 500.0


def test_an_origin_may_be_left_alone():
    autopilot = switched_on('ardupilot', 'vision', has_origin=False)
    rehearsal, _ = flown(autopilot, 'vision', 20.0, may_set_origin=False)
    assert autopilot.origin is None and 'no_origin' in rehearsal.state_names()


def test_an_origin_that_moves_is_named_and_read_again():
    rehearsal, maker = flown(switched_on('ardupilot', 'vision'), 'vision', 6.0)
    # As after a restart of the EKF that the link lived through.
    rehearsal.autopilot.origin = Origin(START.latitude + 0.001, START.longitude, START.altitude_m)
    maker.run(2.5)
    assert 'wrong_origin' in rehearsal.state_names()
    maker.run(12.0)
    assert rehearsal.state_names() == ['fused']


def test_a_fix_that_moves_the_estimator_between_two_messages_moves_no_origin():
    rehearsal, maker = flown(switched_on('ardupilot', 'vision'), 'vision', 6.0)
    rehearsal.autopilot._next_s['global'] += 0.06  # not in the same instant as the local position
    single_off_m = []
    for turn in range(40):
        maker.shift_en_m = np.array([8.0 * (-1) ** turn, 0.0])
        for _ in range(25):
            maker.run(0.02)
            vehicle = rehearsal.bridge.vehicle
            at = Origin(vehicle.position.latitude, vehicle.position.longitude)
            local_m = vehicle.local_ned[1]
            implied = at.geodetic_from_ned(-local_m[0], -local_m[1])
            single_off_m.append(math.hypot(*vehicle.origin.ned_from_geodetic(*implied)))
            assert 'wrong_origin' not in rehearsal.state_names()
    assert max(single_off_m) > 4.0  # what a single pair would have said


def test_an_origin_far_away_is_named():
    autopilot = switched_on('ardupilot', 'vision')
    autopilot.origin = Origin(START.latitude + 2.0, START.longitude, START.altitude_m)
    rehearsal, _ = flown(autopilot, 'vision', 4.0)
    states = rehearsal.bridge.states(rehearsal.now_ns)
    assert any('223 km from the fix' in s.words for s in states if s.name == 'wrong_origin')


def test_frames_of_odometry_that_are_dropped_are_named():
    target = find_target('ardupilot', 'odometry')

    def encode(outgoing, vehicle):
        message = target.encode(outgoing, vehicle)
        return MavlinkMessage('odometry', {**message.fields, 'frame_id': 1, 'child_frame_id': 8})

    autopilot = switched_on('ardupilot', 'odometry')
    rehearsal = Rehearsal(autopilot, replace(target, encode=encode), BridgeConfig('closed'))
    FixMaker(rehearsal, refused=0.0, late_s=(0.3, 0.6)).run(9.0)
    assert set(autopilot.dropped) == {'frames of ODOMETRY'}
    assert {'wrong_frame', 'not_aiding'} <= set(rehearsal.state_names())


def test_north_and_east_that_are_exchanged_on_the_way_are_named():
    autopilot = switched_on('ardupilot', 'vision', has_origin=False, exchanged='east_north')
    autopilot.origin = START
    autopilot.flight.position_en_m = np.array([400.0, 0.0])
    rehearsal, _ = flown(autopilot, 'vision', 8.0)
    states = rehearsal.bridge.states(rehearsal.now_ns)
    state = next(state for state in states if state.name == 'wrong_frame')
    assert 'north and east are exchanged' in state.words


def test_a_flight_on_the_right_axes_names_no_exchange():
    autopilot = switched_on('ardupilot', 'vision')
    autopilot.flight.position_en_m = np.array([400.0, 0.0])
    rehearsal, maker = flown(autopilot, 'vision', 6.0)
    for _ in range(4):
        maker.run(2.0)
        assert 'wrong_frame' not in rehearsal.state_names()


def test_down_that_is_taken_for_up_is_named_where_it_is_used():
    autopilot = switched_on('ardupilot', 'vision', exchanged='down_up')
    rehearsal, maker = flown(autopilot, 'vision', 6.0)
    assert 'wrong_frame' not in rehearsal.state_names()  # the height is the barometer's
    autopilot.parameters['EK3_SRC2_POSZ'] = 6.0
    maker.run(6.0)
    states = rehearsal.bridge.states(rehearsal.now_ns)
    assert any(s.name == 'wrong_frame' and 'down is up' in s.words for s in states)
    assert any(s.name == 'parameter' and s.remedy == 'EK3_SRC2_POSZ 1' for s in states)


def test_a_nan_poisons_the_estimator_and_is_never_sent():
    rehearsal, maker = flown(switched_on('ardupilot', 'vision'), 'vision', 5.0)
    here = rehearsal.autopilot.flight.position_en_m
    rehearsal.bridge.offer(place(here, math.nan), rehearsal.now_ns, rehearsal.now_ns)
    assert 'nan_covariance' in rehearsal.state_names()
    maker.run(1.0)
    assert not rehearsal.autopilot.ekf.is_poisoned
    sent = [m for m in rehearsal.link.sent if m.name == 'vision_position_estimate'][-1]
    bad = {**sent.fields, 'covariance': [math.nan] * 21}
    maker.run(0.1)
    rehearsal.link.send(MavlinkMessage('vision_position_estimate', bad))
    assert rehearsal.autopilot.ekf.is_poisoned


def test_a_rate_that_is_too_low_is_named():
    rehearsal, _ = flown(switched_on('px4', 'sensor'), 'sensor', 25.0, rate_hz=0.6)
    state = next(s for s in rehearsal.bridge.states(rehearsal.now_ns) if s.name == 'too_slow')
    assert state.remedy == 'rate_hz (--rate-hz)'


def test_fixes_that_come_too_late_are_named():
    rehearsal = rehearse(switched_on('ardupilot', 'vision'), 'vision')
    FixMaker(rehearsal, refused=0.0, late_s=(9.0, 10.0)).run(20.0)
    assert 'too_late' in rehearsal.state_names() and 'silent' in rehearsal.state_names()


def test_a_delay_of_the_parameter_is_named():
    autopilot = switched_on('ardupilot', 'vision')
    autopilot.parameters['VISO_DELAY_MS'] = 250.0
    rehearsal, _ = flown(autopilot, 'vision', 10.0)
    assert 'late_by_parameter' in rehearsal.state_names()


def test_mavlink_1_is_named():
    rehearsal, _ = flown(switched_on('px4', 'sensor', speaks_mavlink_1=True), 'sensor', 6.0)
    assert rehearsal.state_names()[0] == 'mavlink_1'
    assert 'no such message in MAVLink 1' in rehearsal.autopilot.dropped


def test_two_autopilots_on_one_link_are_named():
    first = switched_on('ardupilot', 'vision')
    rehearsal = rehearse(first, 'vision')
    rehearsal.link.autopilots = (first, FakeAutopilot('px4', WindFlight(2), START, system=2))
    rehearsal.run(3.0)
    assert 'two_peers' in rehearsal.state_names()


def test_another_autopilot_than_was_said_is_named():
    rehearsal = rehearse(switched_on('ardupilot', 'vision'), 'vision')
    rehearsal.link = rehearsal.bridge._link = WireLink(switched_on('px4', 'sensor'))
    rehearsal.run(2.0)
    assert 'other_autopilot' in rehearsal.state_names()


def test_a_localizer_that_is_wrong_for_long_resets_it_once():
    rehearsal, maker = flown(switched_on('ardupilot', 'vision'), 'vision', 10.0)
    maker.shift_en_m = np.array([80.0, 0.0])
    maker.run(10.0)
    assert rehearsal.bridge.sender.reset_counter == 1
    assert rehearsal.autopilot.resets == 1


def test_rejected_fixes_are_named():
    rehearsal, maker = flown(switched_on('px4', 'sensor'), 'sensor', 10.0)
    maker.shift_en_m = np.array([200.0, 0.0])
    maker.run(3.0)
    assert 'rejected' in rehearsal.state_names()


def test_a_pause_is_silence_and_then_one_reset():
    rehearsal, maker = flown(switched_on('ardupilot', 'vision'), 'vision', 10.0)
    maker.is_paused = True
    maker.run(7.0)  # the last fix is carried on
    assert rehearsal.state_names() == ['coasting']
    maker.run(8.0)
    assert 'silent' in rehearsal.state_names()
    maker.is_paused = False
    maker.run(8.0)
    assert rehearsal.state_names() == ['fused']
    assert rehearsal.bridge.sender.reset_counter == 1


def test_off_sends_no_position_and_scores():
    autopilot = switched_on('ardupilot', 'vision')
    autopilot.has_gnss, autopilot.source_set = True, 1
    rehearsal, _ = flown(autopilot, 'vision', 10.0, loop='off')
    names = {message.name for message in rehearsal.link.sent}
    assert names == {'heartbeat', 'command_long', 'param_request_read'}
    score = rehearsal.bridge.score.values()
    assert score['n'] > 20 and score['median_m'] < 8


def test_open_sends_its_own_gnss():
    autopilot = switched_on('px4', 'sensor')
    autopilot.has_gnss = True
    rehearsal = rehearse(autopilot, 'sensor', loop='open')
    rehearsal.run(10.0)
    assert rehearsal.state_names() == ['fused']
    assert rehearsal.bridge.score.values()['median_m'] < 3


@pytest.mark.parametrize(('is_plane', 'resets'), [(True, 1), (False, 0)])
def test_the_command_resets_a_plane_that_lost_its_position_and_no_copter(is_plane, resets):
    autopilot = switched_on('ardupilot', 'command', is_plane=is_plane)
    flown(autopilot, 'command', 12.0)
    assert (autopilot.resets > 0) == bool(resets)


def test_every_state_is_explained_on_the_page():
    root = Path(__file__).resolve().parents[1]
    page = root / 'docs/autopilots.md'
    if not page.is_file():
        pytest.skip('an installed copy has no pages beside it')
    folder = Path(health.__file__).parent
    source = ''.join(path.read_text(encoding='utf-8') for path in folder.glob('health*.py'))
    names = {*re.findall(r"State\(\s*'(\w+)'", source), *health.REFUSED}
    assert len(names) > 15
    for name in (*names, 'late_by_parameter', 'not_switched_on', 'parameter'):
        assert f'`{name}`' in page.read_text(encoding='utf-8'), name
