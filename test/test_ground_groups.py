# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Ground of which a photo would look alike."""

from makers import looking_ahead
import numpy as np
import pytest
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.relief_photo import ReliefPhoto
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View
from visual_navsat.localization.ground_groups import group_ground

GRID = PixelGrid(-1500.0, 1500.0, 100, 100, 30.0)
MAP = Region(-1000.0, -1000.0, 1000.0, 1000.0)
CAMERA = CameraModel(640, 480, 620.0, 620.0, 319.5, 239.5)
EAST, NORTH = GRID.east_north(*np.indices(GRID.shape).astype(float))


def groups_over(heights_m: np.ndarray, altitude_m: float):
    terrain = Terrain(LocalFrame(47.0, 9.0), GRID, heights_m, 5.0, 'egm96')
    view = View(
        camera=CAMERA, enu_from_camera=looking_ahead(20.0, 15.0), altitude_amsl_m=altitude_m,
        altitude_sigma_m=12.0,
    )  # fmt: skip
    photo = ReliefPhoto.of(np.zeros((480, 640, 3), np.uint8), view, terrain)
    return terrain, group_ground(photo, MAP, 8.0)


def test_level_ground_is_one_group():
    _, (group,) = groups_over(np.full(GRID.shape, 500.0), 700.0)
    assert group.regions == (MAP,)
    assert group.height_m == pytest.approx(200.0)
    # Two sigmas of 13 m, of altitude and ground together.
    assert group.scale_tolerance == pytest.approx(26.0 / 200.0)


def test_groups_share_the_ground_and_their_scales_cover_its_heights():
    terrain, groups = groups_over(500 + 0.15 * EAST, 800.0)  # heights of 150 to 450 m
    assert len(groups) > 3
    assert sum(box.area_m2 for group in groups for box in group.regions) == pytest.approx(4e6)
    for group in groups:
        for box in group.regions:
            over_m = 800.0 - terrain.height_at(np.array([box.west_m, box.east_m]), np.zeros(2))
            assert np.abs(over_m / group.height_m - 1).max() < group.scale_tolerance
        assert group.scale_tolerance < 0.45


def test_slopes_that_run_elsewhere_are_other_groups():
    """A ridge: both sides are as high, but what a photo shows of them leans apart."""
    _, groups = groups_over(600 - 0.3 * np.abs(EAST), 800.0)
    for group in groups:
        sides = {np.sign(box.west_m + box.east_m) for box in group.regions if box.west_m**2 > 9e4}
        assert len(sides) < 2


def test_hills_above_the_altitude_are_left_out():
    _, groups = groups_over(500 + 0.15 * EAST, 560.0)
    # The ground is above it from 400 m east on.
    assert max(box.east_m for group in groups for box in group.regions) < 600.0


def test_unknown_ground_counts_as_the_usual_height():
    heights = np.full(GRID.shape, 500.0)
    heights[40:50, 40:50] = np.nan
    _, groups = groups_over(heights, 700.0)
    assert sum(box.area_m2 for group in groups for box in group.regions) == pytest.approx(4e6)
