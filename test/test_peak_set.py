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
    return PeakSet(east, rest, rest, rest + 1, strength, levels, hessian, look)


def test_best_places_lie_apart():
    found = places([0, 3, 50, 56, 100], [0.5, 0.9, 0.4, 0.6, 0.1])
    assert found.best(3, separation_m=10.0).east_m.tolist() == [3, 56, 100]
    assert found.best(1, separation_m=10.0).east_m.tolist() == [3]


def test_join_keeps_the_order():
    found = join_peaks([places([0, 1], [0.1, 0.2]), places([2], [0.3])])
    assert found.east_m.tolist() == [0, 1, 2]
    assert len(found) == 3
