# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A photo of known attitude and altitude, laid on the hills that it would show at some place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from visual_navsat.geometry.camera import (
    CameraModel,
    center_gsd_m_per_px,
    nadir_enu_from_camera,
)
from visual_navsat.geometry.nadir import as_ideal
from visual_navsat.geometry.rotation import about_up
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View

# To where a ray meets the ground: on a slope of 30 %, under a ray at 60 degrees, each is half as
# long as the last.
_STEPS = 14
_LEAST_DROP = 0.2  # of the height over the photo's centre: nearer ground counts as this near
_LATTICE_PX = 4  # between the points that are projected exactly
_BORDER = np.linspace(0.0, 1.0, 5)
_MAX_SIDE = 1.6  # over the photo's, as of a photo over level ground
_LOWEST_M = 10.0
_OFF = -1e4  # a column and row that no photo has


@dataclass(frozen=True, eq=False)
class ReliefPhoto:
    """
    A photo whose altitude above the sea and attitude are known, over known terrain.

    Places are metres east and north in the terrain's frame. Heights over ground and GSDs are those
    at the photo's centre.
    """

    image: np.ndarray  # (H, W, 3) uint8, undistorted
    camera: CameraModel
    enu_from_camera: np.ndarray  # (3, 3)
    heading_deg: float  # of its up direction
    altitude_m: float  # above the sea
    height_sigma_m: float  # of its height over the ground of the terrain
    terrain: Terrain
    unknown_m: float  # height of the ground where the terrain does not know it
    gsd_per_height: float  # of the photo from a metre over level ground
    shrunk: dict[int, np.ndarray] = field(default_factory=dict)  # grey, by how many times

    @classmethod
    def of(cls, image: np.ndarray, view: View, terrain: Terrain) -> ReliefPhoto | None:
        """
        Return the photo; None if too little is known of it.

        :param image: (H, W, 3) uint8, as it was taken.
        """
        image, view = as_ideal(image, view)
        camera, altitude_m = view.camera, view.altitude_amsl_m
        heading_deg, rotation = view.known_heading_deg, view.enu_from_camera
        if camera is None or altitude_m is None:
            return None
        if rotation is None:  # straight down, as for level ground
            heading_deg = heading_deg or 0.0
            rotation = nadir_enu_from_camera(np.radians(heading_deg))
        gsd_per_height = center_gsd_m_per_px(camera, rotation, 1.0)
        if heading_deg is None or not np.isfinite(gsd_per_height):
            return None
        known = terrain.heights_m[np.isfinite(terrain.heights_m)]
        return cls(
            image,
            camera,
            np.asarray(rotation),
            heading_deg,
            altitude_m,
            float(np.hypot(view.altitude_sigma_m, terrain.sigma_m)),
            terrain,
            float(np.median(known)) if len(known) else 0.0,
            gsd_per_height,
        )

    def turned_to(self, heading_deg: float) -> ReliefPhoto:
        """Return the photo with another heading and the same tilt."""
        turn = about_up(np.radians(self.heading_deg - heading_deg))
        return replace(self, heading_deg=heading_deg, enu_from_camera=turn @ self.enu_from_camera)

    def height_over(self, centers_m: np.ndarray) -> np.ndarray:
        """Return (N,) metres over the ground at (N, 2) places, at least 10 m."""
        ground_m = self.terrain.height_at(*np.transpose(centers_m))
        ground_m = np.where(np.isfinite(ground_m), ground_m, self.unknown_m)
        heights_m: np.ndarray = np.maximum(self.altitude_m - ground_m, _LOWEST_M)
        return heights_m

    def ground_points(self, centers_m: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """
        Return (N, K, 2) metres from centres to the ground that points of the photo show.

        :param centers_m: (N, 2).
        :param shares: (K, 2) of the photo's width and height, 0 to 1.
        """
        camera = self.camera
        size = np.array([camera.width - 1, camera.height - 1])
        rays = camera.rays_from_pixels(np.asarray(shares) * size) @ self.enu_from_camera.T
        along = rays[:, :2] / np.maximum(-rays[:, 2:], 1e-3)
        heights_m = self.height_over(centers_m)
        vehicles_m = self._vehicles(centers_m, heights_m)
        drops_m = np.repeat(heights_m[:, None], len(rays), axis=1)
        for _ in range(_STEPS):
            points_m = vehicles_m[:, None] + along * drops_m[..., None]
            ground_m = self.terrain.height_at(points_m[..., 0], points_m[..., 1])
            drops_m = np.where(
                np.isfinite(ground_m), self.altitude_m - ground_m, heights_m[:, None]
            )
            drops_m = np.maximum(drops_m, _LEAST_DROP * heights_m[:, None])
        points: np.ndarray = vehicles_m[:, None] + along * drops_m[..., None] - centers_m[:, None]
        return points

    def at(
        self, center_m: np.ndarray, gsd_m_per_px: float, is_level: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """
        Return the photo from straight above, if its centre shows a place.

        :param center_m: (2,).
        :param gsd_m_per_px: of what is returned.
        :param is_level: take the ground as level, at the height of that place.
        :return: grey levels (H, W) float32, its up direction the photo's, and (H, W) bool where
            it shows ground.
        """
        centers_m = np.asarray(center_m, float)[None]
        heading = np.radians(self.heading_deg)
        right = np.array([np.cos(heading), -np.sin(heading)])
        down = -np.array([np.sin(heading), np.cos(heading)])
        axes = np.stack([right, down])  # east and north of right and down
        border = np.stack(np.meshgrid(_BORDER, _BORDER), axis=-1).reshape(-1, 2)
        height_m = float(self.height_over(centers_m)[0])
        photo_gsd = self.gsd_per_height * height_m
        largest_m = _MAX_SIDE * photo_gsd * np.array([self.camera.width, self.camera.height])
        reach_m = 2 * np.abs(self.ground_points(centers_m, border)[0] @ axes.T).max(axis=0)
        columns, rows = np.maximum(np.minimum(reach_m, largest_m) / gsd_m_per_px, 1).astype(int)
        x_m, y_m = (
            (np.arange(-_LATTICE_PX, side + _LATTICE_PX, _LATTICE_PX) - (side - 1) / 2)
            * gsd_m_per_px
            for side in (columns, rows)
        )
        points_m = centers_m + x_m[:, None] * right + (y_m[:, None] * down)[:, None]
        ground_m = np.full(points_m.shape[:2], self.altitude_m - height_m)
        if not is_level:
            known_m = self.terrain.height_at(points_m[..., 0], points_m[..., 1])
            ground_m = np.where(np.isfinite(known_m), known_m, ground_m)
        vehicle_m = self._vehicles(centers_m, np.array([height_m]))[0]
        drop_m = ground_m - self.altitude_m
        pixels = self._project(np.concatenate([points_m - vehicle_m, drop_m[..., None]], axis=-1))
        return self._sample(pixels, (columns, rows), gsd_m_per_px / photo_gsd)

    def _vehicles(self, centers_m: np.ndarray, heights_m: np.ndarray) -> np.ndarray:
        """Return (N, 2) places of the vehicle by what the photo's centre shows."""
        camera = self.camera
        middle = [[(camera.width - 1) / 2, (camera.height - 1) / 2]]
        ray = camera.rays_from_pixels(middle)[0] @ self.enu_from_camera.T
        vehicles: np.ndarray = centers_m + heights_m[:, None] * ray[:2] / ray[2]
        return vehicles

    def _project(self, offsets_m: np.ndarray) -> np.ndarray:
        """Return (..., 2) column and row of (..., 3) points, from the camera."""
        camera = self.camera
        right, down, ahead = np.moveaxis(offsets_m @ self.enu_from_camera, -1, 0)
        is_ahead = ahead > 0
        ahead = np.where(is_ahead, ahead, 1.0)
        pixels = [camera.fx * right / ahead + camera.cx, camera.fy * down / ahead + camera.cy]
        return np.where(is_ahead[..., None], np.stack(pixels, axis=-1), _OFF)

    def _sample(
        self, pixels: np.ndarray, size: tuple[int, int], shrinking: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """
        Return grey levels, and where the photo shows them, as :meth:`at` does.

        :param pixels: (h, w, 2) column and row of the photo at each point of the lattice.
        :param size: columns and rows of what is returned.
        :param shrinking: by how many pixels of the photo one of it covers at the centre.
        """
        columns, rows = (np.arange(side, dtype=np.float32) / _LATTICE_PX + 1 for side in size)
        lattice = np.meshgrid(columns, rows)
        column, row = cv2.split(
            cv2.remap(pixels.astype(np.float32), *lattice, interpolation=cv2.INTER_LINEAR)
        )
        height, width = self.image.shape[:2]
        # Averaged first: what is read between four pixels knows nothing of those it leaves out.
        times = min(max(1, round(shrinking)), height, width)
        if times not in self.shrunk:
            whole = self.image[: height // times * times, : width // times * times]
            size = whole.shape[1] // times, whole.shape[0] // times
            small = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
            self.shrunk[times] = small.mean(axis=2, dtype=np.float32)
        image = cv2.remap(
            self.shrunk[times], (column + 0.5) / times - 0.5, (row + 0.5) / times - 0.5,
            interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        is_on = (column >= 0) & (column <= width - 1) & (row >= 0) & (row <= height - 1)
        return image, is_on
