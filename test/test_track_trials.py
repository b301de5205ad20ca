# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Flights of the track on answers that are wrong as often, and as far, as they say."""

from bench.track_trials import run_flight, Scenario, summarise
import numpy as np
import pytest
from visual_navsat.config import TrackConfig

# Maps of 100 km^2 in cells that are fast; margins are four standard errors of these flights.
CONFIG = TrackConfig(cell_m=50.0)


@pytest.mark.parametrize(
    'scenario',
    [
        Scenario(),
        Scenario('overlap', legs_m=(15.0, 25.0)),
        Scenario('unknown tilt', tilt_m=12.0),
        Scenario('poor images', undecided=0.75),
    ],
    ids=lambda scenario: scenario.name,
)
def test_a_track_errs_as_far_as_it_claims(scenario):
    summary = summarise([run_flight(scenario, seed, CONFIG) for seed in range(40)])
    assert summary['converged'] >= 38
    assert summary['false'] == 0  # expected by the stated risk: 0.04
    assert summary['too_sure'] <= 1
    margin = 4 * summary['anees_standard_error']
    assert 0.8 - margin < summary['anees'] < 1.25 + margin
    assert margin < 0.8


def test_flights_are_the_same_every_time():
    first, second = (run_flight(Scenario(), 3, CONFIG) for _ in range(2))
    assert first == second
    assert np.mean(first.errors_m) < 30
