# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
Score photos over hills of 300 m, of which only the altitude above the sea is known.

Each photo is taken twice from the same height over ground: over level ground, and over hills on a
map with an elevation model. Worlds, places, days and errors of what is known are the same.

    python -m bench.terrain --worlds 6 --photos 6 --side-m 1200
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
import json
from typing import Any

from bench.procedural_trials import draw_map, TILE_M
from bench.record import add_counts, clean_commit, command, make_parser, RESULTS, rounded
from bench.trial_runs import each_world
from bench.world_map import CAMERA, draw_corner, FRAME, HEADING_ERROR_DEG, off_by_error
import cv2
import numpy as np
from scipy import ndimage
from visual_navsat.config import PositionConfig
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.evaluation.scored_answer import FALSE_FIX_ERROR_M
from visual_navsat.files import write_json
from visual_navsat.geometry.camera import CameraModel
from visual_navsat.geometry.nadir import look_down
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.relief_photo import ReliefPhoto
from visual_navsat.geometry.terrain import Terrain
from visual_navsat.geometry.view import View
from visual_navsat.localization.correlate import correlate
from visual_navsat.localization.height_over_ground import view_over_ground
from visual_navsat.localization.lever import Lever
from visual_navsat.localization.locate import locate_center
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.localization.position_model import load_position_model
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import flight_epoch
from visual_navsat_sim.worlds.noise import smooth_noise
from visual_navsat_sim.worlds.world import World

RELIEF_M = 300.0
HILL_WAVELENGTH_M = 3000.0
HEIGHTS_M = (100.0, 260.0)
TILTS_DEG = (0.0, 30.0)
TILT_SIGMA_DEG = 1.0
ALTITUDE_SIGMA_M = 5.0  # of what is known of the altitude above the sea
DEM_GSD_M, DEM_SIGMA_M, DEM_CORRELATION_PX = 30.0, 5.0, 2.0
LEVEL, WITH_DEM = 'level_ground', 'hills_with_dem'
_MARGIN = 0.15  # of the map's side: nobody looks out of the map


class HillyWorld(World):
    """A world whose ground rises by as much as is asked for within a region."""

    def __init__(self, seed: int, region: Region, relief_m: float) -> None:
        super().__init__(seed, relief=1.0 if relief_m else 0.0)
        self._scale, self._lowest = 0.0, 0.0
        if relief_m:
            east = np.linspace(region.west_m, region.east_m, 60)
            north = np.linspace(region.south_m, region.north_m, 60)
            shape = self._shape(*np.meshgrid(east, north))
            self._scale = relief_m / float(np.ptp(shape))
            self._lowest = float(shape.min())

    def height_m(self, east_m, north_m) -> np.ndarray:
        """Return the height of the ground, metres."""
        hills = self._shape(east_m, north_m) - self._lowest
        return super().height_m(east_m, north_m) + self._scale * hills

    def _shape(self, east_m, north_m) -> np.ndarray:
        return smooth_noise(self.seed + 171, east_m, north_m, HILL_WAVELENGTH_M)


@dataclass(frozen=True)
class Shot:
    """One photo in one of the cases."""

    case: str
    center_error_m: float
    is_published: bool
    vehicle_error_m: float
    squared_sigmas: float  # of the vehicle, horizontal
    altitude_error_m: float  # NaN if no altitude was answered
    altitude_sigma_m: float


def main() -> None:
    parser = make_parser(__doc__, RESULTS / 'terrain.json')
    add_counts(parser, worlds=6, photos=6, side_m=1200.0, first_seed=7100)
    args = parser.parse_args()
    commit = clean_commit()
    seeds = range(args.first_seed, args.first_seed + args.worlds)
    shots = each_world(partial(run_world, args.photos, args.side_m), seeds)
    result = {
        'command': command('bench.terrain', args, 'worlds', 'photos', 'side_m', 'first_seed'),
        'commit': commit,
        'map_km2_each': round(args.side_m**2 / 1e6, 2),
        'relief_m': RELIEF_M,
        'cases': score_all(shots),
    }
    write_json(args.out, result)
    print(json.dumps(result, indent=2))


