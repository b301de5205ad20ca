# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Web mercator: the square of the world, and EPSG:3857 as PROJ has it."""

import numpy as np
import pyproj
import pytest
from visual_navsat.geometry.web_mercator import (
    geodetic_from_mercator,
    geodetic_from_world,
    gsd_m_per_px,
    mercator_from_geodetic,
    world_from_geodetic,
)


def test_the_square_of_the_world():
    # It ends at 85.0511 degrees; the equator and Greenwich are its middle.
    assert world_from_geodetic(0.0, 0.0) == pytest.approx((0.5, 0.5))
    assert world_from_geodetic(85.05112878, -180.0) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert world_from_geodetic(90.0, 190.0) == pytest.approx((370 / 360, 0.0), abs=1e-9)
    assert geodetic_from_world(0.75, 0.5) == pytest.approx((0.0, 90.0))


def test_metres_are_those_of_proj():
    lats, longs = np.array([47.0, -33.9, 0.0, 71.0]), np.array([8.0, 151.2, -0.1, 179.9])
    proj = pyproj.Transformer.from_crs('EPSG:4326', 'EPSG:3857', always_xy=True)
    expected = np.stack(proj.transform(longs, lats), axis=-1)
    points_m = mercator_from_geodetic(lats, longs)
    np.testing.assert_allclose(points_m, expected, atol=1e-3)
    np.testing.assert_allclose(geodetic_from_mercator(points_m), [lats, longs], atol=1e-9)


def test_metres_per_pixel():
    assert gsd_m_per_px(0.0, 0, 256) == pytest.approx(156543.03, abs=0.01)
    assert gsd_m_per_px(60.0, 18, 256) == pytest.approx(0.29858, abs=1e-5)
