# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""From intrinsics, attitude and height to the ground: GSD, footprint, nadir homography, lever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from visual_navsat.errors import ShapeError

# Distortion models by their ROS names, with how many coefficients each may have.
_DISTORTION_MODELS = {
    'none': (0,),
    'plumb_bob': (4, 5),
    'rational_polynomial': (8, 12, 14),
    'equidistant': (4,),
}
# A ray closer to the horizon than this meets the ground too far away to be exact.
_MIN_DEPRESSION_RAD = np.radians(10.0)


@dataclass(frozen=True)
class CameraModel:
    """
    A camera's intrinsics; pixel centres are at whole numbers (OpenCV), axes right, down, forward.

    Source of the distortion models: sensor_msgs/CameraInfo and OpenCV's calib3d.
    """

    width: int
    height: int
    fx: float  # pixels
    fy: float
    cx: float
    cy: float
    distortion_model: str = 'none'
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 1 or not (self.fx > 0 and self.fy > 0):
            raise ShapeError(
                f'camera must have positive sides and focal lengths, got {self.width} x '
                f'{self.height} px and {self.fx}, {self.fy} px'
            )
        if not np.isfinite([self.fx, self.fy, self.cx, self.cy, *self.distortion]).all():
            raise ShapeError(
                'camera must have finite numbers, got focal lengths and centre '
                f'{self.fx}, {self.fy}, {self.cx}, {self.cy} px and distortion {self.distortion}'
            )
        allowed = _DISTORTION_MODELS.get(self.distortion_model)
        if allowed is None:
            raise ShapeError(
                f'distortion model must be one of {", ".join(_DISTORTION_MODELS)}, got '
                f'{self.distortion_model!r}'
            )
        if len(self.distortion) not in allowed:
            raise ShapeError(
                f'{self.distortion_model} must have {" or ".join(map(str, allowed))} '
                f'coefficients, got {len(self.distortion)}'
            )

    @classmethod
    def from_hfov(cls, width: int, height: int, hfov_rad: float) -> CameraModel:
        """Return an ideal camera that sees ``hfov_rad`` across its width, square pixels."""
        if not 0 < hfov_rad < np.pi:
            raise ShapeError(
                'horizontal field of view must be more than 0 and less than 180 degrees, got '
                f'{np.degrees(hfov_rad):.1f}'
            )
        focal = width / 2 / np.tan(hfov_rad / 2)
        return cls(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)

    @property
    def matrix(self) -> np.ndarray:
        """Return the (3, 3) pixel_from_camera projection without distortion."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def rays_from_pixels(self, pixels: npt.ArrayLike) -> np.ndarray:
        """
        Return (N, 3) rays in the camera's optical frame, third component 1, undistorted.

        :param pixels: (N, 2) column and row.
        """
        points = np.asarray(pixels, float).reshape(-1, 1, 2)
        coefficients: Any = np.array(self.distortion) if self.distortion else None
        if self.distortion_model == 'equidistant':
            normalised = cv2.fisheye.undistortPoints(points, self.matrix, coefficients)
        else:
            # The default of 5 rounds is off by hundredths of a pixel for strong lenses.
            criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-9)
            unused: Any = None  # rotation and new camera
            normalised = cv2.undistortPointsIter(
                points, self.matrix, coefficients, unused, unused, criteria
            )
        return np.concatenate([normalised[:, 0], np.ones((len(points), 1))], axis=1)

    def undistort(self, image: np.ndarray) -> np.ndarray:
        """Return the image as an ideal camera of the same :attr:`matrix` would have taken it."""
        if not any(self.distortion):
            return image
        coefficients = np.array(self.distortion)
        if self.distortion_model == 'equidistant':
            return cv2.fisheye.undistortImage(image, self.matrix, coefficients, Knew=self.matrix)
        return cv2.undistort(image, self.matrix, coefficients)

    def cropped_and_binned(
        self, x_offset: int, y_offset: int, width: int, height: int, binning: tuple[int, int]
    ) -> CameraModel:
        """
        Return the camera of a region of interest, read out with binning, as CameraInfo means it.

        :param x_offset: left column of the region in full-resolution pixels.
        :param width: width of the region in full-resolution pixels.
        :param binning: full-resolution columns and rows that make one pixel.
        """
        bx, by = binning
        # The centre of a binned pixel is the mean of its parts' centres, half a pixel further on.
        return CameraModel(
            width // bx,
            height // by,
            self.fx / bx,
            self.fy / by,
            (self.cx - x_offset + 0.5) / bx - 0.5,
            (self.cy - y_offset + 0.5) / by - 0.5,
            self.distortion_model,
            self.distortion,
        )

    def resized_to(self, width: int, height: int) -> CameraModel:
        """
        Return the camera of an image that was resized to another number of pixels.

        :raises ShapeError: if the two sides were not resized alike: then it was cropped.
        """
        scale_x, scale_y = width / self.width, height / self.height
        # Rounding to whole pixels changes each side by up to one.
        if abs(width - self.width * scale_y) > 1 + self.width / self.height:
            raise ShapeError(
                f'image must have the aspect ratio of its camera, {self.width} x {self.height} '
                f'px, got {width} x {height} px: publish the camera_info of this image'
            )
        return CameraModel(
            width,
            height,
            self.fx * scale_x,
            self.fy * scale_y,
            (self.cx + 0.5) * scale_x - 0.5,
            (self.cy + 0.5) * scale_y - 0.5,
            self.distortion_model,
            self.distortion,
        )


def nadir_enu_from_camera(heading_rad: float) -> np.ndarray:
    """
    Return the (3, 3) rotation of a camera that looks straight down.

    :param heading_rad: where the image's up direction points, clockwise from north.
    """
    sin, cos = np.sin(heading_rad), np.cos(heading_rad)
    # Columns: the camera's right, down (away from the heading) and forward (down) in ENU.
    return np.array([[cos, -sin, 0.0], [-sin, -cos, 0.0], [0.0, 0.0, -1.0]])


def ground_from_pixel(
    camera: CameraModel, enu_from_camera: np.ndarray, height_agl_m: float
) -> np.ndarray:
    """
    Return the (3, 3) homography from undistorted pixels to flat ground.

    It maps (column, row, 1) to east and north in metres from the point below the camera. Its third
    row is positive where the pixel sees ground and negative above the horizon.

    :param enu_from_camera: (3, 3) rotation of the optical frame (right, down, forward).
    :raises ShapeError: if the height is not positive.
    """
    _check_height(height_agl_m)
    rays_from_pixel = enu_from_camera @ np.linalg.inv(camera.matrix)
    return np.stack(
        [height_agl_m * rays_from_pixel[0], height_agl_m * rays_from_pixel[1], -rays_from_pixel[2]]
    )


def footprint(
    camera: CameraModel, enu_from_camera: np.ndarray, height_agl_m: float
) -> np.ndarray | None:
    """
    Return the ground that the image covers, or None if a corner looks at or above the horizon.

    :return: (4, 2) metres east and north from the point below the camera; top left, top right,
        bottom right, bottom left of the image, outer edges of the pixels.
    """
    right, bottom = camera.width - 0.5, camera.height - 0.5
    corners = np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])
    return _ground_points(camera, corners, enu_from_camera, height_agl_m)


def vehicle_from_center(
    camera: CameraModel, enu_from_camera: np.ndarray, height_agl_m: float
) -> np.ndarray | None:
    """
    Return the lever from the ground point under the image's centre to the vehicle.

    :return: (2,) metres east and north, or None if the centre looks at or above the horizon.
    """
    center = np.array([[(camera.width - 1) / 2, (camera.height - 1) / 2]])
    ground = _ground_points(camera, center, enu_from_camera, height_agl_m)
    return None if ground is None else -ground[0]


def center_gsd_m_per_px(
    camera: CameraModel, enu_from_camera: np.ndarray, height_agl_m: float
) -> float:
    """
    Return metres of ground per pixel at the image's centre, the geometric mean of both directions.

    NaN if the centre looks at or above the horizon.
    """
    u, v = (camera.width - 1) / 2, (camera.height - 1) / 2
    square = np.array([[u, v], [u + 0.5, v], [u - 0.5, v], [u, v + 0.5], [u, v - 0.5]])
    _check_height(height_agl_m)
    ground = _ground_points(camera, square, enu_from_camera, 1.0)
    if ground is None:
        return float('nan')
    jacobian = np.stack([ground[1] - ground[2], ground[3] - ground[4]])
    # By the height last: the square of one in millimetres by mistake may be beyond a double.
    return height_agl_m * float(np.sqrt(abs(np.linalg.det(jacobian))))


def _ground_points(
    camera: CameraModel, pixels: np.ndarray, enu_from_camera: np.ndarray, height_agl_m: float
) -> np.ndarray | None:
    """Return (N, 2) metres from the point below the camera, or None if one is near the horizon."""
    _check_height(height_agl_m)
    rays = camera.rays_from_pixels(pixels) @ np.asarray(enu_from_camera).T
    depression = np.arctan2(-rays[:, 2], np.linalg.norm(rays[:, :2], axis=1))
    if (depression < _MIN_DEPRESSION_RAD).any():
        return None
    return height_agl_m * rays[:, :2] / -rays[:, 2:]


def _check_height(height_agl_m: float) -> None:
    if not 0 < height_agl_m < np.inf:
        raise ShapeError(f'height above ground must be positive and finite, got {height_agl_m} m')
