# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The map that hostile images are tried on, photos of it, and photos of other ground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
import math
from pathlib import Path
from typing import Any

from bench.small_map import CAMERA
from bench.world_map import HEADING_ERROR_DEG, HEIGHT_ERROR, off_by_error
import cv2
import numpy as np
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.view import View
from visual_navsat_sim.demo.flight_site import Site
from visual_navsat_sim.demo.ortho_map import MAP_GSD_M_PER_PX, write_map
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import Epoch, flight_epoch, map_epoch
from visual_navsat_sim.worlds.render import render
from visual_navsat_sim.worlds.world import World

SEED = 9100  # neither fitted nor scored by another benchmark
SIDE_M = 600.0
CENTER_M = 1400.0, 900.0
HEIGHTS_M = 70.0, 200.0
_TILE_PX = 300
_NUM_PHOTOS, _NUM_ELSEWHERE = 150, 12
_ELSEWHERE_M, _ELSEWHERE_SIDE_M = 7_000.0, 800.0
_ELSEWHERE_GSD = 0.25  # metres per pixel
_TILT_DEG = 2.0  # a gimbal leaves some, which nobody tells


@dataclass(frozen=True)
class Shot:
    """A picture of ground, and where it was taken."""

    image: np.ndarray  # (H, W, 3) uint8 RGB
    pose: CameraPose
    place: tuple[float, float] | None  # degrees, of the ground in its middle; None: off the map


@dataclass(frozen=True)
class Hostile:
    """An image to be answered, and where an answer is right."""

    image: Any  # what a query takes, or should refuse
    view: View
    places: tuple[tuple[float, float], ...] = ()  # degrees; none: it shows nothing of the map


@dataclass
class Scene:
    """A square of a world."""

    site: Site = field(default_factory=lambda: Site.around(World(SEED), CENTER_M, SIDE_M))
    _photos: dict[int, Shot] = field(default_factory=dict)
    _others: dict[int, np.ndarray] = field(default_factory=dict)

    @cached_property
    def map_pixels(self) -> np.ndarray:
        """Return the map, (H, W, 3) uint8 RGB."""
        grid = PixelGrid.covering(self.site.region, MAP_GSD_M_PER_PX)
        return render(self.site.world, map_epoch(SEED), grid)

    def write_map(self, folder: Path) -> list[object]:
        """Write the map as tiles with their metadata CSV; return what build-map is told."""
        write_map(self.site, map_epoch(SEED), folder, _TILE_PX, _TILE_PX)
        return [folder / 'map.csv', '--images', folder / 'tiles']

    def photo(self, rng: np.random.Generator) -> Shot:
        """Return a photo of the map's ground, of another day; one of 150."""
        return self._photo(int(rng.integers(_NUM_PHOTOS)))

    def photo_elsewhere(self, rng: np.random.Generator) -> Shot:
        """Return ground far from the map, or of another world, as a photo of it would be."""
        pixels = self._elsewhere(int(rng.integers(_NUM_ELSEWHERE)))
        height_m, heading_deg = rng.uniform(*HEIGHTS_M), rng.uniform(0, 360)
        gsd = CAMERA.gsd_m_per_px(height_m)
        reach_px = 0.5 * math.hypot(CAMERA.width, CAMERA.height) * gsd / _ELSEWHERE_GSD
        at = rng.uniform(reach_px, len(pixels) - reach_px, 2)
        image = cut_turned(pixels, at, heading_deg, gsd / _ELSEWHERE_GSD)
        return Shot(image, CameraPose(0.0, 0.0, height_m, heading_deg), None)

    def _photo(self, number: int) -> Shot:
        if number not in self._photos:
            rng = np.random.default_rng([SEED, number])
            pose = self._pose(rng)
            taken = photograph(self.site.world, _some_day(rng), pose, CAMERA)
            self._photos[number] = Shot(taken.image, pose, self.site.geodetic(*taken.center))
        return self._photos[number]

    def _elsewhere(self, number: int) -> np.ndarray:
        if number not in self._others:
            rng = np.random.default_rng([SEED, 1, number])
            world = World(SEED + number) if number % 2 else self.site.world
            away_m = np.array([_ELSEWHERE_M * (number + 1), _ELSEWHERE_M])
            middle = self.site.center_m + away_m
            region = Region(*middle, *middle).padded(_ELSEWHERE_SIDE_M / 2)
            grid = PixelGrid.covering(region, _ELSEWHERE_GSD)
            # Mirrored: the noise that worlds are painted with has a period, so that plain water
            # elsewhere would show the very pixels of the map's.
            self._others[number] = np.fliplr(render(world, _some_day(rng), grid)).copy()
        return self._others[number]

    def _pose(self, rng: np.random.Generator) -> CameraPose:
        height_m = rng.uniform(*HEIGHTS_M)
        margin_m = 0.4 * CAMERA.gsd_m_per_px(height_m) * CAMERA.width
        east, north = self.site.center_m + rng.uniform(-1, 1, 2) * (SIDE_M / 2 - margin_m)
        tilt = rng.uniform(-_TILT_DEG, _TILT_DEG, 2)
        return CameraPose(east, north, height_m, rng.uniform(0, 360), *tilt)


def _some_day(rng: np.random.Generator) -> Epoch:
    return flight_epoch(int(rng.integers(1 << 31)))


def cut_turned(pixels: np.ndarray, at: np.ndarray, heading_deg: float, step: float) -> np.ndarray:
    """
    Return an image of the camera's size out of a north-up picture.

    :param at: (2,) column and row of its middle.
    :param heading_deg: of its up direction, clockwise from north.
    :param step: pixels of the picture per pixel of the image.
    """
    turn, size = np.radians(heading_deg), (CAMERA.width, CAMERA.height)
    right = np.array([np.cos(turn), np.sin(turn)])  # in columns and rows of the picture
    down = np.array([-np.sin(turn), np.cos(turn)])
    matrix = np.column_stack([step * right, step * down, at])
    matrix[:, 2] -= matrix[:, :2] @ ((np.array(size) - 1) / 2)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(pixels, matrix, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)


def told_view(rng: np.random.Generator, shot: Shot) -> View:
    """Return what the localizer is told of a photo: all with errors, or less."""
    return view_of(rng, shot.pose.heading_deg, CAMERA.gsd_m_per_px(shot.pose.height_agl_m))


def view_of(rng: np.random.Generator, heading_deg: float, gsd_m_per_px: float) -> View:
    """Return a view with errors; one in 16 tells no heading, one in 100 no GSD either."""
    heading = off_by_error(heading_deg, HEADING_ERROR_DEG, rng) % 360.0
    gsd = gsd_m_per_px * off_by_error(1.0, HEIGHT_ERROR, rng)
    draw = rng.random()
    return View(
        heading_deg=None if draw < 1 / 16 else heading,
        gsd_m_per_px=None if draw < 1 / 100 else gsd,
        heading_sigma_deg=HEADING_ERROR_DEG / 2,
        scale_sigma=HEIGHT_ERROR / 2,
    )


Maker = Callable[[Scene, np.random.Generator], Hostile]
