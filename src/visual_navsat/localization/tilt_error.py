# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How far a wrong tilt moves the vehicle from where its photo says that it is."""

from __future__ import annotations

import cv2
import numpy as np

# A ray nearer to the horizon counts as one that meets the ground here.
_MIN_DEPRESSION_RAD = np.radians(5.0)


def tilt_covariance(center_m: np.ndarray, height_m: float, sigma_rad: float) -> np.ndarray:
    """
    Return (2, 2) m^2, east and north, of the vehicle over the ground under its photo's centre.

    :param center_m: (2,) that ground, from the vehicle, as the known tilt has it.
    :param sigma_rad: standard deviation of the tilt, about east and about north.
    """
    errors_m = [
        center_m - seen_m[0] for seen_m in _seen_with_errors(center_m[None], height_m, sigma_rad)
    ]
    return _mean_square(errors_m)


def tilt_covariance_aligned(ground_m: np.ndarray, height_m: float, sigma_rad: float) -> np.ndarray:
    """
    Return the same of a photo that correlation has laid on the map, turned and scaled.

    With a wrong tilt the photo is rectified wrongly. Of what it then shows correlation aligns the
    whole as well as a shift, a turn and a scale can, and takes much of the error out: a camera
    that looks farther ahead sees the ground larger, and the lever is scaled with it.

    :param ground_m: (N, 2) points that the photo shows, from the vehicle, as the known tilt has
        them; evenly over the ground.
    """
    return _mean_square(
        [
            _aligned_errors(ground_m, seen_m)[:2]
            for seen_m in _seen_with_errors(ground_m, height_m, sigma_rad)
        ]
    )


def tilt_reach_aligned(ground_m: np.ndarray, height_m: float, axes: np.ndarray) -> np.ndarray:
    """
    Return (4, A): by how much the photo is found off, per radian of a tilt that is not known.

    The rows are metres east and north of the vehicle, the logarithm of the scale, and radians
    clockwise of the heading.

    :param ground_m: as for :func:`tilt_covariance_aligned`.
    :param axes: (3, A) unit vectors in east, north, up; about each of them the camera is truly
        turned further, counter-clockwise, than its known tilt has it.
    """
    step = np.radians(1.0)
    reach = []
    for axis in np.asarray(axes, float).T:
        ahead, behind = (
            _aligned_errors(ground_m, _seen(ground_m, height_m, angle * axis))
            for angle in (step, -step)
        )
        reach.append((ahead - behind) / (2 * step))
    return np.column_stack(reach)


def _aligned_errors(ground_m: np.ndarray, seen_m: np.ndarray) -> np.ndarray:
    """Return (4,) as :func:`tilt_reach_aligned`, by the ground believed and that seen."""
    believed, seen = ground_m[:, 0] + 1j * ground_m[:, 1], seen_m[:, 0] + 1j * seen_m[:, 1]
    around = believed - believed.mean()
    # The similarity of least squares, as complex numbers; the vehicle is at 0.
    factor = np.vdot(around, seen) / np.vdot(around, around).real
    vehicle = seen.mean() - factor * believed.mean()
    return np.array([vehicle.real, vehicle.imag, np.log(abs(factor)), -np.angle(factor)])


def _seen_with_errors(ground_m: np.ndarray, height_m: float, sigma_rad: float) -> list[np.ndarray]:
    """Return four (N, 2): the ground that is truly seen, for errors that span the sigma."""
    # The four sigma points of two axes.
    step = np.sqrt(2.0) * sigma_rad
    return [
        _seen(ground_m, height_m, np.array([east, north, 0.0]))
        for east, north in ((step, 0), (-step, 0), (0, step), (0, -step))
    ]


def _seen(ground_m: np.ndarray, height_m: float, turn_rad: np.ndarray) -> np.ndarray:
    """Return (N, 2) the ground that is truly seen by a camera that is turned (3,) further."""
    rays = np.column_stack([ground_m, np.full(len(ground_m), -height_m)])
    turn, _ = cv2.Rodrigues(turn_rad)
    turned = rays @ turn.T
    level_m = np.linalg.norm(turned[:, :2], axis=1)
    down = np.maximum(-turned[:, 2], level_m * np.tan(_MIN_DEPRESSION_RAD))
    return height_m * turned[:, :2] / down[:, None]


def _mean_square(errors_m: list[np.ndarray]) -> np.ndarray:
    return np.mean([np.outer(error, error) for error in errors_m], axis=0)
