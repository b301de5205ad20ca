# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The fake autopilot flies on late, irregular fixes, all of it on a simulated clock."""

import _needs_pymavlink  # noqa: F401
import numpy as np
import pytest
from rehearsed_flight import fly

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ('kind', 'way', 'seed'), [('ardupilot', 'vision', 3), ('px4', 'sensor', 0)]
)
def test_what_is_sent_is_as_good_as_the_fixes_and_as_good_as_it_says(kind, way, seed):
    flown = fly(kind, way, seed, seconds=150)
    assert np.median(flown.sent_errors_m) < 1.5 * np.median(flown.fix_errors_m)
    assert 0.8 < np.mean(flown.nees) / 2 < 1.25
    assert abs(np.mean(flown.along_m)) < 0.5
    assert np.median(flown.ekf_errors_m) < 6.0
    assert np.percentile(flown.ekf_errors_m, 95) < 15.0
