# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The vehicle of the benchmark is off by what it says, and nothing else."""

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
from bench import miscalibrated
from bench.calibration import judged, QUANTITIES, summarise
from bench.miscalibrated import fly, true_corrections
from bench.small_map import CENTER_M, SEED, SIDE_M
import numpy as np
import pytest
from visual_navsat.config import Config
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import Region
from visual_navsat.localization.corrections import Corrections
from visual_navsat.tracking.calibration_filter import CalibrationFilter
from visual_navsat.tracking.calibration_state import CalibrationState
from visual_navsat.tracking.flight import Flight
from visual_navsat.tracking.timed_image import TimedImage
from visual_navsat_sim.demo.flight_site import Site
from visual_navsat_sim.worlds.camera import CameraPose
from visual_navsat_sim.worlds.epoch import flight_epoch
from visual_navsat_sim.worlds.world import World


@pytest.mark.slow
def test_what_the_vehicle_says_is_true_once_it_is_corrected(monkeypatch):
    for name in ('HEADING_NOISE_DEG', 'SCALE_NOISE', 'TILT_NOISE_DEG'):
        monkeypatch.setattr(miscalibrated, name, 0.0)
    off = true_corrections(tilt_towards_deg=150.0)
    assert np.hypot(off.tilt_right_deg, off.tilt_up_deg) == pytest.approx(2.0)
    pose = CameraPose(*CENTER_M, 140.0, 60.0, 3.0, -2.0)
    site = Site.around(World(SEED), CENTER_M, SIDE_M)
    (exposure,) = fly(site, flight_epoch(SEED), [pose], off, seed=1)
    flight = Flight(Config(), LocalFrame(*exposure.place), Region(-200, -200, 200, 200))
    exposure.put_into(flight)
    image = TimedImage('1', exposure.stamp_ns, exposure.stamp_ns, lambda: exposure.image)
    stated = flight.sensors.match(image, *exposure.image.shape[1::-1]).view
    view = off.corrected(stated)
    taken = CameraPose(
        *CENTER_M, 140.0, 60.0, 3.0 + off.tilt_up_deg, -2.0 - off.tilt_right_deg
    ).enu_from_camera
    np.testing.assert_allclose(view.enu_from_camera, taken, atol=1e-9)
    assert view.height_agl_m == pytest.approx(140.0)
    turned_deg = view.known_heading_deg - stated.known_heading_deg
    assert turned_deg == pytest.approx(8.0, abs=0.2)  # less what the tilt turns


def test_the_record_counts_what_was_found():
    estimate = CalibrationFilter(Config().calibration).estimate
    state = CalibrationState(Corrections(), estimate, np.zeros(4, bool))
    near = judged(state, Corrections(0.5, 1.0, 0.2, 0.0))
    far = judged(state, Corrections(8.0, 1.0, 0.2, 0.0))
    assert near['errors'] == dict(zip(QUANTITIES, (-0.5, 0.0, -0.2, 0.0), strict=True))
    bias = {'images': 9, 'fixes': 8, 'far_off': 0, 'right_m': 3.0, 'up_m': 4.0, 'median_m': 5.0}
    flights = dict.fromkeys(('stated', 'in_flight', 'by_gnss'), bias)
    worlds = [
        {'in_flight': one, 'first_pass': far, 'by_gnss': near, 'next_flight': flights}
        for one in (near, far)
    ]
    summary = summarise(worlds)
    assert summary['in_flight']['within_limits']['heading_deg'] == 1
    assert summary['first_pass']['within_limits']['heading_deg'] == 0
    assert summary['by_gnss']['within_limits']['heading_deg'] == 2
    assert summary['in_flight']['rms']['heading_deg'] == pytest.approx(5.668)
    assert summary['next_flight_stated']['mean_bias_m'] == 5.0
    assert summary['next_flight_stated']['fixes'] == 16
