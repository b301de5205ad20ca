# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

import numpy as np
import pytest
from visual_navsat.geometry.areas import tiles_bounds_m
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.region import intersections, Region
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.localization.prior import Prior

FRAME = LocalFrame(46.5, 7.9)


def test_a_gaussian_is_a_box_that_holds_999_of_1000():
    covariance = np.array([[400.0, 90.0], [90.0, 100.0]])
    prior = Prior.around(FRAME, np.array([100.0, -50.0]), covariance)
    (box,) = prior.regions
    assert (box.east_m - 100) / 20 == pytest.approx(3.717)
    draws = np.random.default_rng(0).multivariate_normal([100, -50], covariance, 200_000)
    inside = (draws > [box.west_m, box.south_m]) & (draws < [box.east_m, box.north_m])
    assert inside.all(axis=1).mean() > 0.999


def test_boxes_move_and_widen():
    prior = Prior(FRAME, (Region(0, 0, 10, 20),)).moved(np.array([5.0, -5.0]), 2.0)
    assert prior.regions == (Region(3, -7, 17, 17),)
    assert prior.area_m2 == 14 * 24


def test_boxes_in_another_frame_hold_the_same_ground():
    prior = Prior(FRAME, (Region(-300.0, -200.0, 500.0, 600.0),))
    other = LocalFrame(46.9, 8.6)  # 69 km away: its north is turned by half a degree
    (box,) = prior.regions_in(other)
    inside = np.random.default_rng(1).uniform([-300, -200], [500, 600], (1000, 2))
    moved = other.enu_from_geodetic(*FRAME.geodetic_from_enu(inside))
    assert ((moved >= [box.west_m, box.south_m]) & (moved <= [box.east_m, box.north_m])).all()
    assert box.east_m - box.west_m == pytest.approx(800, rel=0.02)


def make_tile(west, south, east, north) -> TileMetadata:
    lat, long = FRAME.geodetic_from_enu(np.array([[west, north], [east, south]], float))
    return TileMetadata('a.png', lat[0], long[0], lat[1], long[1])


def test_tiles_that_a_prior_touches():
    tiles = [make_tile(0, 0, 100, 100), make_tile(100, 0, 200, 100), make_tile(900, 0, 999, 99)]
    boxes = tiles_bounds_m(tiles, FRAME)
    prior = Prior(FRAME, (Region(90, 90, 150, 300), Region(-50, -50, -1, -1)))
    np.testing.assert_array_equal(prior.touches(boxes, FRAME), [True, True, False])


def test_what_boxes_share():
    shared = intersections([Region(0, 0, 10, 10)], [Region(5, 5, 20, 20), Region(10, 0, 20, 9)])
    assert shared == [Region(5, 5, 10, 10)]
