# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The vehicle's altitude from the scale of its photo and the ground under it."""

import math

import cv2
from makers import looking_ahead
import numpy as np
import pytest
from visual_navsat.geometry.camera import CameraModel, center_gsd_m_per_px
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View
from visual_navsat.localization.altitude import HEIGHT_SIGMA
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.map_match import MapMatch, MatchEvidence
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat.messages.fix import fix_fields

CAMERA = CameraModel(160, 120, 155.0, 155.0, 79.5, 59.5)
BLANK = np.zeros((120, 160, 3), np.uint8)
FRAME = LocalFrame(47.0, 9.0)
GRID = PixelGrid(-600.0, 600.0, 120, 120, 10.0)
CENTER = PositionEstimate.from_horizontal(47.0, 9.0, np.diag([4.0, 9.0]), 100.0)


def slope(east: float, north: float = 0.0, sigma_m: float = 5.0, undulation_m=None) -> Terrain:
    rows, columns = np.indices(GRID.shape).astype(float)
    easts, norths = GRID.east_north(rows, columns)
    geoid = None if undulation_m is None else np.full(GRID.shape, undulation_m)
    return Terrain(FRAME, GRID, 500 + east * easts + north * norths, sigma_m, 'egm96', geoid)


def matched(heading_deg: float, gsd_m_per_px: float) -> MapMatch:
    evidence = MatchEvidence('whole', (1.0, 1.0, 1.0), (1.0, 1.0), 10.0, 0.0, np.eye(2), 100.0)
    return MapMatch(47.0, 9.0, heading_deg, gsd_m_per_px, 0.3, evidence)


def vehicle(view: View, terrain: Terrain | None, scale: float, center=CENTER):
    photo = look_down(BLANK, view)
    lever = Lever.of(photo, view, 150.0, 3.0, terrain)
    found = matched(photo.view.heading_deg, photo.view.gsd_m_per_px * scale)
    return lever.at(found).vehicle(center)


def test_found_scale_and_ground_give_the_altitude():
    view = View(camera=CAMERA, enu_from_camera=looking_ahead(0.0, 0.0), height_agl_m=200.0)
    found = vehicle(view, slope(0.0, undulation_m=48.0), 1.1)
    assert found.altitude_amsl_m == pytest.approx(720.0)
    assert found.altitude_m == pytest.approx(768.0)
    # 5 m of the elevation model, 2 % of 220 m.
    assert found.covariance_enu_m2[2, 2] == pytest.approx(25 + (0.02 * 220) ** 2)
    assert fix_fields(found, 0.0)['altitude'] == pytest.approx(768.0)


def test_a_place_on_a_slope_is_wrong_in_height_where_it_is_wrong_aside():
    view = View(camera=CAMERA, enu_from_camera=looking_ahead(0.0, 0.0), height_agl_m=200.0)
    flat, steep = (vehicle(view, slope(rise, undulation_m=0.0), 1.0) for rise in (0.0, 0.5))
    # 2 m east to west.
    added = steep.covariance_enu_m2[2, 2] - flat.covariance_enu_m2[2, 2]
    assert added == pytest.approx(0.25 * 4.0)


def test_without_a_geoid_the_fix_keeps_the_altitude_of_the_parameter():
    view = View(camera=CAMERA, enu_from_camera=looking_ahead(0.0, 0.0), height_agl_m=200.0)
    found = vehicle(view, slope(0.0), 1.0)
    assert found.altitude_amsl_m == pytest.approx(700.0)
    assert math.isnan(found.altitude_m)
    assert found.covariance_enu_m2[2, 2] == CENTER.covariance_enu_m2[2, 2]
    assert fix_fields(found, 12.5)['altitude'] == 12.5


def test_without_terrain_or_height_nothing_is_said_of_it():
    view = View(camera=CAMERA, enu_from_camera=looking_ahead(0.0, 0.0), height_agl_m=200.0)
    assert math.isnan(vehicle(view, None, 1.0).altitude_amsl_m)
    by_gsd = View(enu_from_camera=looking_ahead(0.0, 0.0), heading_deg=0.0, gsd_m_per_px=0.3)
    assert math.isnan(vehicle(by_gsd, slope(0.0), 1.0).altitude_amsl_m)
    photo = look_down(BLANK, view)
    lever = Lever.of(photo, view, 150.0, 3.0, slope(0.0)).at(matched(0.0, 1.2))
    assert lever.vehicle(Refusal.of('ambiguous')) == Refusal.of('ambiguous')


def test_off_the_known_ground_the_plane_counts():
    view = View(camera=CAMERA, enu_from_camera=looking_ahead(0.0, 30.0), height_agl_m=200.0)
    known, off = slope(0.0), Terrain(LocalFrame(0.0, 0.0), GRID, np.zeros(GRID.shape), 5.0, '')
    offsets = []
    for terrain in (known, off, None):
        photo = look_down(BLANK, view)
        lever = Lever.of(photo, view, 150.0, 3.0, terrain).at(matched(0.0, 1.6))
        offsets.append(lever.offset_m)
    np.testing.assert_allclose(offsets[0], offsets[2], atol=1e-6)
    np.testing.assert_allclose(offsets[1], offsets[2], atol=1e-6)


@pytest.mark.parametrize('tilt_deg', [0.0, 30.0, 45.0])
def test_the_vertical_sigma_is_that_of_drawn_errors(tilt_deg):
    """Errors of ground, scale, tilt and place, drawn as claimed, are one sigma in the mean."""
    rng = np.random.default_rng(3)
    height_m, truth_rise = 180.0, 0.3
    sigma_deg, squared = 1.0, []
    root = np.sqrt(np.diag(CENTER.horizontal_covariance_m2))
    for _ in range(400):
        ahead = looking_ahead(rng.uniform(0, 360), tilt_deg)
        tilt, _ = cv2.Rodrigues(np.array([*rng.normal(0.0, math.radians(sigma_deg), 2), 0.0]))
        # The place that is found is off; so is the ground that the map knows there.
        off_m = rng.normal(0.0, root)
        true_ground_m = 500.0 - truth_rise * off_m[0]
        terrain = slope(truth_rise, undulation_m=0.0)
        terrain = Terrain(
            FRAME, GRID, terrain.heights_m + rng.normal(0.0, 5.0), 5.0, '', terrain.undulation_m
        )
        view = View(
            camera=CAMERA, enu_from_camera=tilt @ ahead, height_agl_m=height_m * 1.05,
            tilt_sigma_deg=sigma_deg,
        )  # fmt: skip
        photo = look_down(BLANK, view)
        true_gsd = center_gsd_m_per_px(CAMERA, ahead, height_m)
        found_gsd = true_gsd * (1 + rng.normal(0.0, HEIGHT_SIGMA))
        found = vehicle(view, terrain, found_gsd / photo.view.gsd_m_per_px)
        error_m = found.altitude_m - (true_ground_m + height_m)
        squared.append(error_m**2 / found.covariance_enu_m2[2, 2])
    # Of 400 draws the mean has a deviation of 0.07.
    assert 0.8 < np.mean(squared) < 1.25
