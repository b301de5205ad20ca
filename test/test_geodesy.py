# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pyproj
import pytest
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.geodesy import distance_m, LocalFrame, wrap_long


@pytest.mark.parametrize(
    ('lat', 'long'), [(24.26, 120.72), (0.0, 0.0), (-33.9, 18.4), (78.2, 15.6), (10.0, 179.9999)]
)
def test_round_trip(lat, long):
    frame = LocalFrame(lat, long)
    enu = np.array([[0.0, 0.0], [5000.0, -3000.0], [-12.5, 0.25]])
    back = frame.enu_from_geodetic(*frame.geodetic_from_enu(enu))
    np.testing.assert_allclose(back, enu, atol=1e-6)


def test_against_earth_centred_coordinates():
    # An independent way to the same metres: the tangent plane of geocentric coordinates.
    lat, long = 51.5, -0.1
    cart = pyproj.Transformer.from_crs('EPSG:4979', 'EPSG:4978', always_xy=True)
    origin = np.array(cart.transform(long, lat, 0.0))
    point = np.array(cart.transform(long + 0.01, lat + 0.01, 0.0))
    la, lo = np.radians([lat, long])
    east = np.array([-np.sin(lo), np.cos(lo), 0.0])
    north = np.array([-np.sin(la) * np.cos(lo), -np.sin(la) * np.sin(lo), np.cos(la)])
    expected = [east @ (point - origin), north @ (point - origin)]
    enu = LocalFrame(lat, long).enu_from_geodetic(lat + 0.01, long + 0.01)
    np.testing.assert_allclose(enu, expected, atol=2e-3)


def test_one_arc_minute_of_latitude_is_a_nautical_mile():
    assert distance_m(45.0, 7.0, 45.0 + 1 / 60, 7.0) == pytest.approx(1852, abs=1.0)


def test_the_antimeridian_is_no_border():
    enu = LocalFrame(0.0, 179.9995).enu_from_geodetic(0.0, -179.9995)
    np.testing.assert_allclose(enu, [0.001 * 111319.49, 0.0], atol=0.01)
    assert wrap_long(180.5) == pytest.approx(-179.5)


def test_an_origin_out_of_range_is_refused():
    with pytest.raises(ShapeError, match=r'latitude of frame origin must be .* got 91'):
        LocalFrame(91.0, 0.0)
    with pytest.raises(ShapeError, match=r'latitude of frame origin must be .* got nan'):
        LocalFrame(float('nan'), 0.0)
