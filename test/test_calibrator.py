# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A flight learns its calibration, uses it, tells it and keeps it for the next one."""

from dataclasses import replace
import math
import os

from drawn_flight import DrawnFlight, OFF
from makers import make_answer, make_fix, make_tile
import numpy as np
import pytest
from visual_navsat.config import Config
from visual_navsat.errors import ConfigError, FileWriteError
from visual_navsat.geometry.attitude import Attitude
from visual_navsat.geometry.camera import nadir_enu_from_camera
from visual_navsat.geometry.rotation import quaternion_from_matrix, yaw_rad
from visual_navsat.geometry.view import View
from visual_navsat.localization.corrections import Corrections
from visual_navsat.localization.position import Refusal
from visual_navsat.tracking.calibration_keeper import CalibrationKeeper, with_kept_calibration
from visual_navsat.tracking.calibration_state import CalibrationState, MIN_MATCHES
from visual_navsat.tracking.calibrator import Calibrator
from visual_navsat.tracking.vehicle_sensors import MatchedInputs

SECOND = 1_000_000_000
FIX = make_fix(46.5, 7.9)
LEVEL = Attitude(quaternion_from_matrix(np.eye(3)))
KNOWN = MatchedInputs(
    View(enu_from_camera=nadir_enu_from_camera(math.radians(90.0)), height_agl_m=100.0), LEVEL
)


def fly(calibrator: Calibrator, flight: DrawnFlight, images: int, start: int = 0) -> int:
    """Answer images, each corrected as the calibrator says; return the number of the next."""
    for number in range(start, start + images):
        before = KNOWN.view.known_heading_deg
        corrected = calibrator.correct(KNOWN).view
        applied = calibrator.state.learned
        turned = math.remainder(corrected.known_heading_deg - before, 360.0)
        assert turned == pytest.approx(applied.heading_offset_deg, abs=0.2)
        answer = make_answer(FIX, deviation=flight.match(applied))
        calibrator.learn(answer, number * SECOND)
        calibrator.move(flight.go_on())
    return start + images


def test_a_flight_learns_and_corrects_what_is_significant():
    calibrator, flight = Calibrator(Config()), DrawnFlight(1, OFF)
    fly(calibrator, flight, MIN_MATCHES - 1)
    assert calibrator.correct(KNOWN).view is KNOWN.view and not calibrator.state.is_used.any()
    fly(calibrator, flight, 40, start=MIN_MATCHES)
    assert calibrator.state.is_used.all()
    np.testing.assert_array_less(
        np.abs(calibrator.state.total.vector - OFF), 3 * calibrator.state.estimate.sigmas
    )
    corrected = calibrator.correct(KNOWN)
    assert corrected.view.height_agl_m == pytest.approx(100 / 1.12, rel=0.03)
    # The vehicle faced east; its compass said too little by 8 degrees, clockwise.
    assert math.degrees(yaw_rad(corrected.attitude.enu_from_body)) == pytest.approx(-8.0, abs=1.5)


def test_what_is_configured_is_not_learned_again():
    config = Config()
    for name, value in vars(Corrections.from_vector(OFF)).items():
        config = config.replace(f'calibration.{name}', value)
    calibrator, flight = Calibrator(config), DrawnFlight(2, np.zeros(4))
    fly(calibrator, flight, 30)
    assert not calibrator.state.is_used.any()
    np.testing.assert_allclose(calibrator.state.total.vector, OFF)
    # The vehicle's heading is corrected here, the view where it is looked for.
    corrected = calibrator.correct(KNOWN)
    assert corrected.view is KNOWN.view
    assert math.degrees(yaw_rad(corrected.attitude.enu_from_body)) == pytest.approx(-8.0)


def test_nothing_is_learned_where_that_is_switched_off():
    calibrator = Calibrator(Config().replace('calibration.learn', False))
    fly(calibrator, DrawnFlight(3, OFF), 20)
    assert calibrator.state.estimate.matches == 0


