# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import math

from makers import FLOAT32
import numpy as np
import pytest
from visual_navsat.correlation.heading_scale_grid import HeadingScaleGrid, HeadingScaleRange
from visual_navsat.errors import ConfigError


def test_grid_covers_what_is_open():
    step = math.radians(4.0)
    grid = HeadingScaleGrid.covering(HeadingScaleRange(90.0, 5.0, 0.1), step)
    headings, scales = np.unique(grid.heading_deg), np.unique(grid.scale)
    assert len(grid) == len(headings) * len(scales) == 9
    for heading in np.linspace(85, 95, 50):
        assert np.abs(headings - heading).min() <= 2.0 + 1e-4
    for scale in np.linspace(0.9, 1.1, 50):
        assert np.abs(np.log(scales / scale)).min() <= step / 2 + 1e-4


def test_no_heading_goes_all_around():
    grid = HeadingScaleGrid.covering(
        HeadingScaleRange(None, scale_tolerance=0.0), math.radians(7.0)
    )
    headings = np.sort(grid.heading_deg.numpy())
    assert len(headings) == 52  # 360 / 7, rounded up
    np.testing.assert_allclose(np.diff(headings), 360 / 52, rtol=1e-4)
    np.testing.assert_allclose(grid.scale.numpy(), 1.0, atol=FLOAT32)


def test_what_is_known_for_sure_is_tried_once():
    grid = HeadingScaleGrid.covering(HeadingScaleRange(12.0, 0.0, 0.0), 0.05)
    assert grid.heading_deg.tolist() == [12.0]
    assert grid.scale.tolist() == [1.0]


@pytest.mark.parametrize(
    'bad',
    [
        {'heading_deg': math.nan},
        {'heading_tolerance_deg': -1.0},
        {'scale_tolerance': 1.0},
        {'scale_tolerance': math.nan},
    ],
)
def test_impossible_knowledge_is_refused(bad):
    with pytest.raises(ConfigError, match='must be'):
        HeadingScaleRange(**bad)


def test_a_find_near_a_limit_widens_that_limit():
    span = HeadingScaleRange(350.0, 10.0, 0.1)
    for heading_deg, scale in ((350.0, 1.0), (358.0, 1.08), (342.0, 0.92)):
        assert span.widened_around(heading_deg, scale) == span
    turned = HeadingScaleRange(350.0, 25.0, 0.1)
    assert span.widened_around(359.5, 1.0) == span.widened_around(340.5, 1.0) == turned
    scaled = span.widened_around(350.0, 0.905)
    assert (scaled.heading_tolerance_deg, scaled.scale_tolerance) == (10.0, pytest.approx(0.25))
    assert scaled.widened_around(350.0, 1.24).scale_tolerance == 0.4
    assert HeadingScaleRange(None, 5.0, 0.5).widened_around(123.0, 0.5).scale_tolerance == 0.5
    assert HeadingScaleRange(None, 5.0, 0.1).widened_around(123.0, 1.0).heading_deg is None
