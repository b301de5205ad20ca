# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Attitudes as data sets give them, as what is known of a photo."""

from __future__ import annotations

import math
from typing import TypedDict

import numpy as np
from scipy.spatial.transform import Rotation
from visual_navsat.geometry.rotation import body_from_mounted_camera
from visual_navsat.geometry.view import View

_MIN_SIDEWAYS = 1e-9  # of a unit vector: nearer to straight down it points nowhere


class Angles(TypedDict):
    """The fields of Knowledge that an attitude fills."""

    heading_deg: float | None
    pitch_deg: float
    roll_deg: float


def belly_camera(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """
    Return (3, 3) enu_from_camera of a camera under an aircraft, its image's up side ahead.

    :param yaw_deg: of the nose, clockwise from north.
    :param pitch_deg: of the nose above the horizon.
    :param roll_deg: positive where the right wing is down.
    """
    angles = [90.0 - yaw_deg, -pitch_deg, roll_deg]
    enu_from_body = Rotation.from_euler('ZYX', angles, degrees=True).as_matrix()
    return enu_from_body @ body_from_mounted_camera(0.0, -90.0, 0.0)


def enu_from_ecef(lat: float, long: float) -> np.ndarray:
    """Return the (3, 3) rotation of Earth-fixed axes into east, north and up at a place."""
    sin_lat, cos_lat = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    sin_long, cos_long = math.sin(math.radians(long)), math.cos(math.radians(long))
    east = [-sin_long, cos_long, 0.0]
    north = [-sin_lat * cos_long, -sin_lat * sin_long, cos_lat]
    return np.array([east, north, [cos_lat * cos_long, cos_lat * sin_long, sin_lat]])


def angles_of(enu_from_camera: np.ndarray) -> Angles:
    """Return the heading of a camera's image, and the camera's pitch and roll as a gimbal's."""
    right, _, ahead = enu_from_camera.T
    east, north = ahead[:2]
    if math.hypot(east, north) < _MIN_SIDEWAYS:
        east, north = -enu_from_camera[:2, 1]  # where the image's up side points
    azimuth = math.atan2(east, north)
    level_right = np.array([math.cos(azimuth), -math.sin(azimuth), 0.0])
    level_down = np.cross(ahead, level_right)
    return {
        'heading_deg': View(enu_from_camera=enu_from_camera).known_heading_deg,
        'pitch_deg': math.degrees(math.asin(np.clip(ahead[2], -1.0, 1.0))),
        'roll_deg': math.degrees(math.atan2(right @ level_down, right @ level_right)),
    }
