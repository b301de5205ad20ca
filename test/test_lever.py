# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The lever from the ground under a photo's centre to the vehicle, and what it is worth."""

import math

import cv2
from makers import looking_ahead
import numpy as np
import pytest
from visual_navsat.geometry.camera import CameraModel, ground_from_pixel
from visual_navsat.geometry.nadir import look_down, NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.localization.corrections import Corrections
from visual_navsat.localization.lever import (
    FOUND_HEADING_SIGMA_RAD,
    FOUND_SCALE_SIGMA,
    Lever,
)
from visual_navsat.localization.map_match import MapMatch, MatchEvidence

CAMERA = CameraModel(160, 120, 155.0, 155.0, 79.5, 59.5)
BLANK = np.zeros((120, 160, 3), np.uint8)
HEIGHT_M = 120.0
TILT_SIGMA_DEG = 1.0


def matched(heading_deg: float, gsd_m_per_px: float) -> MapMatch:
    evidence = MatchEvidence('whole', (1.0, 1.0, 1.0), (1.0, 1.0), 10.0, 0.0, np.eye(2), 100.0)
    return MapMatch(0.0, 0.0, heading_deg, gsd_m_per_px, 0.3, evidence)


def turned(rng: np.random.Generator, tilt_rad: float, heading_rad: float) -> np.ndarray:
    """Return an error of the attitude: about east and north, then about the vertical."""
    tilt, _ = cv2.Rodrigues(np.array([*rng.normal(0.0, tilt_rad, 2), 0.0]))
    heading, _ = cv2.Rodrigues(np.array([0.0, 0.0, rng.normal(0.0, heading_rad)]))
    return heading @ tilt