def run_world(num_photos: int, side_m: float, seed: int) -> list[Shot]:
    """Return the photos of one world over its map, in all cases."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([79, seed])
    west, north = draw_corner(rng)
    region = Region(west, north - side_m, west + side_m, north)
    level, hilly = (HillyWorld(seed, region, relief) for relief in (0.0, RELIEF_M))
    maps = {world: draw_map(world, seed, (west, north), side_m) for world in (level, hilly)}
    dem = draw_dem(hilly, region, rng)
    flat = replace(dem, heights_m=np.zeros_like(dem.heights_m))
    shots = []
    for number in range(num_photos):
        east, south = rng.uniform(_MARGIN, 1 - _MARGIN, 2) * side_m
        pose = CameraPose(
            west + east, north - south, rng.uniform(*HEIGHTS_M), rng.uniform(0, 360),
            TILTS_DEG[number % len(TILTS_DEG)],
        )  # fmt: skip
        known = _known(pose, rng)
        error_m = rng.normal(0.0, ALTITUDE_SIGMA_M)
        epoch = flight_epoch(100_000 * seed + number)
        for case, world, terrain in ((LEVEL, level, flat), (WITH_DEM, hilly, dem)):
            ground_m = float(world.height_m(np.array(pose.east_m), np.array(pose.north_m)))
            true_m = ground_m + pose.height_agl_m
            view = replace(known, altitude_amsl_m=true_m + error_m)
            photo = photograph(world, epoch, pose, CAMERA)
            shots.append(_answer(case, photo, pose, view, maps[world], terrain, region, true_m))
    return shots


def _answer(
    case, photo, pose, view: View, area: MapArea, terrain: Terrain, region, true_m
) -> Shot:
    """Return what is answered to one photo, as the engine does it without retrieval."""
    over = view_over_ground(view, terrain, region)
    assert over is not None
    relief, nadir = ReliefPhoto.of(photo.image, over, terrain), look_down(photo.image, over)
    assert relief is not None and nadir is not None
    found = correlate(nadir, [area], (), TILE_M, 1e12, relief=(relief, region))
    nan = float('nan')
    if not found.matches:
        return Shot(case, np.inf, False, np.inf, np.inf, nan, nan)
    model, best = load_position_model(), found.matches[0]
    lever = Lever.of(nadir, over, TILE_M, PositionConfig().unknown_tilt_deg, terrain).at(best)
    center = locate_center(found, model, PositionConfig())
    place = FRAME.enu_from_geodetic(*best.place)
    error_m = place + lever.offset_m - (pose.east_m, pose.north_m)
    covariance = model.covariance(best.evidence)
    both = covariance + lever.covariance_m2
    altitude = lever.altitude if case == WITH_DEM else None
    return Shot(
        case,
        float(np.hypot(*(place - photo.center))),
        isinstance(center, PositionEstimate),
        float(np.hypot(*error_m)),
        float(error_m @ np.linalg.solve(both, error_m)),
        nan if altitude is None else altitude.amsl_m - true_m,
        nan if altitude is None else altitude.variance_m2(covariance) ** 0.5,
    )


def draw_dem(world: World, region: Region, rng: np.random.Generator) -> Terrain:
    """Return the ground as an elevation model has it, 500 m around the map too."""
    grid = PixelGrid.covering(region.padded(500.0), DEM_GSD_M)
    rows, columns = np.indices(grid.shape).astype(float)
    noise = ndimage.gaussian_filter(rng.normal(size=grid.shape), DEM_CORRELATION_PX)
    heights = world.height_m(*grid.east_north(rows, columns)) + DEM_SIGMA_M * noise / noise.std()
    return Terrain(FRAME, grid, heights, DEM_SIGMA_M, 'egm2008')


def _known(pose: CameraPose, rng: np.random.Generator) -> View:
    """Return what the localizer is told beside the altitude: attitude and heading with errors."""
    tilt, _ = cv2.Rodrigues(np.array([*rng.normal(0.0, np.radians(TILT_SIGMA_DEG), 2), 0.0]))
    heading_rad = np.radians(off_by_error(0.0, HEADING_ERROR_DEG, rng))
    heading, _ = cv2.Rodrigues(np.array([0.0, 0.0, heading_rad]))
    middle = (CAMERA.width - 1) / 2, (CAMERA.height - 1) / 2
    focal = CAMERA.focal_length_px
    return View(
        camera=CameraModel(CAMERA.width, CAMERA.height, focal, focal, *middle),
        enu_from_camera=heading @ tilt @ pose.enu_from_camera,
        heading_sigma_deg=HEADING_ERROR_DEG / 2,
        tilt_sigma_deg=TILT_SIGMA_DEG,
        altitude_sigma_m=ALTITUDE_SIGMA_M,
    )


def score_all(shots: Sequence[Shot]) -> dict[str, Any]:
    """Return the figures of each case."""
    return {
        case: score([shot for shot in shots if shot.case == case]) for case in (LEVEL, WITH_DEM)
    }


def score(shots: Sequence[Shot]) -> dict[str, Any]:
    """Return the figures of the photos of one case; errors are of what is published."""
    published = [shot for shot in shots if shot.is_published]
    honest = [shot for shot in published if shot.vehicle_error_m <= FALSE_FIX_ERROR_M]
    errors_m = [shot.vehicle_error_m for shot in honest]
    up = np.array([shot.altitude_error_m for shot in honest])
    sigmas = np.array([shot.altitude_sigma_m for shot in honest])
    has_up = bool(len(up)) and bool(np.isfinite(up).all())
    return {
        'photos': len(shots),
        'best_place_within_20_m': sum(shot.center_error_m < 20.0 for shot in shots),
        'published': len(published),
        'published_over_50_m_off': len(published) - len(honest),
        'median_m': rounded(np.median(errors_m)) if errors_m else None,
        'p90_m': rounded(np.quantile(errors_m, 0.9)) if errors_m else None,
        'anees': rounded(np.mean([s.squared_sigmas for s in honest]) / 2) if honest else None,
        'altitude_median_abs_m': rounded(np.median(abs(up))) if has_up else None,
        'altitude_nees': rounded(np.mean((up / sigmas) ** 2)) if has_up else None,
    }


if __name__ == '__main__':
    main()
