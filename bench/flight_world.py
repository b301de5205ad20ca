# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A large procedural map, and flights over it: true path, drifting odometry, any kind of image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.world_map import CAMERA, draw_area, HEADING_ERROR_DEG, HEIGHT_ERROR, off_by_error
import cv2
import numpy as np
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.rotation import about_up
from visual_navsat.geometry.view import View
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import flight_epoch
from visual_navsat_sim.worlds.world import World

USELESS_SHARE = 0.4
USELESS = ('black', 'blurred', 'elsewhere')
HEIGHTS_M = (150.0, 300.0)
LEGS_M = (100.0, 160.0)  # between two images
TILT_DEG = 4.0  # of the camera, uniform per axis
TILT_ERROR_DEG = 1.0  # standard deviation of what the attitude says about it
ODOMETRY_DRIFT = 0.03
_DRIFT_LENGTH_M = 1000.0  # over which scale and direction of the odometry wander off
_BORDER_M = 1000.0  # closer to the map's border than this, the vehicle turns back
_ELSEWHERE_M = 80_000.0


@dataclass(frozen=True)
class Leg:
    """One image of a flight, with what the vehicle knows and what is true."""

    kind: str  # 'useful' or one of USELESS
    image: np.ndarray  # (480, 640, 3) uint8
    view: View
    position_m: np.ndarray  # (2,) true
    odometry_m: np.ndarray  # (2,) where odometry says that the vehicle is, from its start


def draw_map(world: World, seed: int, side_m: float) -> MapArea:
    """Return the gradient field of a square around the world's origin."""
    corner_m = -side_m / 2, side_m / 2
    return draw_area(world, seed, corner_m, side_m, piece_px=2000, rim_px=8, clip=True)


def fly(world: World, seed: int, side_m: float) -> Iterator[Leg]:
    """Yield the legs of an endless flight on a day of its own."""
    rng = np.random.default_rng([79, seed])
    epoch = flight_epoch(seed)
    reach = side_m / 2 - _BORDER_M
    position = rng.uniform(-reach, reach, 2)
    course = rng.uniform(0, 2 * np.pi)
    height = rng.uniform(*HEIGHTS_M)
    odometry = np.zeros(2)
    drift = rng.normal(0, ODOMETRY_DRIFT, 2)  # relative scale, direction in radians
    number = 0
    while True:
        kind = 'useful' if rng.random() >= USELESS_SHARE else str(rng.choice(USELESS))
        pose = _pose(rng, position, course, height, kind)
        image = photograph(world, epoch, pose, CAMERA, exposure_key=number).image
        yield Leg(kind, _spoil(image, kind), _view(rng, pose), position.copy(), odometry.copy())
        number += 1
        length = rng.uniform(*LEGS_M)
        course = _next_course(rng, position, course, reach)
        step = length * np.array([np.sin(course), np.cos(course)])
        position = position + step
        drift = _next_drift(rng, drift, length)
        odometry = odometry + (1 + drift[0]) * (about_up(drift[1])[:2, :2] @ step)


def _pose(rng, position, course, height, kind) -> CameraPose:
    east, north = position + (_ELSEWHERE_M if kind == 'elsewhere' else 0.0)
    pitch, roll = rng.uniform(-TILT_DEG, TILT_DEG, 2)
    return CameraPose(east, north, height, float(np.degrees(course)), pitch, roll)


def _view(rng, pose: CameraPose) -> View:
    """Return what the vehicle believes about an image."""
    heading = off_by_error(pose.heading_deg, HEADING_ERROR_DEG, rng)
    pitch, roll = rng.normal([pose.pitch_deg, pose.roll_deg], TILT_ERROR_DEG)
    believed = CameraPose(0.0, 0.0, pose.height_agl_m, heading, pitch, roll)
    focal = CAMERA.focal_length_px
    center = ((CAMERA.width - 1) / 2, (CAMERA.height - 1) / 2)
    return View(
        camera=CameraModel(CAMERA.width, CAMERA.height, focal, focal, *center),
        enu_from_camera=believed.enu_from_camera,
        height_agl_m=pose.height_agl_m * off_by_error(1.0, HEIGHT_ERROR, rng),
        heading_sigma_deg=HEADING_ERROR_DEG / 2,
        tilt_sigma_deg=TILT_ERROR_DEG,
        scale_sigma=HEIGHT_ERROR / 2,
    )


def _spoil(image: np.ndarray, kind: str) -> np.ndarray:
    if kind == 'black':
        return np.full_like(image, 3)
    return cv2.GaussianBlur(image, (0, 0), 30.0) if kind == 'blurred' else image


def _next_course(rng, position, course, reach) -> float:
    course = course + rng.normal(0, 0.15)
    if np.abs(position).max() > reach:  # back, past the middle of the map
        course = np.arctan2(*(-position)) + rng.normal(0, 0.3)
    return float(course)


def _next_drift(rng, drift, length) -> np.ndarray:
    """Return scale and direction after a leg; each wanders with the drift's standard deviation."""
    kept = np.exp(-length / _DRIFT_LENGTH_M)
    return kept * drift + np.sqrt(1 - kept**2) * rng.normal(0, ODOMETRY_DRIFT, 2)
