# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The simulated flight without ROS: truth, pilot, what is lost with GNSS, numbers and picture."""

import io
import signal
import time
from types import SimpleNamespace

import _needs_pymavlink  # noqa: F401
from flown import FlownAlone, PLACES, START
import numpy as np
from PIL import Image
import pytest
from visual_navsat.autopilot.messages import command_long
from visual_navsat.autopilot.parameter_check import ParameterCheck
from visual_navsat.autopilot.parameters import Wanted
from visual_navsat.autopilot.target import find_target
from visual_navsat.errors import ConfigError, VisualNavsatError
from visual_navsat.geometry.geodesy import distance_m
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.session.reader import Session
from visual_navsat.session.records import (
    answer_record,
    event_record,
    position_record,
    state_record,
    tile_record,
)
from visual_navsat_sim.autopilot.guided_autopilot import GuidedAutopilot
from visual_navsat_sim.autopilot.guided_flight import GuidedFlight
from visual_navsat_sim.autopilot.rehearsal import Rehearsal
from visual_navsat_sim.demo.flight_site import Site
from visual_navsat_sim.fly.endpoint import checked_target, own_autopilot
from visual_navsat_sim.fly.figure import save_figure
from visual_navsat_sim.fly.pace import AutopilotPace
from visual_navsat_sim.fly.pauses import Pause, Pauses
from visual_navsat_sim.fly.pilot import Mission
from visual_navsat_sim.fly.route import make_route
from visual_navsat_sim.fly.summary import summarise
from visual_navsat_sim.worlds.world import World


@pytest.mark.slow
@pytest.mark.parametrize('kind', ['ardupilot', 'px4'])
def test_it_flies_its_mission_and_drifts_away_once_gnss_is_lost(kind):
    flown = FlownAlone(kind)
    flown.run(60.0)
    pilot, autopilot = flown.flight.pilot, flown.autopilot
    assert pilot.has_ended and pilot.num_reached >= 1
    assert not autopilot.has_gnss and autopilot.failsafes == 1
    summary = summarise(Session('alone', tuple(flown.records)))
    # With GNSS that has no error the estimator is right; half a minute without it is enough to
    # be off by more than any fix is.
    assert summary['estimator_error_with_gnss_m']['max'] < 1.0
    assert autopilot.error_m > 8.0
    assert summary['estimator_error_m']['max'] == pytest.approx(autopilot.error_m, abs=0.5)
    assert summary['failsafes'] == 1 and summary['fixes'] == 0
    assert summary['gaps'] == {'longer_than_s': 3.0, 'count': 1, 'longest_s': 29.9}


@pytest.mark.parametrize('kind', ['ardupilot', 'px4'])
def test_the_truth_is_read_as_each_autopilot_tells_it(kind):
    flown = FlownAlone(kind)
    flown.autopilot.compass_error_rad = 0.1
    flown.run(15.0)
    vehicle, told = flown.autopilot.vehicle, flown.flight.truth.newest
    east_m, north_m = vehicle.position_en_m
    assert vehicle.height_m > 20.0
    here = START.geodetic_from_ned(float(north_m), float(east_m))
    # What was told is at most a twentieth of a second old.
    assert distance_m(*here, told.latitude, told.longitude) < 0.5
    assert told.height_m == pytest.approx(vehicle.height_m, abs=0.4)
    assert told.heading_deg == pytest.approx(np.degrees(vehicle.heading_rad) % 360, abs=3.1)
    # The autopilot's own heading is off by its compass.
    yaw_deg = np.degrees(flown.flight.vehicle.posture.yaw_rad)
    assert yaw_deg == pytest.approx(told.heading_deg + np.degrees(0.1), abs=6.1)
    before = flown.flight.truth.at(flown.now_ns - 1_000_000_000)
    assert distance_m(*before, told.latitude, told.longitude) < 9.0
    assert flown.flight.truth.at(flown.now_ns + 1_000_000_000) is None


def test_a_failsafe_leaves_the_mode_which_is_taken_back_once_there_is_a_position():
    flown = FlownAlone('ardupilot', Mission(PLACES, 20.0, 8.0, gnss_s=1.0, without_gnss_s=60.0))
    autopilot, pilot = flown.autopilot, flown.flight.pilot
    while pilot.gnss_lost_ns is None:
        flown.run(1.0)
    flown.run(12.0)
    assert autopilot.failsafes == 1 and not autopilot.is_guided
    before = pilot.num_reached
    autopilot.has_gnss, autopilot.source_set = True, 1
    flown.run(8.0)
    assert autopilot.is_guided and flown.flight.vehicle.mode == 4
    flown.run(30.0)
    assert pilot.num_reached > before and autopilot.failsafes == 1


