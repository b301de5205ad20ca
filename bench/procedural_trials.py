"""Photos of procedural worlds, located on their maps, with the truth: what is fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.view import View
from visual_navsat.localization.gradient_field import make_gradient_field
from visual_navsat.localization.map_area import MapArea
from visual_navsat.localization.map_field import MapField, MapPyramid
from visual_navsat.localization.map_match import match_on_map
from visual_navsat.localization.match_position import match_features, squared_width
from visual_navsat.worlds.camera import CameraPose, Pinhole, photograph
from visual_navsat.worlds.epoch import flight_epoch, map_epoch
from visual_navsat.worlds.render import render
from visual_navsat.worlds.world import World

MAP_SIDE_M = 1000.0
MAP_GSD = 0.5
FIELD_GSD = 0.5
OFF_MAP_SHARE = 0.3
HEADING_ERROR_DEG = 5.0  # uniform, either way
HEIGHT_ERROR = 0.1
HEIGHTS_M = (80.0, 260.0)
BEND_SIGMA_M = 1.5  # per axis; relative errors of good satellite orthophotos
BEND_LENGTH_M = 80.0
MAP_BLUR_M = (0.25, 1.0)
MAX_TILT_DEG = 2.0  # unknown to the localizer
CAMERA = Pinhole(640, 480, 620.0)
_ELSEWHERE_M = 50_000.0


@dataclass(frozen=True)
class Trial:
    """One photo: what the match looked like, and how wrong it was."""

    world: int
    height_agl_m: float
    on_map: bool
    features: np.ndarray  # of the best place; NaN where there is none
    error_enu_m: np.ndarray  # (2,) found less true; NaN off the map
    squared_width_m2: np.ndarray  # (2, 2)


def run_trials(world_seed: int, num_photos: int) -> Iterator[Trial]:
    """Yield trials on one square kilometre of a world, its photos of another day."""
    rng = np.random.default_rng([77, world_seed])
    world = World(world_seed)
    west, north = np.round(rng.uniform(-20_000, 20_000, 2) / MAP_GSD) * MAP_GSD
    pixels = round(MAP_SIDE_M / MAP_GSD)
    ortho = render(world, map_epoch(world_seed), west, north, pixels, pixels, MAP_GSD)
    ortho = as_satellite_map(ortho, rng)
    field = make_gradient_field(ortho, MAP_GSD).quantized()
    area = MapArea(LocalFrame(0.0, 0.0), MapPyramid(MapField(field, west, north), 3))
    for number in range(num_photos):
        on_map = rng.random() >= OFF_MAP_SHARE
        pose = _draw_pose(rng, west, north, on_map)
        # Each photo is of a day of its own.
        shot = photograph(world, flight_epoch(1000 * world_seed + number), pose, CAMERA)
        view = View(
            heading_deg=pose.heading_deg + rng.uniform(-1, 1) * HEADING_ERROR_DEG,
            gsd_m_per_px=CAMERA.gsd_m_per_px(pose.height_agl_m)
            * (1 + rng.uniform(-1, 1) * HEIGHT_ERROR),
            heading_sigma_deg=HEADING_ERROR_DEG / 2,
            scale_sigma=HEIGHT_ERROR / 2,
        )
        matches = match_on_map(NadirImage(shot.image, None, view, None), [area], (), 150.0, 1e12)
        if not matches.places:
            nothing = np.full(2, np.nan)
            yield Trial(
                world_seed, pose.height_agl_m, on_map, np.full(2, np.nan), nothing, np.eye(2)
            )
            continue
        best = matches.places[0]
        error = np.array([best.match.east_m, best.match.north_m]) - shot.center
        yield Trial(
            world_seed,
            pose.height_agl_m,
            on_map,
            match_features(matches),
            error if on_map else np.full(2, np.nan),
            squared_width(best),
        )


def as_satellite_map(ortho: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """
    Return an orthophoto as satellite maps are: blurred, and bent by a few metres.

    Bends come from terrain and the seams of rectification; they are errors of the map that a
    photo has to live with.
    """
    side = ortho.shape[0]
    cells = max(2, round(side * MAP_GSD / BEND_LENGTH_M))
    bend = [
        cv2.resize(
            rng.normal(0, BEND_SIGMA_M / MAP_GSD, (cells, cells)).astype(np.float32),
            (side, side),
            interpolation=cv2.INTER_CUBIC,
        )
        for _ in range(2)
    ]
    rows, columns = np.indices((side, side), dtype=np.float32)
    bent = cv2.remap(
        ortho, columns + bend[0], rows + bend[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    blur_px = rng.uniform(*MAP_BLUR_M) / MAP_GSD
    return cv2.GaussianBlur(bent, (0, 0), blur_px)


def _draw_pose(rng: np.random.Generator, west: float, north: float, on_map: bool) -> CameraPose:
    height = rng.uniform(*HEIGHTS_M)
    margin = 0.3 * CAMERA.gsd_m_per_px(height) * CAMERA.width
    east, south = rng.uniform(margin, MAP_SIDE_M - margin, 2)
    if not on_map:
        east += _ELSEWHERE_M
    pitch, roll = rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG, 2)
    return CameraPose(west + east, north - south, height, rng.uniform(0, 360), pitch, roll)
