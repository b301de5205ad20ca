"""Photographs of a world by a drone, with exact truth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from visual_navsat.errors import ShapeError
from visual_navsat.worlds.epoch import Epoch
from visual_navsat.worlds.light import light
from visual_navsat.worlds.noise import hash_bits
from visual_navsat.worlds.painter import paint
from visual_navsat.worlds.palette import make_palette
from visual_navsat.worlds.sensor import develop
from visual_navsat.worlds.window import CameraView, Window
from visual_navsat.worlds.world import World

_CHUNK_PX = 512


@dataclass(frozen=True)
class Pinhole:
    """A camera without distortion; its axis goes through the middle of the image."""

    width: int
    height: int
    focal_length_px: float

    def gsd_m_per_px(self, height_agl_m: float) -> float:
        """Return metres per pixel of a nadir image."""
        return height_agl_m / self.focal_length_px


@dataclass(frozen=True)
class CameraPose:
    """Where the camera is and which way it looks; all zero angles look straight down."""

    east_m: float
    north_m: float
    height_agl_m: float
    heading_deg: float = 0.0  # where the image's up direction points, clockwise from north
    pitch_deg: float = 0.0  # positive looks ahead, towards the image's up direction
    roll_deg: float = 0.0  # positive looks to the image's left: the right wing is down

    @property
    def enu_from_camera(self) -> np.ndarray:
        """Rotation (3, 3) from optical axes (right, down, forward) to east, north, up."""
        heading, pitch, roll = np.deg2rad([self.heading_deg, self.pitch_deg, self.roll_deg])
        right = np.array([np.cos(heading), -np.sin(heading), 0.0])
        ahead = np.array([np.sin(heading), np.cos(heading), 0.0])
        nadir = np.stack([right, -ahead, [0.0, 0.0, -1.0]], axis=1)
        tilt_ahead = _rotation(0, pitch)
        tilt_left = _rotation(1, -roll)
        return nadir @ tilt_left @ tilt_ahead


@dataclass(frozen=True)
class Photograph:
    """An image with the truth about it."""

    image: np.ndarray  # (height, width, 3) uint8 RGB
    pose: CameraPose
    ground_from_image: np.ndarray  # (3, 3) homography, pixels (centres .5) to east, north
    footprint: np.ndarray  # (4, 2) ground points of the corners, top left first, clockwise

    def ground_at(self, x: float, y: float) -> np.ndarray:
        """Return east and north of the ground that a pixel shows; the edges are 0 and width."""
        east, north, scale = self.ground_from_image @ (x, y, 1.0)
        return np.array([east, north]) / scale

    @property
    def center(self) -> np.ndarray:
        """East and north of the ground under the image centre, (2,)."""
        height, width = self.image.shape[:2]
        return self.ground_at(width / 2, height / 2)


def photograph(
    world: World, epoch: Epoch, pose: CameraPose, camera: Pinhole, *, exposure_key: int = 0
) -> Photograph:
    """
    Return the perspective image that a drone takes, and its truth.

    Buildings and trees stand up: each point is projected through the camera's centre.

    :param exposure_key: chooses the sensor noise.
    :raises ShapeError: if the camera is on the ground or sees the horizon.
    """
    if pose.height_agl_m <= 0:
        raise ShapeError(f'camera height is {pose.height_agl_m} m: it takes more than 0')
    ground_from_image = _ground_from_image(pose, camera)
    corners = np.array(
        [[0, 0], [camera.width, 0], [camera.width, camera.height], [0, camera.height]], float
    )
    rays = np.column_stack([corners, np.ones(4)]) @ ground_from_image.T
    if (rays[:, 2] * pose.height_agl_m <= 0.1).any():
        raise ShapeError(
            f'camera tilted by {pose.pitch_deg} and {pose.roll_deg} degrees sees the horizon: '
            'tilt it less'
        )
    footprint = rays[:, :2] / rays[:, 2:]
    window = _window_around(footprint, 0.85 * camera.gsd_m_per_px(pose.height_agl_m))
    raster = _draw(world, epoch, pose, window)
    image_from_raster = np.linalg.inv(ground_from_image) @ np.array(
        [[window.gsd_m, 0, window.west_m], [0, -window.gsd_m, window.north_m], [0, 0, 1]]
    )
    # OpenCV's whole numbers are pixel centres, ours are pixel corners.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    image = cv2.warpPerspective(
        raster,
        np.linalg.inv(half) @ image_from_raster @ half,
        (camera.width, camera.height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    key = int(hash_bits(epoch.seed, exposure_key))
    return Photograph(develop(image, epoch, None, key), pose, ground_from_image, footprint)


def _ground_from_image(pose: CameraPose, camera: Pinhole) -> np.ndarray:
    focal = camera.focal_length_px
    camera_from_image = np.array(
        [[1 / focal, 0, -camera.width / 2 / focal], [0, 1 / focal, -camera.height / 2 / focal],
         [0, 0, 1]]
    )  # fmt: skip
    rays = pose.enu_from_camera @ camera_from_image
    # A ray reaches the ground when it has gone down by the height of the camera.
    down = -rays[2] / pose.height_agl_m
    return np.stack([rays[0] + pose.east_m * down, rays[1] + pose.north_m * down, down])


def _window_around(footprint: np.ndarray, gsd_m: float) -> Window:
    low, high = footprint.min(axis=0) - 3 * gsd_m, footprint.max(axis=0) + 3 * gsd_m
    width, height = np.ceil((high - low) / gsd_m).astype(int)
    return Window(float(low[0]), float(high[1]), int(width), int(height), gsd_m)


def _draw(world: World, epoch: Epoch, pose: CameraPose, window: Window) -> np.ndarray:
    """Return the raster of what the camera sees, laid out on the ground."""
    palette = make_palette(epoch)
    view = CameraView(pose.east_m, pose.north_m, pose.height_agl_m)
    raster = np.empty((window.height, window.width, 3), np.uint8)
    for top in range(0, window.height, _CHUNK_PX):
        for left in range(0, window.width, _CHUNK_PX):
            part = Window(
                window.west_m + left * window.gsd_m,
                window.north_m - top * window.gsd_m,
                min(_CHUNK_PX, window.width - left),
                min(_CHUNK_PX, window.height - top),
                window.gsd_m,
            )
            picture = light(paint(world, epoch, view, part), palette, epoch)
            raster[top : top + part.height, left : left + part.width] = picture
    return raster


def _rotation(axis: int, angle: float) -> np.ndarray:
    vector = np.zeros(3)
    vector[axis] = angle
    return cv2.Rodrigues(vector)[0]
