# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Score the vehicle's position under a tilted camera, on photos of procedural worlds.

    python -m bench.tilted --worlds 6 --photos 50 --side-m 1600
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
import json
from typing import Any

from bench.procedural_trials import draw_map, TILE_M
from bench.record import add_counts, clean_commit, command, make_parser, RESULTS, rounded
from bench.trial_runs import each_world
from bench.world_map import (
    CAMERA,
    draw_corner,
    FRAME,
    HEADING_ERROR_DEG,
    HEIGHT_ERROR,
    off_by_error,
)
import cv2
import numpy as np
from visual_navsat.config import PositionConfig
from visual_navsat.evaluation.scored_answer import FALSE_FIX_ERROR_M
from visual_navsat.files import write_json
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.view import View
from visual_navsat.localization.correlate import correlate
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.locate import locate_center
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.localization.position_model import load_position_model
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import flight_epoch
from visual_navsat_sim.worlds.world import World

TILTS_DEG = (0, 15, 30, 45, 60)
HEIGHTS_M = (100.0, 220.0)
TILT_SIGMA_DEG = 1.0  # of the attitude that the localizer is told, about east and about north
_MARGIN = 0.15  # of the map's side: nobody looks out of the map


@dataclass(frozen=True)
class Shot:
    """One photo: the camera's tilt, and what was answered."""

    tilt_deg: int
    center_error_m: float  # of the ground under the photo's centre, at the best place
    is_published: bool
    vehicle_error_m: float
    vehicle_squared_sigmas: float


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'tilted.json')
    add_counts(parser, worlds=6, photos=50, side_m=1600.0, first_seed=6000)
    args = parser.parse_args()
    commit = clean_commit()
    seeds = range(args.first_seed, args.first_seed + args.worlds)
    shots = each_world(partial(run_world, args.photos, args.side_m), seeds)
    result = {
        'command': command('bench.tilted', args, 'worlds', 'photos', 'side_m', 'first_seed'),
        'commit': commit,
        'map_km2_each': round(args.side_m**2 / 1e6, 2),
        'by_tilt': [score([shot for shot in shots if shot.tilt_deg == t]) for t in TILTS_DEG],
    }
    write_json(args.out, result)
    print(json.dumps(result, indent=2))


def run_world(num_photos: int, side_m: float, seed: int) -> list[Shot]:
    """Return the photos of one world over its map."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([78, seed])
    world = World(seed)
    west, north = draw_corner(rng)
    area = draw_map(world, seed, (west, north), side_m)
    model = load_position_model()
    shots = []
    for number in range(num_photos):
        tilt_deg = TILTS_DEG[number % len(TILTS_DEG)]
        east, south = rng.uniform(_MARGIN, 1 - _MARGIN, 2) * side_m
        pose = CameraPose(
            west + east, north - south, rng.uniform(*HEIGHTS_M), rng.uniform(0, 360), tilt_deg
        )
        photo = photograph(world, flight_epoch(100_000 * seed + number), pose, CAMERA)
        view = _known(pose, rng)
        nadir = look_down(photo.image, view)
        assert nadir is not None
        found = correlate(nadir, [area], (), TILE_M, 1e12)
        if not found.matches:
            shots.append(Shot(tilt_deg, np.inf, False, np.inf, np.inf))
            continue
        lever = Lever.of(nadir, view, TILE_M, PositionConfig().unknown_tilt_deg)
        place = FRAME.enu_from_geodetic(*found.matches[0].place)
        lever = lever.at(found.matches[0])
        error_m = place + lever.offset_m - (pose.east_m, pose.north_m)
        covariance = model.covariance(found.matches[0].evidence) + lever.covariance_m2
        shots.append(
            Shot(
                tilt_deg,
                float(np.hypot(*(place - photo.center))),
                isinstance(locate_center(found, model, PositionConfig()), PositionEstimate),
                float(np.hypot(*error_m)),
                float(error_m @ np.linalg.solve(covariance, error_m)),
            )
        )
    return shots


def score(shots: list[Shot]) -> dict[str, Any]:
    """Return the figures of the photos of one tilt; errors are of what is published."""
    published = [shot for shot in shots if shot.is_published]
    honest = [shot for shot in published if shot.vehicle_error_m <= FALSE_FIX_ERROR_M]
    errors_m = [shot.vehicle_error_m for shot in honest]
    return {
        'tilt_deg': shots[0].tilt_deg,
        'photos': len(shots),
        'best_place_within_20_m': sum(shot.center_error_m < 20.0 for shot in shots),
        'published': len(published),
        'published_over_50_m_off': len(published) - len(honest),
        'median_m': rounded(np.median(errors_m)) if errors_m else None,
        'p90_m': rounded(np.quantile(errors_m, 0.9)) if errors_m else None,
        'anees': rounded(np.mean([shot.vehicle_squared_sigmas for shot in honest]) / 2)
        if honest
        else None,
    }


def _known(pose: CameraPose, rng: np.random.Generator) -> View:
    """Return what the localizer is told: attitude, heading and height, each with its error."""
    tilt, _ = cv2.Rodrigues(np.array([*rng.normal(0.0, np.radians(TILT_SIGMA_DEG), 2), 0.0]))
    heading_rad = np.radians(off_by_error(0.0, HEADING_ERROR_DEG, rng))
    heading, _ = cv2.Rodrigues(np.array([0.0, 0.0, heading_rad]))
    middle = (CAMERA.width - 1) / 2, (CAMERA.height - 1) / 2
    focal = CAMERA.focal_length_px
    return View(
        camera=CameraModel(CAMERA.width, CAMERA.height, focal, focal, *middle),
        enu_from_camera=heading @ tilt @ pose.enu_from_camera,
        height_agl_m=pose.height_agl_m * off_by_error(1.0, HEIGHT_ERROR, rng),
        heading_sigma_deg=HEADING_ERROR_DEG / 2,
        tilt_sigma_deg=TILT_SIGMA_DEG,
        scale_sigma=HEIGHT_ERROR / 2,
    )


if __name__ == '__main__':
    main()