def test_a_vehicle_in_the_air_and_one_that_does_not_obey_are_said():
    flown = FlownAlone('ardupilot')
    flown.autopilot.is_armed = True
    with pytest.raises(VisualNavsatError, match='is armed already'):
        flown.run(2.0)
    flown = FlownAlone('px4')
    flown.autopilot._commands = {}
    with pytest.raises(VisualNavsatError, match='did not accept MAV_CMD 22 within 120 s'):
        for _ in range(130):
            flown.autopilot.advance(0.02)
            flown.now_ns += 1_000_000_000
            flown.flight.turn(flown.now_ns)


def test_an_autopilot_that_fuses_nothing_is_not_flown():
    with own_autopilot('px4', None, seed=1) as endpoint:
        assert checked_target(endpoint, None).way == 'sensor'
        with pytest.raises(VisualNavsatError, match='way into px4'):
            checked_target(endpoint, 'vision')
    said = pytest.raises(ConfigError, match=r'GPS1_TYPE.* doctor --autopilot .* --as gps --set')
    with own_autopilot('ardupilot', 'vision', seed=1) as endpoint, said:
        checked_target(endpoint, 'gps')


def test_the_usual_routes_stay_on_the_map():
    site = Site.around(World(7), (-300.0, -600.0), 400.0)
    for name, turns in (('square', 4), ('lawnmower', 10)):
        route = make_route(site, name)
        assert len(set(route)) == turns
        for place in route:
            assert np.abs(site.world_from_geodetic(*place) - site.center_m).max() < 121.0


def test_numbers_and_picture_are_those_of_the_session(tmp_path):
    lat, long, records = 47.4, 8.5, []
    # Along the equator of nowhere: north at 10 m/s, a degree of latitude is 111.19 km there.
    for step in range(21):
        true_lat = lat + 2.0 * step / 111190
        time_s = 0.2 * step
        off_m = 3.0 if step > 5 else 0.0
        records.append(position_record(time_s, 'truth', true_lat, long))
        records.append(position_record(time_s, 'autopilot', true_lat + off_m / 111190, long))
    fix = PositionEstimate.from_horizontal(lat + 14.0 / 111190, long, np.eye(2), 1.0)
    records += [
        event_record(1.0, 'flies without GNSS'),
        answer_record(1.4, Answer(fix, timings_ms={'total': 400.0}, name='1', stamp_ns=10**9)),
        answer_record(1.9, Answer(Refusal('no_fix'), name='2', stamp_ns=15 * 10**8)),
        *(
            state_record(t, 'autopilot', 'ok', 'fused', 'fused', {'reset_counter': str(n)})
            for t, n in ((1.0, 255), (2.0, 0), (3.0, 0))
        ),
        event_record(2.5, 'autopilot: EKF Failsafe: changed to LAND Mode'),
        event_record(2.7, 'autopilot: EKF Failsafe Cleared'),
        event_record(4.0, 'has flown'),
        tile_record(0.0, 17, 68630, 45900, _picture('JPEG')),
        tile_record(0.0, 17, 68631, 45900, _picture('WEBP')),
    ]
    session = Session('made', tuple(sorted(records, key=lambda record: record['time_s'])))
    summary = summarise(session)
    assert summary['estimator_error_m']['median'] == pytest.approx(3.0, abs=0.02)
    assert summary['estimator_error_with_gnss_m']['max'] == pytest.approx(0.0, abs=0.02)
    assert summary['fix_error_m']['median'] == pytest.approx(4.0, abs=0.02)
    assert summary['way_m'] == pytest.approx(28.0, abs=0.2)
    assert (summary['fixes'], summary['images_answered'], summary['resets']) == (1, 2, 1)
    assert summary['states']['autopilot'] == {'fused': 2.0}
    assert summary['latency_s']['max'] == 0.4 and summary['failsafes'] == 1
    save_figure(tmp_path / 'flight.png', session, 'made')
    with Image.open(tmp_path / 'flight.png') as picture:
        assert picture.size == (1440, 672)


def _picture(encoding):
    content = io.BytesIO()
    Image.new('RGB', (256, 256)).save(content, encoding)
    return content.getvalue()


