# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.geometry.region import Region
from visual_navsat.tracking.belief_grid import BeliefGrid


def make_grid(size_m: float = 1000.0, cell_m: float = 10.0) -> BeliefGrid:
    return BeliefGrid(Region(0.0, 0.0, size_m, size_m), cell_m)


def put(grid: BeliefGrid, east: float, north: float) -> None:
    """Give all of the belief to the cell at a place."""
    e, n = grid.axes_m
    likelihood = np.zeros(grid.mass.shape)
    likelihood[abs(n - north).argmin(), abs(e - east).argmin()] = 1.0
    grid.multiply(likelihood)


def test_knowing_nothing_is_even():
    grid = make_grid()
    assert grid.mass.shape == (100, 100)
    np.testing.assert_allclose(grid.mass, 1e-4)
    east, north = grid.axes_m
    assert (east[0], north[-1]) == (5.0, 995.0)


def test_small_steps_add_up_without_blurring():
    grid = make_grid()
    put(grid, 205.0, 405.0)
    for _ in range(100):
        grid.move(np.array([3.7, -1.3]), sigma_m=0.0)
    mean, _, share = grid.peak(15.0)
    np.testing.assert_allclose(mean, [205 + 370, 405 - 130], atol=1e-6)
    assert share == pytest.approx(1.0)
    assert grid.mass.max() == pytest.approx(1.0)


def test_spread_has_the_variance_that_was_asked_for():
    grid = make_grid()
    put(grid, 505.0, 505.0)
    for _ in range(50):
        grid.move(np.zeros(2), sigma_m=6.0)  # each one too small for a cell of its own
    _, covariance, share = grid.peak(400.0)
    assert share == pytest.approx(1.0, abs=1e-6)
    expected = 50 * 36.0 + 100 / 12
    np.testing.assert_allclose(np.diag(covariance), expected, rtol=0.06)


def test_what_leaves_the_map_is_outside_and_may_come_back():
    grid = make_grid()
    e, n = grid.axes_m
    likelihood = np.zeros(grid.mass.shape)
    likelihood[50, 10] = likelihood[50, 95] = 1.0
    grid.multiply(likelihood)
    grid.move(np.array([100.0, 0.0]), sigma_m=0.0)
    mean, _, share = grid.peak(15.0)
    np.testing.assert_allclose(mean, [e[10] + 100, n[50]], atol=1e-6)
    assert share == pytest.approx(0.5)
    assert grid.outside == pytest.approx(0.5)
    grid.mix(0.0, returning=0.1)
    assert grid.outside == pytest.approx(0.45)
    assert grid.mass[0, 0] == pytest.approx(0.05 / grid.mass.size)


def test_when_everything_is_ruled_out_nothing_is_known():
    grid = BeliefGrid(Region(0.0, 0.0, 1000.0, 1000.0), 10.0, outside=0.2)
    grid.multiply(np.zeros(grid.mass.shape), outside=0.0)
    np.testing.assert_allclose(grid.mass, 0.8e-4)
    assert grid.outside == 0.2


def test_all_of_the_belief_may_leave():
    grid = make_grid()
    put(grid, 205.0, 405.0)
    grid.move(np.array([5000.0, 0.0]), sigma_m=0.0)
    assert (grid.outside, grid.peak(20.0)[2]) == (1.0, 0.0)


def test_what_is_outside_is_weighed_with_the_rest():
    grid = BeliefGrid(Region(0.0, 0.0, 1000.0, 1000.0), 10.0, outside=0.2)
    grid.multiply(np.full(grid.mass.shape, 3.0), outside=1.0)
    assert grid.outside == pytest.approx(0.2 / (0.2 + 3 * 0.8))
    assert grid.mass.sum() + grid.outside == pytest.approx(1.0)


def test_a_gaussian_is_added_where_it_counts():
    grid = make_grid()
    values = np.ones(grid.mass.shape)
    covariance = np.array([[900.0, 300.0], [300.0, 400.0]])
    grid.add_gaussian(values, np.array([400.0, 30.0]), covariance, weight=7.0)
    east, north = grid.axes_m
    apart = np.stack(np.meshgrid(east - 400.0, north - 30.0), axis=-1)
    distance_2 = np.einsum('yxi,ij,yxj->yx', apart, np.linalg.inv(covariance), apart)
    density = np.exp(-distance_2 / 2) / (2 * np.pi * np.sqrt(np.linalg.det(covariance)))
    np.testing.assert_allclose(values, 1 + 7.0 * density, atol=1e-9)


def test_the_heaviest_place_may_be_several_cells():
    grid = make_grid()
    e, n = grid.axes_m
    likelihood = np.full(grid.mass.shape, 1e-9)
    likelihood[20, 20] = 0.4  # the heaviest single cell
    likelihood[70, 70] = likelihood[70, 71] = 0.3
    grid.multiply(likelihood)
    mean, _, share = grid.peak(20.0)
    np.testing.assert_allclose(mean, [(e[70] + e[71]) / 2, n[70]], atol=0.01)
    assert share == pytest.approx(0.6, abs=1e-3)
    assert grid.share_within(np.array([e[20], n[20]]), 20.0) == pytest.approx(0.4, abs=1e-3)


def test_the_places_that_hold_the_belief():
    grid = make_grid()
    assert grid.boxes(0.99, 10) == []  # nothing is known
    likelihood = np.full(grid.mass.shape, 1e-9)
    likelihood[20, 30] = likelihood[21, 31] = 0.3  # touch at a corner: one place
    likelihood[70, 80] = 0.4
    grid.multiply(likelihood)
    boxes = sorted(box.bounds for box in grid.boxes(0.99, 10))
    np.testing.assert_allclose(boxes, [(300, 200, 320, 220), (800, 700, 810, 710)])
    assert grid.boxes(0.99, 1) == []  # more places than were asked for
    (box,) = grid.boxes(0.35, 10)
    np.testing.assert_allclose(box.bounds, (800, 700, 810, 710))


def test_painted_boxes_keep_the_highest_value():
    grid = make_grid(size_m=50.0)
    boxes = np.array([[0.0, 0, 30, 30], [20, 20, 50, 50], [200, 200, 300, 300]])
    painted = grid.paint(boxes, np.array([2.0, 5.0, 1.0]))
    expected = np.full((5, 5), 1.0)
    expected[:3, :3] = 2.0
    expected[2:, 2:] = 5.0
    np.testing.assert_array_equal(painted, expected)


@pytest.mark.parametrize('value', [np.nan, np.inf, 0.0])
def test_a_likelihood_that_is_none_leaves_a_belief_that_knows_nothing(value):
    grid = make_grid()
    grid.multiply(np.full(grid.mass.shape, value))
    np.testing.assert_allclose(grid.mass, 1.0 / grid.mass.size)
