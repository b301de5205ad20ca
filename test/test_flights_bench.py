# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The flights of the benchmark are what they say, and their records tell the truth."""

import itertools

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
from bench import flights, world_map
from bench.flight_world import draw_map, fly, LEGS_M, USELESS
from bench.flights import explain_false, run_flight, Step, summarise
import numpy as np
import pytest
from visual_navsat_sim.worlds.world import World

SIDE_M = 2100.0


@pytest.mark.slow
def test_a_flight_has_drifting_odometry_and_useless_images():
    legs = list(itertools.islice(fly(World(3), 7, SIDE_M), 14))
    places = np.array([leg.position_m for leg in legs])
    odometry = np.array([leg.odometry_m for leg in legs])
    lengths = np.hypot(*np.diff(places, axis=0).T)
    assert lengths.min() >= LEGS_M[0] - 1e-6 and lengths.max() <= LEGS_M[1] + 1e-6
    assert np.abs(places).max() < SIDE_M / 2
    errors = np.diff(odometry, axis=0) - np.diff(places, axis=0)
    share = np.hypot(*errors.T) / lengths
    assert 0.005 < np.sqrt(np.mean(share**2) / 2) < 0.06
    kinds = [leg.kind for leg in legs]
    assert 0.2 < np.mean([kind in USELESS for kind in kinds]) < 0.6
    assert legs[kinds.index('black')].image.max() < 10


@pytest.mark.slow
def test_one_flight_over_a_small_map_converges_to_the_truth(monkeypatch):
    monkeypatch.setattr(flights, 'IMAGES_AFTER', 2)
    monkeypatch.setattr(world_map, 'MAP_GSD', 1.0)  # a quarter of the pixels
    world = World(20)
    record = run_flight(world, draw_map(world, 20, SIDE_M), 20_000, SIDE_M)
    assert record['images_to_converge'] <= 20
    assert np.median(record['errors_after_m']) < 15
    assert record['false'] is None


def step(error_m, sigmas=1.0, kind='useful', support=0.0):
    return Step(kind, error_m, 0.5, error_m, sigmas, support)


def test_false_convergences_are_explained_by_what_was_seen():
    assert explain_false(1, [step(None), step(8.0), step(40.0, 4.9)]) is None
    found = explain_false(1, [step(None), step(900.0, 60.0, support=0.6), step(5.0)])
    assert 'ground like this elsewhere' in found['cause']
    assert (found['image'], found['error_m'], found['false_for_images']) == (2, 900.0, 1)
    assert len(found['images_before']) == 2
    by_chance = explain_false(1, [step(None), step(900.0, 60.0, kind='blurred', support=0.6)])
    assert 'by chance' in by_chance['cause']
    assert 'drifted' in explain_false(1, [step(8.0), step(60.0, 3.0)])['cause']
    assert 'surer' in explain_false(1, [step(8.0), step(30.0, 6.0, support=0.9)])['cause']


def test_flights_that_never_converge_count():
    flights = [
        {
            'images_to_converge': n,
            'errors_after_m': [4.0, 6.0],
            'sigmas_after': [1.0, 1.0],
            'false': None,
        }
        for n in (3, 5, None)
    ]
    summary = summarise(flights)
    assert (summary['converged'], summary['median_images_to_converge']) == (2, 5)
    assert summary['p90_images_to_converge'] is None
    assert summary['median_error_after_m'] == pytest.approx(5.0)
    assert summary['anees_after'] == pytest.approx(0.5)