def test_time_is_that_of_an_autopilot_which_goes_slower_than_it_was_told():
    pace = AutopilotPace(slower=2.0)
    told = [SimpleNamespace(time_boot_ms=ms) for ms in (50_000, 50_400, 50_300)]
    before_ns = pace.now_ns()
    pace.hear(SimpleNamespace())  # has no time
    pace.hear(told[0])
    start_ns = pace.now_ns()
    assert 0 <= start_ns - before_ns < 60_000_000_000
    pace.hear(told[1])
    assert pace.now_ns() - start_ns >= 300_000_000
    pace.hear(told[2])  # late: time does not go back
    assert pace.now_ns() - start_ns >= 300_000_000
    time.sleep(0.3)  # nothing is told: it stands still a tenth of a second on
    assert pace.now_ns() - start_ns <= 500_000_000
    assert pace.now_ns() == pace.now_ns()


def test_an_autopilot_in_simulation_is_slowed_down_before_it_flies():
    with own_autopilot('ardupilot', None, seed=1) as endpoint:
        checked_target(endpoint, None, slower=3.0)
        check = ParameterCheck(endpoint, None)
        try:
            name = Wanted(('SIM_SPEEDUP',), 1 / 3, 'a third', low=0.33, high=0.34)
            assert check.put([name])
        finally:
            check.close()
    said = pytest.raises(ConfigError, match=r'PX4_SIM_SPEED_FACTOR=0\.333')
    with own_autopilot('px4', None, seed=1) as endpoint, said:
        checked_target(endpoint, None, slower=3.0)


def test_a_localizer_is_paused_and_goes_on_when_it_was_told():
    for text in ('60', '60,0', '-1,5', '60,x', 'nan,5'):
        with pytest.raises(ConfigError, match=r'AT,SECONDS such as 60,5, got'):
            Pause.parse(text)
    sent, records = [], []
    node = SimpleNamespace(send_signal=sent.append)
    pauses = Pauses([Pause.parse('2,1'), Pause.parse('5,100')], node, records.append)
    pauses.step(9_000_000_000, None)
    for second in (10, 11.9, 12, 12.9, 13, 14.9, 15.1):
        pauses.step(round(second * 1e9), 10_000_000_000)
    stop, go_on = signal.SIGSTOP, signal.SIGCONT
    assert sent == [stop, go_on, stop]
    assert [record['time_s'] for record in records] == [12.0, 13.0, 15.1]
    pauses.end()
    pauses.end()
    assert sent == [stop, go_on, stop, go_on]


def test_without_vision_on_the_ground_a_copter_arms_only_where_that_check_is_left_out():
    autopilot = GuidedAutopilot('ardupilot', GuidedFlight(1), START)
    target = find_target('ardupilot', None)
    for wanted in target.wanted:
        if not wanted.for_arming:
            autopilot.parameters[wanted.name(autopilot.parameters)] = wanted.value
    rehearsal = Rehearsal(autopilot, target)
    rehearsal.run(10.0)
    assert rehearsal.state_names()[0] == 'parameter'
    arm = command_long((1, 1), 400, 1.0)
    rehearsal.link.send(arm)
    rehearsal.run(0.1)
    vehicle = rehearsal.bridge.vehicle
    assert not autopilot.is_armed and vehicle.texts[-1] == 'Arm: VisOdom: not healthy'
    # Other bits of the mask stay as they were.
    autopilot.parameters['ARMING_SKIPCHK'] = 2.0
    rehearsal.run(6.0)
    check = next(wanted for wanted in target.wanted if wanted.for_arming)
    assert check.should == 'with 262144' and not check.accepts(2.0)
    autopilot.parameters['ARMING_SKIPCHK'] = check.to_write(vehicle.parameters)
    assert autopilot.parameters['ARMING_SKIPCHK'] == 2.0 + 2**18
    rehearsal.link.send(arm)
    rehearsal.run(6.0)
    assert autopilot.is_armed and 'parameter' not in rehearsal.state_names()
    # In the air nobody asks any more.
    autopilot.parameters['ARMING_SKIPCHK'] = 0.0
    rehearsal.run(6.0)
    assert 'parameter' not in rehearsal.state_names()


def test_fixes_as_a_receiver_need_no_other_source_set():
    for way, source_set in (('vision', 2), ('gps', 1)):
        mission = Mission(PLACES, 20.0, 8.0, gnss_s=1.0, without_gnss_s=2.0)
        flown = FlownAlone('ardupilot', mission, way)
        flown.run(40.0)
        assert flown.flight.pilot.has_ended and not flown.autopilot.has_gnss
        assert flown.autopilot.source_set == source_set
