# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Photographs of a world by a drone, with exact truth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from visual_navsat.errors import ShapeError
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat_sim.worlds.canvas import Project
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.light import hillshade, light
from visual_navsat_sim.worlds.line_of_sight import LineOfSight
from visual_navsat_sim.worlds.noise import hash_bits
from visual_navsat_sim.worlds.painter import paint
from visual_navsat_sim.worlds.palette import make_palette
from visual_navsat_sim.worlds.sensor import develop
from visual_navsat_sim.worlds.sheet import Sheet
from visual_navsat_sim.worlds.world import World

_CHUNK_PX = 768
_CELL_PX = 16  # of the net on which rays meet uneven ground


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
        tilt_left, _ = cv2.Rodrigues(np.array([0.0, -roll, 0.0]))
        tilt_ahead, _ = cv2.Rodrigues(np.array([pitch, 0.0, 0.0]))
        return nadir @ tilt_left @ tilt_ahead


@dataclass(frozen=True)
class Photograph:
    """An image with the truth about it."""

    image: np.ndarray  # (height, width, 3) uint8 RGB
    level_from_image: np.ndarray  # (3, 3) homography, pixels (centres .5) to level ground
    line_of_sight: LineOfSight

    def ground_at(self, x, y) -> np.ndarray:
        """
        Return east and north of the ground that pixels show, (..., 2) metres.

        :param x: pixels from the left edge, number or array; the edges are 0 and width.
        :param y: pixels from the top edge, of the same shape.
        """
        pixels = np.stack(np.broadcast_arrays(x, y, 1.0), axis=-1)
        rays = pixels @ self.level_from_image.T
        return self.line_of_sight.ground_from_level(rays[..., :2] / rays[..., 2:])

    @property
    def center(self) -> np.ndarray:
        """East and north of the ground under the image centre, (2,)."""
        height, width = self.image.shape[:2]
        return self.ground_at(width / 2, height / 2)

    @property
    def footprint(self) -> np.ndarray:
        """Ground points of the corners, top left first, clockwise, (4, 2)."""
        height, width = self.image.shape[:2]
        return self.ground_at(np.array([0, width, width, 0]), np.array([0, 0, height, height]))


def photograph(
    world: World, epoch: Epoch, pose: CameraPose, camera: Pinhole, *, exposure_key: int = 0
) -> Photograph:
    """
    Return the perspective image that a drone takes, and its truth.

    Hills, buildings and trees stand up: each point is projected through the camera's centre.

    :param exposure_key: chooses the sensor noise.
    :raises ShapeError: if the camera is on the ground or sees the horizon.
    """
    if pose.height_agl_m <= 0:
        raise ShapeError(f'camera height must be above 0 m, got {pose.height_agl_m}')
    level_from_image = _level_from_image(pose, camera)
    sight = LineOfSight(pose.east_m, pose.north_m, pose.height_agl_m, world.height_m)
    gsd_m = camera.gsd_m_per_px(pose.height_agl_m)
    east, north = _ground_of_pixels(level_from_image, sight, camera)
    # Interpolation needs a little more ground than the pixels show.
    ground = Region.around(np.stack([east, north], axis=-1)).padded(3 * (0.85 * gsd_m))
    grid = PixelGrid.covering(ground, 0.85 * gsd_m)
    raster = _draw(world, epoch, sight.project, Sheet.all_shown(grid))
    row, column = (place.astype(np.float32) for place in grid.row_col(east, north))
    image = cv2.remap(raster, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    image = develop(image, epoch, None, gsd_m, int(hash_bits(epoch.seed, exposure_key)))
    return Photograph(image, level_from_image, sight)


def _ground_of_pixels(
    level_from_image: np.ndarray, sight: LineOfSight, camera: Pinhole
) -> tuple[np.ndarray, np.ndarray]:
    """Return east and north of the ground that each pixel shows, (height, width) each."""
    east, north = _level_at(
        level_from_image, np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5
    )
    # The displacement by hills is smooth: it is computed for the middles of cells, with one cell
    # beyond each edge.
    columns, rows = -(-camera.width // _CELL_PX), -(-camera.height // _CELL_PX)
    level = np.stack(
        _level_at(
            level_from_image,
            (np.arange(-1, columns + 1) + 0.5) * _CELL_PX,
            (np.arange(-1, rows + 1) + 0.5) * _CELL_PX,
        ),
        axis=-1,
    )
    moved = (sight.ground_from_level(level, exact_m=0.005) - level).astype(np.float32)
    size = moved.shape[1] * _CELL_PX, moved.shape[0] * _CELL_PX
    moved = cv2.resize(moved, size, interpolation=cv2.INTER_LINEAR)
    moved = moved[_CELL_PX:, _CELL_PX:][: camera.height, : camera.width]
    return east + moved[..., 0], north + moved[..., 1]


def _level_at(level_from_image: np.ndarray, x, y) -> tuple[np.ndarray, np.ndarray]:
    """Return east and north of level ground at each pair of columns (W,) and rows (H,), (H, W)."""
    of_x, of_y, of_1 = level_from_image.T
    east, north, scale = (
        of_x[axis] * x + (of_y[axis] * y + of_1[axis])[:, None] for axis in range(3)
    )
    return east / scale, north / scale


def _level_from_image(pose: CameraPose, camera: Pinhole) -> np.ndarray:
    focal = camera.focal_length_px
    camera_from_image = np.array(
        [[1 / focal, 0, -camera.width / 2 / focal], [0, 1 / focal, -camera.height / 2 / focal],
         [0, 0, 1]]
    )  # fmt: skip
    rays = pose.enu_from_camera @ camera_from_image
    # A ray reaches level ground once it has descended by the height of the camera.
    down = -rays[2] / pose.height_agl_m
    width, height = camera.width, camera.height
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], float)
    if (corners @ down * pose.height_agl_m <= 0.1).any():
        raise ShapeError(
            f'camera tilted by {pose.pitch_deg} and {pose.roll_deg} degrees sees the horizon: '
            'tilt it less'
        )
    return np.stack([rays[0] + pose.east_m * down, rays[1] + pose.north_m * down, down])


def _draw(world: World, epoch: Epoch, project: Project, sheet: Sheet) -> np.ndarray:
    """Return the raster of what the camera sees, laid out on the ground."""
    palette, slopes = make_palette(epoch), hillshade(world, epoch)
    raster = np.empty((*sheet.grid.shape, 3), np.uint8)
    for top in range(0, sheet.grid.rows, _CHUNK_PX):
        for left in range(0, sheet.grid.columns, _CHUNK_PX):
            chunk = PixelBox(top, left, top + _CHUNK_PX, left + _CHUNK_PX)
            chunk = chunk.intersection(sheet.shown)
            canvas = paint(world, epoch, project, sheet.part(chunk))
            raster[chunk.slices] = light(canvas, palette, epoch, slopes)
    return raster
