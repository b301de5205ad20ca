# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Turn a tilted or distorted photo into that of a camera that looks straight down."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from visual_navsat.geometry.camera import (
    ground_from_pixel,
    nadir_enu_from_camera,
    vehicle_from_center,
)
from visual_navsat.geometry.view import View
from visual_navsat.geometry.working_size import to_working_size

# A smaller tilt moves no corner of a usual photo by more than the error of the map.
_MIN_TILT_RAD = np.radians(0.5)
_SAMPLES_PER_SIDE, _MIN_SAMPLES = 15, 10
_MAX_SIDE = 1.6  # over the photo's: the far side of a tilted photo is blurred


@dataclass(frozen=True)
class NadirImage:
    """A photo as seen from straight above, and the view that it then has."""

    image: np.ndarray  # (H, W, 3) uint8; of a photo over 12.6 megapixels with fewer pixels
    mask: np.ndarray | None  # (H, W) bool, where it shows ground; None: everywhere
    view: View  # heading and GSD, without camera and attitude
    vehicle_from_center_m: np.ndarray | None  # (2,) east, north; None if unknown

    @property
    def outline_px(self) -> np.ndarray:
        """(N, 2) corners, column and row, of the ground that the photo shows."""
        height, width = self.image.shape[:2]
        # Of a whole photo the outer edges of its pixels.
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
        if self.mask is None or not self.mask.any():
            return corners
        outlines, _ = cv2.findContours(
            self.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
        )
        hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
        return cv2.approxPolyDP(hull, 0.01 * max(height, width), True)[:, 0].astype(float)

    @property
    def sample_px(self) -> np.ndarray:
        """(N, 2) points, column and row, spread evenly over the ground that the photo shows."""
        height, width = self.image.shape[:2]
        columns, rows = np.meshgrid(
            *(np.linspace(0, side - 1, _SAMPLES_PER_SIDE).round() for side in (width, height))
        )
        points = np.column_stack([columns.ravel(), rows.ravel()])
        if self.mask is None:
            return points
        shown = points[self.mask[points[:, 1].astype(int), points[:, 0].astype(int)]]
        return shown if len(shown) >= _MIN_SAMPLES else points

    def ground_from_pixel(
        self, points_px: np.ndarray, heading_deg: float, gsd_m_per_px: float
    ) -> np.ndarray:
        """
        Return (N, 2) metres east and north from the ground under the photo's centre.

        :param points_px: (N, 2) column and row; 0, 0 is the centre of the first pixel.
        :param heading_deg: of the photo's up direction, clockwise from north.
        """
        heading = np.radians(heading_deg)
        right = np.array([np.cos(heading), -np.sin(heading)])
        down = -np.array([np.sin(heading), np.cos(heading)])
        size = np.array(self.image.shape[1::-1])
        offset_m = (np.asarray(points_px, float) - (size - 1) / 2) * gsd_m_per_px
        return offset_m[:, :1] * right + offset_m[:, 1:] * down


def look_down(image: np.ndarray, view: View) -> NadirImage | None:
    """
    Return the photo from straight above, its centre on the same ground point.

    Without attitude the photo counts as taken straight down. A photo over 12.6 megapixels is
    shrunk to these first; GSDs are then those of the shrunk one.

    :param image: (H, W, 3) uint8.
    :return: None if the photo's centre looks at or above the horizon.
    """
    image, view = as_ideal(image, view)
    camera = view.camera
    left = View(
        heading_deg=view.known_heading_deg,
        gsd_m_per_px=view.known_gsd_m_per_px,
        heading_sigma_deg=view.heading_sigma_deg,
        scale_sigma=view.scale_sigma,
    )
    rotation = view.enu_from_camera
    if camera is None or rotation is None:
        return NadirImage(image, None, left, None)
    # Without a height the shape of the ground is known but not its size.
    height_m = view.known_height_agl_m or 1.0
    lever = vehicle_from_center(camera, rotation, height_m)
    if lever is None:
        return None
    if left.heading_deg is None:
        return NadirImage(image, None, left, None)
    tilt_rad = np.arccos(np.clip(-rotation[2, 2], -1.0, 1.0))
    mask = None
    if tilt_rad > _MIN_TILT_RAD:
        image, mask = _warp(image, view, left, height_m)
    return NadirImage(image, mask, left, lever if view.known_height_agl_m else None)


def as_ideal(image: np.ndarray, view: View) -> tuple[np.ndarray, View]:
    """Return a photo of at most 12.6 megapixels without distortion, and its view."""
    image, view = to_working_size(image, view)
    camera = view.camera
    if camera is not None and (camera.width, camera.height) == image.shape[1::-1]:
        image = camera.undistort(image)
        if any(camera.distortion):
            camera = replace(camera, distortion_model='none', distortion=())
            view = replace(view, camera=camera)
    return image, view


def _warp(
    image: np.ndarray, view: View, nadir: View, height_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the image on a level grid around the ground point under its centre, and its mask."""
    assert view.camera is not None and view.enu_from_camera is not None
    assert nadir.heading_deg is not None
    height, width = image.shape[:2]
    ground = ground_from_pixel(view.camera, view.enu_from_camera, height_m)
    middle = np.array([(width - 1) / 2, (height - 1) / 2, 1.0])
    # Pixels per metre of the level image: those of the photo at its centre.
    scale = 1.0 / _center_gsd(ground, middle)
    center = ground @ middle
    level_from_enu = nadir_enu_from_camera(np.radians(nadir.heading_deg))[:2, :2].T * scale
    shift = -level_from_enu @ (center[:2] / center[2])
    size = _level_size(ground, level_from_enu, shift, (width, height))
    pixel_from_level = np.eye(3)
    pixel_from_level[:2, 2] = (np.array(size) - 1) / 2
    level = np.eye(3)
    level[:2, :2], level[:2, 2] = level_from_enu, shift
    matrix = pixel_from_level @ level @ ground
    warped = cv2.warpPerspective(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    covered = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, size)
    return warped, covered == 255


def _center_gsd(ground: np.ndarray, middle: np.ndarray) -> float:
    """Return metres per pixel of a homography at a pixel, the geometric mean of all directions."""
    steps = np.array([[0.5, 0, 0], [-0.5, 0, 0], [0, 0.5, 0], [0, -0.5, 0]])
    points = (ground @ (middle + steps).T).T
    points = points[:, :2] / points[:, 2:]
    return float(np.sqrt(abs(np.linalg.det([points[0] - points[1], points[2] - points[3]]))))


def _level_size(
    ground: np.ndarray, level_from_enu: np.ndarray, shift: np.ndarray, size: tuple[int, int]
) -> tuple[int, int]:
    """Return width and height of the level image: the photo's, and more where it sees farther."""
    width, height = size
    corners = np.array(
        [[0.0, 0.0, 1.0], [width - 1, 0, 1], [width - 1, height - 1, 1], [0, height - 1, 1]]
    )
    points = ground @ corners.T
    above_ground = points[2] > 1e-3 * abs(points[2]).max()
    points = points[:, above_ground]
    level = level_from_enu @ (points[:2] / points[2]) + shift[:, None]
    reach = 2 * np.abs(level).max(axis=1) + 1
    largest = _MAX_SIDE * np.array(size)
    if not above_ground.all():
        reach = largest
    width, height = np.minimum(reach, largest).astype(int).tolist()
    return width, height
