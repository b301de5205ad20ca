# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
from visual_navsat.correlation.peak_set import join_peaks, PeakSet


def places(east, strength):
    """Return places along a line."""
    east, strength = np.array(east, float), np.array(strength, float)
    rest, hessian = np.zeros(len(east)), np.zeros((len(east), 2, 2))
    levels, look = strength[:, np.newaxis], np.zeros(len(east), int)
    elastic = np.empty((len(east), 0))
    return PeakSet(east, rest, rest, rest + 1, strength, levels, hessian, look, elastic)


def test_best_places_lie_apart():
    found = places([0, 3, 50, 56, 100], [0.5, 0.9, 0.4, 0.6, 0.1])
    assert found.best(3, separation_m=10.0).east_m.tolist() == [3, 56, 100]
    assert found.best(1, separation_m=10.0).east_m.tolist() == [3]


def test_join_keeps_the_order():
    found = join_peaks([places([0, 1], [0.1, 0.2]), places([2], [0.3])])
    assert found.east_m.tolist() == [0, 1, 2]
    assert len(found) == 3


def test_a_place_is_ranked_by_its_whole_and_by_its_pieces():
    found = places([0, 100, 200], [0.4, 0.5, -0.1])
    np.testing.assert_array_equal(found.standing, found.strength)
    pieces = found.with_elastic(np.array([0.9, 0.3, 0.9])).with_elastic(np.array([0.9, 0.4, 0.9]))
    expected = (0.4**2 * 0.9**2) ** 0.25, (0.5**2 * 0.3 * 0.4) ** 0.25, 0.0
    np.testing.assert_allclose(pieces.standing, expected)
    assert pieces.best(2, separation_m=10.0).east_m.tolist() == [0, 100]
