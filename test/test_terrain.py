# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Ground heights between pixels, and where rays meet the ground."""

import numpy as np
import pytest
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.terrain import Terrain

FRAME = LocalFrame(47.0, 9.0)
GRID = PixelGrid(-500.0, 500.0, 100, 100, 10.0)


def make_terrain(height_of, **more) -> Terrain:
    rows, columns = np.indices(GRID.shape).astype(float)
    return Terrain(FRAME, GRID, height_of(*GRID.east_north(rows, columns)), 5.0, 'egm96', **more)


SLOPE = make_terrain(lambda east, north: 300 + 0.2 * east - 0.1 * north)


def test_heights_between_pixels_lie_on_the_plane():
    east, north = np.array([0.0, 13.0, -200.5]), np.array([0.0, -7.0, 111.1])
    np.testing.assert_allclose(
        SLOPE.height_at(east, north), 300 + 0.2 * east - 0.1 * north, atol=1e-9
    )
    assert SLOPE.slope_at(20.0, 30.0) == pytest.approx((0.2, -0.1))


def test_height_is_unknown_beyond_the_grid_and_beside_a_hole():
    assert np.isnan(SLOPE.height_at(500.1, 0.0))
    heights = np.array(SLOPE.heights_m)
    heights[50, 50] = np.nan
    holed = Terrain(FRAME, GRID, heights, 5.0, 'egm96')
    east, north = GRID.east_north(50.4, 50.4)
    assert np.isnan(holed.height_at(east, north))
    assert np.isfinite(holed.height_at(east + 20, north))


def test_places_in_degrees_are_those_of_the_frame():
    lat, long = FRAME.geodetic_from_enu([100.0, 50.0])
    assert SLOPE.height_of(lat, long) == pytest.approx(315.0)
    assert np.isnan(SLOPE.undulation_of(lat, long))
    geoid = make_terrain(lambda east, north: 0 * east, undulation_m=np.full(GRID.shape, 48.0))
    assert geoid.undulation_of(lat, long) == pytest.approx(48.0)


def test_range_in_a_box_is_of_its_pixels():
    ground = SLOPE.range_in(Region(0.0, 0.0, 100.0, 10.0))
    assert (ground.low_m, ground.high_m) == pytest.approx((300.5, 318.5))
    assert ground.relief_m == pytest.approx(18.0)
    assert SLOPE.range_in(Region(1000.0, 0.0, 1100.0, 10.0)) is None


def test_a_ray_meets_the_slope_where_geometry_says():
    # From 400 m over the middle, 45 degrees down to the east: 400 - d = 300 + 0.2 d.
    met = SLOPE.meet([0.0, 0.0, 400.0], [1.0, 0.0, -1.0])
    assert met == pytest.approx([100 / 1.2, 0.0, 400 - 100 / 1.2], abs=0.02)
    # And to the west, where the ground falls.
    met = SLOPE.meet([0.0, 0.0, 400.0], [-2.0, 0.0, -2.0])
    assert met == pytest.approx([-100 / 0.8, 0.0, 400 - 100 / 0.8], abs=0.02)
    straight_down = SLOPE.meet([50.0, -50.0, 400.0], [0.0, 0.0, -1.0])
    assert straight_down == pytest.approx([50.0, -50.0, 315.0], abs=0.02)


def test_a_ray_stops_at_the_first_of_two_hills():
    hills = make_terrain(lambda east, north: 100.0 * (np.abs(np.abs(east) - 200) < 50))
    met = hills.meet([-450.0, 0.0, 150.0], [2.0, 0.0, -0.5])
    assert -260 < met[0] < -240
    assert met[2] == pytest.approx(150 - (met[0] + 450) / 4, abs=0.02)


@pytest.mark.parametrize(
    ('origin', 'ray'),
    [
        ([0.0, 0.0, 400.0], [1.0, 0.0, 0.1]),  # at the sky
        ([0.0, 0.0, 290.0], [0.0, 0.0, -1.0]),  # from below the ground
        ([480.0, 0.0, 500.0], [1.0, 0.0, -0.2]),  # off the known ground
    ],
)
def test_a_ray_that_meets_no_known_ground_has_no_end(origin, ray):
    assert SLOPE.meet(origin, ray) is None


def test_heights_must_fit_their_grid():
    with pytest.raises(ShapeError, match='do not fit'):
        Terrain(FRAME, GRID, np.zeros((2, 2)), 5.0, 'egm96')
