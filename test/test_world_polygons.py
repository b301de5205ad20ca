# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Plane geometry of parcels, against areas and places worked out by hand."""

import _needs_simulator  # noqa: F401 (skips this file where it is absent)
import numpy as np
import pytest
from visual_navsat_sim.worlds.noise import hash_uniform, smooth_noise
from visual_navsat_sim.worlds.polygons import (
    area_m2,
    clip,
    contains,
    convex_core,
    encloses,
    inset,
    oriented_box,
    rectangle,
    split,
)

SQUARE = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])


def test_area_is_signed():
    assert area_m2(SQUARE) == pytest.approx(100)
    assert area_m2(SQUARE[::-1]) == pytest.approx(-100)
    assert area_m2(SQUARE + 1e6) == pytest.approx(100)
    assert area_m2(SQUARE[:2]) == 0


def test_clip_keeps_the_side_of_the_normal():
    right = clip(SQUARE, np.array([7.0, 0]), np.array([1.0, 0]))
    assert area_m2(right) == pytest.approx(30)
    assert right[:, 0].min() == 7
    assert len(clip(SQUARE, np.array([20.0, 0]), np.array([1.0, 0]))) == 0
    assert clip(SQUARE, np.array([-1.0, 0]), np.array([1.0, 0])) is SQUARE


def test_inset_moves_every_edge():
    np.testing.assert_allclose(inset(SQUARE, 2.0), [[2, 2], [8, 2], [8, 8], [2, 8]])
    assert len(inset(SQUARE, 6.0)) == 0


def test_the_convex_core_lies_inside_of_every_edge():
    # A square whose top dips by 20 in the middle. The lines of both slopes go on down: the core
    # is below 80 + 0.4 (x - 50) and below 80 - 0.4 (x - 50), a roof from 60 at the sides.
    dented = np.array([[0.0, 0], [100, 0], [100, 100], [50, 80], [0, 100]])
    core = convex_core(dented)
    assert area_m2(core) == pytest.approx(100 * 60 + 100 * 20 / 2)
    np.testing.assert_array_equal(
        contains(core, np.array([[50.0, 79], [5, 70], [5, 61]])), [True, False, True]
    )
    assert convex_core(SQUARE) is SQUARE
    # A spike of 2 m, as an inset leaves it, changes little.
    spiked = np.array([[0.0, 0], [100, 0], [100, 100], [0, 100], [0, 2], [-1, 1]])
    assert area_m2(convex_core(spiked)) > 9500


def test_rectangle_and_box_are_inverse():
    box = rectangle((2.0e6, -5.0), 8.0, 3.0, 0.4)
    assert area_m2(box) == pytest.approx(24)
    center, length, width, angle = oriented_box(box)
    np.testing.assert_allclose(center, (2.0e6, -5.0), atol=1e-3)
    assert (length, width) == pytest.approx((8, 3), abs=1e-3)
    assert np.sin(angle - 0.4) == pytest.approx(0, abs=1e-3)


def test_inside_convex_and_concave():
    points = np.array([[1.0, 1], [9, 5], [11, 5], [5, 9.9]])
    np.testing.assert_array_equal(contains(SQUARE, points), [True, True, False, True])
    np.testing.assert_array_equal(contains(SQUARE, points, 0.5), [True, True, False, False])
    arrow = np.array([[0.0, 0], [10, 0], [10, 10], [5, 2]])
    np.testing.assert_array_equal(encloses(arrow, points), [False, True, False, False])


def test_split_loses_only_the_gaps():
    field = rectangle((100.0, 50.0), 300.0, 200.0, 0.3)
    parts, cuts = split(field, np.random.default_rng(1), 9000.0, gap_m=4.0, wobble=0.5)
    gaps = sum(4.0 * np.hypot(*(end - start)) for start, end in cuts)
    assert len(parts) == len(cuts) + 1
    assert max(area_m2(part) for part in parts) < 9000 * 1.3
    assert sum(area_m2(part) for part in parts) == pytest.approx(60000 - gaps, rel=0.01)


def test_hashes_are_uniform_and_differ_by_key():
    values = hash_uniform(5, np.arange(-20000, 20000), 3)
    assert values.min() >= 0
    assert values.max() < 1
    assert values.mean() == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(values[:-1], values[1:])[0, 1] == pytest.approx(0, abs=0.02)
    assert hash_uniform(5, 1, 3) != hash_uniform(5, 3, 1)


def test_noise_is_smooth_and_centred():
    east = np.arange(0, 20000, 1.0)
    values = smooth_noise(1, east, 0.37 * east, 100.0)
    assert abs(values.mean()) < 0.1
    assert 0.15 < values.std() < 0.6
    assert np.abs(np.diff(values)).max() < 0.08
