# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Rotations: quaternions as ROS orders them, mount angles, and what lies between two of them."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation, Slerp
from visual_navsat.errors import ShapeError

# Columns: right, down and forward of a level optical frame that looks along the vehicle's x, in
# the vehicle's axes forward, left, up (REP 103).
_BODY_FROM_LEVEL_CAMERA = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def unit_quaternion(x: float, y: float, z: float, w: float) -> np.ndarray:
    """
    Return (4,) x, y, z, w of unit norm.

    :raises ShapeError: if a number is not finite or the norm is not near 1.
    """
    quaternion = np.array([x, y, z, w], float)
    norm = float(np.linalg.norm(quaternion))
    if not 0.9 < norm < 1.1:  # false for NaN as well; all zeros is a message never filled in
        raise ShapeError(
            f'the norm of a quaternion must be 1, got {x}, {y}, {z}, {w} (x, y, z, w)'
        )
    return quaternion / norm


def matrix_from_quaternion(quaternion: np.ndarray) -> np.ndarray:
    """Return the (3, 3) rotation of a unit quaternion (4,) x, y, z, w."""
    return Rotation.from_quat(quaternion).as_matrix()


def quaternion_from_matrix(rotation: np.ndarray) -> np.ndarray:
    """Return the unit quaternion (4,) x, y, z, w, w >= 0, of a (3, 3) rotation."""
    quaternion = Rotation.from_matrix(rotation).as_quat()
    return quaternion if quaternion[3] >= 0 else -quaternion


def slerp(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """Return the unit quaternion (4,) that is ``share`` (0 to 1) of the shorter way to ``end``."""
    return Slerp([0.0, 1.0], Rotation.from_quat([start, end]))(share).as_quat()


def interpolate_heading_deg(start: float, end: float, share: float) -> float:
    """Return the heading in [0, 360) that is ``share`` (0 to 1) of the shorter way to ``end``."""
    turn = (end - start + 180.0) % 360.0 - 180.0
    return (start + share * turn) % 360.0


def about_up(angle_rad: float) -> np.ndarray:
    """Return the (3, 3) rotation about the third axis, counter-clockwise seen from above."""
    sin, cos = np.sin(angle_rad), np.cos(angle_rad)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def body_from_mounted_camera(roll_deg: float, pitch_deg: float, yaw_deg: float) -> np.ndarray:
    """
    Return the (3, 3) rotation of a camera's optical frame into the vehicle's forward, left, up.

    The angles are those of a gimbal: all zero looks forward and level; yaw turns right, pitch
    looks up, so -90 looks straight down with the image's up direction forward, and roll leans
    right, about where the camera looks.
    """
    roll, pitch, yaw = np.radians([roll_deg, pitch_deg, yaw_deg])
    sin, cos = np.sin(-pitch), np.cos(-pitch)
    about_left = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    sin, cos = np.sin(roll), np.cos(roll)
    about_forward = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    return about_up(-yaw) @ about_left @ about_forward @ _BODY_FROM_LEVEL_CAMERA


def yaw_rad(enu_from_body: np.ndarray) -> float:
    """Return where the vehicle's forward axis points, from east counter-clockwise (REP 103)."""
    return float(np.arctan2(enu_from_body[1, 0], enu_from_body[0, 0]))
