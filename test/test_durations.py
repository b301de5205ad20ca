# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Durations read as people say them, whatever their size."""

import math

import pytest
from visual_navsat.durations import duration_text


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        (0.0, '0 ms'),
        (0.0004, '0.4 ms'),
        (0.00412, '4.1 ms'),
        (0.00999, '10 ms'),
        (0.34, '340 ms'),
        (0.9994, '999 ms'),
        (0.9996, '1.0 s'),
        (2.16, '2.2 s'),
        (9.96, '10 s'),
        (59.4, '59 s'),
        (59.6, '1 min'),
        (80.2, '1 min 20 s'),
        (3599.4, '59 min 59 s'),
        (3599.6, '1 h'),
        (7500.0, '2 h 5 min'),
        (-0.34, '-340 ms'),
        (math.nan, '–'),
    ],
)
def test_durations(seconds, text):
    assert duration_text(seconds) == text