def test_images_of_the_same_second_count_once():
    calibrator, flight = Calibrator(Config()), DrawnFlight(4, OFF)
    for number in range(30):
        answer = make_answer(FIX, deviation=flight.match())
        calibrator.learn(answer, number * SECOND // 10)
    assert calibrator.state.estimate.matches == 3


def test_while_nothing_is_found_every_other_image_is_looked_for_as_if_nothing_were_learned():
    calibrator = Calibrator(Config())
    start = fly(calibrator, DrawnFlight(5, OFF), 30)
    is_corrected = []
    for number in range(start, start + 20):
        is_corrected.append(calibrator.correct(KNOWN).view is not KNOWN.view)
        answer = make_answer(Refusal.of('ambiguous'), tiles=(make_tile(0, 0),))
        calibrator.learn(answer, number * SECOND)
    assert is_corrected == [True] * 10 + [True, False] * 5


def test_without_a_measured_attitude_no_tilt_is_learned():
    calibrator, flight = Calibrator(Config()), DrawnFlight(6, OFF)
    for number in range(30):
        match = flight.match(calibrator.state.learned)
        match = replace(match, is_tilt_measured=False)
        calibrator.correct(KNOWN)
        calibrator.learn(make_answer(FIX, deviation=match), number * SECOND)
        calibrator.move(flight.go_on())
    assert calibrator.state.is_used.tolist() == [True, True, False, False]


def learned_state() -> CalibrationState:
    calibrator = Calibrator(Config())
    fly(calibrator, DrawnFlight(7, OFF), 40)
    return calibrator.state


def test_the_diagnostics_tell_each_value_with_its_sigma():
    facts = learned_state().facts
    assert list(facts) == [
        *('calibration_heading_offset_deg', 'calibration_scale_factor'),
        *('calibration_tilt_right_deg', 'calibration_tilt_up_deg', 'calibration_matches'),
    ]
    value, plus_minus, sigma, word = facts['calibration_heading_offset_deg'].split()
    assert float(value) == pytest.approx(8.0, abs=1.5) and plus_minus == '+-'
    assert float(sigma.strip(',')) == pytest.approx(0.5, abs=0.1) and word == 'corrected'
    assert facts['calibration_matches'] == '40, 0 left out'


def test_what_was_learned_is_configured_in_the_next_flight(tmp_path):
    path, now_s = tmp_path / 'kept' / 'calibration.yaml', [0.0]
    config = Config().replace('node.calibration_file', str(path))
    assert with_kept_calibration(config) == config  # the first flight
    state = learned_state()
    keeper = CalibrationKeeper(str(path), Corrections(), lambda: now_s[0])
    keeper.keep(state)
    assert not path.exists()
    now_s[0] = 61.0
    keeper.keep(state)
    kept = Corrections.of(with_kept_calibration(config).calibration)
    # They are written to a hundredth of a degree and a ten-thousandth of the scale.
    np.testing.assert_allclose(kept.vector, state.total.vector, atol=6e-3)
    path.unlink()
    now_s[0] = 200.0
    keeper.keep(state, is_last=True)
    assert not path.exists()  # nothing has changed since
    CalibrationKeeper(str(path), Corrections()).keep(state, is_last=True)
    assert path.exists()
    CalibrationKeeper('', Corrections()).keep(state, is_last=True)


def test_a_file_that_cannot_be_read_or_written_is_one_line(tmp_path):
    path = tmp_path / 'calibration.yaml'
    path.write_text('/**: {ros__parameters: {calibration: {scale_factor: 9.0}}}')
    config = Config().replace('node.calibration_file', str(path))
    with pytest.raises(ConfigError, match=r'scale_factor must be 0.3 to 3.0, got 9.0'):
        with_kept_calibration(config)
    path.write_text('a: [')
    with pytest.raises(ConfigError, match=r'node.calibration_file .* is not YAML'):
        with_kept_calibration(config)
    (tmp_path / 'file').touch()
    keeper = CalibrationKeeper(os.fspath(tmp_path / 'file' / 'below'), Corrections())
    with pytest.raises(FileWriteError):
        keeper.keep(learned_state(), is_last=True)
