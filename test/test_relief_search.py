# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A photo over a slope, found as the ground there shows it."""

import cv2
from makers import GSD, looking_ahead, make_grey_ground, make_map_levels
import numpy as np
import pytest
from visual_navsat.correlation.coarse_search import pooled, StrengthSpread
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.relief_photo import ReliefPhoto
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View
from visual_navsat.localization.correlate import correlate
from visual_navsat.localization.height_over_ground import view_over_ground

FRAME = LocalFrame(46.5, 7.9)
SIDE_PX = 800  # 400 m
CAMERA = CameraModel(201, 151, 200.0, 200.0, 100.0, 75.0)
RISE = 0.45  # to the east: the ground of the map rises by 180 m
VEHICLE = np.array([230.0, -170.0, 210.0])
TILT_DEG = 12.0


@pytest.fixture(scope='module')
def ground() -> np.ndarray:
    return np.dstack([make_grey_ground(SIDE_PX)] * 3)


def photograph(ground: np.ndarray, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the camera sees of the slope, and the place under its centre."""
    pixels = np.stack(np.meshgrid(np.arange(201.0), np.arange(151.0)), axis=-1).reshape(-1, 2)
    rays = CAMERA.rays_from_pixels(pixels) @ rotation.T
    along = (VEHICLE[2] - RISE * VEHICLE[0]) / (RISE * rays[:, 0] - rays[:, 2])
    east, north, _ = (VEHICLE + along[:, None] * rays).T
    column, row = (value.reshape(151, 201).astype(np.float32) for value in (east, -north))
    image = cv2.remap(ground, column / GSD - 0.5, row / GSD - 0.5, cv2.INTER_LINEAR)
    return image, np.array([column[75, 100], -row[75, 100]])


def test_a_photo_of_a_slope_is_found_as_the_slope_shows_it(ground):
    area = MapArea(FRAME, make_map_levels(ground))
    grid = PixelGrid(-200.0, 200.0, 80, 80, 10.0)
    east, _ = grid.east_north(*np.indices(grid.shape).astype(float))
    terrain = Terrain(FRAME, grid, RISE * east, 1.0, 'egm2008')
    rotation = looking_ahead(250.0, TILT_DEG)
    image, center_m = photograph(ground, rotation)
    known = View(
        camera=CAMERA, enu_from_camera=rotation, altitude_amsl_m=VEHICLE[2], altitude_sigma_m=3.0
    )
    view = view_over_ground(known, terrain, area.bounds)
    photo = look_down(image, view)
    relief = ReliefPhoto.of(image, view, terrain), area.bounds
    found = correlate(photo, [area], (), 50.0, 1e9, relief=relief)
    assert found.is_whole_map
    best = found.matches[0]
    assert best.is_over_relief
    assert FRAME.enu_from_geodetic(*best.place) == pytest.approx(center_m, abs=1.0)
    height_m = VEHICLE[2] - RISE * center_m[0]
    usual_gsd = photo.view.gsd_m_per_px / view.height_agl_m
    assert best.gsd_m_per_px == pytest.approx(usual_gsd * height_m, rel=0.02)
    level = correlate(photo, [area], (), 50.0, 1e9)
    assert not level.matches[0].is_over_relief
    # As if the ground were level, half of the photo does not fit.
    assert best.strength > 1.3 * level.matches[0].strength


def test_spreads_are_pooled_over_all_places():
    spreads = [StrengthSpread(1.0, 0.0, 100), StrengthSpread(1.5, 0.0, 100)]
    both = pooled(spreads, [1.0, 2.0])
    assert (both.mean, both.std, both.places) == pytest.approx((2.0, 1.0, 200))