def points(homography: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    rays = np.column_stack([pixels, np.ones(len(pixels))]) @ homography.T
    return rays[:, :2] / rays[:, 2:]


def test_tilt_in_metres_by_hand():
    # 100 m high: 1 degree is 1.746 m, 5 degrees are 8.749 m.
    image = np.zeros((60, 80, 3), np.uint8)

    def sigma_m(photo: NadirImage, view: View, usual_m: float) -> float:
        covariance = Lever.of(photo, view, usual_m, 5.0).covariance_m2
        assert covariance == pytest.approx(np.eye(2) * covariance[0, 0], abs=1e-6)
        return math.sqrt(covariance[0, 0])

    known = NadirImage(image, None, View(heading_deg=0.0, gsd_m_per_px=0.2), np.zeros(2))
    view = View(enu_from_camera=np.eye(3), height_agl_m=100.0, tilt_sigma_deg=1.0)
    assert sigma_m(known, view, 999.0) == pytest.approx(1.7455, abs=1e-3)
    unknown = NadirImage(image, None, View(), None)
    assert sigma_m(unknown, View(height_agl_m=100.0), 999.0) == pytest.approx(8.749, abs=1e-3)
    assert sigma_m(unknown, View(), 100.0) == pytest.approx(8.749, abs=1e-3)
    # Where the GSD is known, the longer side says how high the camera is.
    scaled = NadirImage(image, None, View(gsd_m_per_px=1.25), None)
    assert sigma_m(scaled, View(), 999.0) == pytest.approx(8.749, abs=1e-3)


def test_at_45_degrees_a_degree_is_twice_as_far_along_and_height_counts():
    ahead = looking_ahead(0.0, 45.0)
    view = View(
        camera=CAMERA,
        enu_from_camera=ahead,
        height_agl_m=HEIGHT_M,
        heading_sigma_deg=2.0,
        scale_sigma=0.1,
    )
    lever = Lever.of(look_down(BLANK, view), view, 150.0, 3.0)
    np.testing.assert_allclose(lever.offset_m, [0.0, -HEIGHT_M], atol=1e-6)
    degree_m = HEIGHT_M * math.radians(1.0)
    along = math.hypot(2 * degree_m, 0.1 * HEIGHT_M)
    # About the axis ahead a degree moves the ground by the height's share alone.
    across = math.hypot(degree_m, 2 * degree_m)
    # Second orders of a degree are 3 %.
    assert math.sqrt(lever.covariance_m2[1, 1]) == pytest.approx(along, rel=0.03)
    assert math.sqrt(lever.covariance_m2[0, 0]) == pytest.approx(across, rel=0.03)


def test_a_lever_turns_and_grows_with_what_was_found():
    ahead = looking_ahead(0.0, 30.0)
    view = View(camera=CAMERA, enu_from_camera=ahead, height_agl_m=HEIGHT_M)
    photo = look_down(BLANK, view)
    lever = Lever.of(photo, view, 150.0, 3.0)
    behind_m = HEIGHT_M * math.tan(math.radians(30))
    found = lever.at(matched(90.0, 1.1 * photo.view.gsd_m_per_px))
    # The photo looks east and shows more ground: the vehicle is higher, and to the west.
    np.testing.assert_allclose(found.offset_m, [-1.1 * behind_m, 0.0], atol=1e-6)


@pytest.mark.parametrize('tilt_deg', [0.0, 15.0, 30.0])
def test_the_reach_of_a_tilt_is_how_far_the_vehicle_is_found_off(tilt_deg):
    """A camera that looks a degree further to the right, or up, than is known."""
    grid = np.stack(np.meshgrid(np.linspace(0, 159, 25), np.linspace(0, 119, 19)), -1)
    pixels, center_px = grid.reshape(-1, 2), np.array([[79.5, 59.5]])
    believed_attitude = looking_ahead(70.0, tilt_deg)
    view = View(camera=CAMERA, enu_from_camera=believed_attitude, height_agl_m=HEIGHT_M)
    photo = look_down(BLANK, view)
    believed = ground_from_pixel(CAMERA, believed_attitude, HEIGHT_M)
    near = is_on(photo, points(believed, pixels) - points(believed, center_px))
    shown = points(believed, pixels[near])
    weights = np.linalg.norm(np.column_stack([shown, np.full(len(shown), HEIGHT_M)]), axis=1)
    for further in (Corrections(tilt_right_deg=1.0), Corrections(tilt_up_deg=1.0)):
        truth = ground_from_pixel(CAMERA, believed_attitude @ further.tilt, HEIGHT_M)
        turn, scale, shift = similarity(shown, points(truth, pixels[near]), weights**3)
        match = matched(photo.view.heading_deg + turn, photo.view.gsd_m_per_px * scale)
        lever = Lever.of(photo, view, 150.0, 3.0)
        found_m = shift(points(believed, center_px)[0]) + lever.at(match).offset_m
        tilt = np.radians([further.tilt_right_deg, further.tilt_up_deg])
        reach = lever.tilt_reach_enu(match) @ tilt
        # A degree is 2.1 m; second orders are centimetres, the uneven net of points adds some.
        np.testing.assert_allclose(reach[:2], found_m, atol=0.2)
        np.testing.assert_allclose(reach[2], math.log(scale), atol=2e-3)
        np.testing.assert_allclose(np.degrees(reach[3]), turn, atol=0.05)


@pytest.mark.parametrize('tilt_deg', [0.0, 15.0, 30.0, 45.0, 60.0])
def test_the_covariance_is_that_of_drawn_errors(tilt_deg):
    """The vehicle's error over its covariance is 1 for attitudes and heights drawn as claimed."""
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(np.linspace(0, 159, 25), np.linspace(0, 119, 19)), -1)
    pixels = grid.reshape(-1, 2)
    heading_sigma_deg, scale_sigma = 2.0, 0.05
    known, aligned = [], []
    for _ in range(300):
        ahead = looking_ahead(rng.uniform(0, 360), tilt_deg)
        truth = ground_from_pixel(CAMERA, ahead, HEIGHT_M)
        view = View(
            camera=CAMERA,
            enu_from_camera=turned(
                rng, math.radians(TILT_SIGMA_DEG), math.radians(heading_sigma_deg)
            )
            @ ahead,
            height_agl_m=HEIGHT_M * (1 + rng.normal(0.0, scale_sigma)),
            heading_sigma_deg=heading_sigma_deg,
            tilt_sigma_deg=TILT_SIGMA_DEG,
            scale_sigma=scale_sigma,
        )
        photo = look_down(BLANK, view)
        lever = Lever.of(photo, view, 150.0, 3.0)
        believed = ground_from_pixel(CAMERA, view.enu_from_camera, view.height_agl_m)
        center_px = np.array([[79.5, 59.5]])
        center_m = points(truth, center_px)[0]
        known.append(squared_sigmas(center_m + lever.offset_m, lever.covariance_m2))
        # What correlation finds: the similarity that lays what the photo shows on the truth,
        # with each point weighted by the ground that it stands for.
        near = is_on(photo, points(believed, pixels) - points(believed, center_px))
        shown, true = points(believed, pixels[near]), points(truth, pixels[near])
        weights = np.linalg.norm(np.column_stack([shown, np.full(len(shown), HEIGHT_M)]), axis=1)
        turn, scale, shift = similarity(shown, true, weights**3)
        found_deg = (
            photo.view.heading_deg + turn + math.degrees(rng.normal(0.0, FOUND_HEADING_SIGMA_RAD))
        )
        found_gsd = photo.view.gsd_m_per_px * scale * (1 + rng.normal(0.0, FOUND_SCALE_SIGMA))
        found_center = shift(points(believed, center_px)[0])
        at = lever.at(matched(found_deg, found_gsd))
        aligned.append(squared_sigmas(found_center + at.offset_m, at.covariance_m2))
    # Of 300 draws with two degrees of freedom the mean has a deviation of 0.06; at 60 degrees
    # errors grow faster than their sigmas.
    assert 0.8 <= np.mean(known) / 2 <= 1.25
    assert 0.75 <= np.mean(aligned) / 2 <= 1.3


def is_on(photo: NadirImage, from_center_m: np.ndarray) -> np.ndarray:
    """Return which ground points lie on the level image."""
    heading = math.radians(photo.view.heading_deg)
    axes = np.array(
        [[math.cos(heading), -math.sin(heading)], [math.sin(heading), math.cos(heading)]]
    )
    half_m = np.array(photo.image.shape[1::-1]) / 2 * photo.view.gsd_m_per_px
    return (np.abs(from_center_m @ axes.T) < half_m).all(axis=1)


def squared_sigmas(error_m: np.ndarray, covariance_m2: np.ndarray) -> float:
    return float(error_m @ np.linalg.solve(covariance_m2, error_m))


def similarity(source: np.ndarray, target: np.ndarray, weights: np.ndarray):
    """Return degrees clockwise, scale and the map of the similarity of least squares (Umeyama)."""
    weights = weights / weights.sum()
    from_m, to_m = weights @ source, weights @ target
    cross = (target - to_m).T @ ((source - from_m) * weights[:, None])
    u, singular, v = np.linalg.svd(cross)
    flip = np.diag([1.0, np.sign(np.linalg.det(u) * np.linalg.det(v))])
    rotation = u @ flip @ v
    scale = float(np.trace(np.diag(singular) @ flip) / (weights @ (source - from_m) ** 2).sum())
    clockwise = -math.degrees(math.atan2(rotation[1, 0], rotation[0, 0]))
    return clockwise, scale, lambda point: to_m + scale * rotation @ (point - from_m)
