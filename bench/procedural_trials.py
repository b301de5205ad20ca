# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Photos of procedural worlds, located on their maps: what is fitted and scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bench.world_map import (
    CAMERA,
    draw_area,
    draw_corner,
    FRAME,
    HEADING_ERROR_DEG,
    HEIGHT_ERROR,
    off_by_error,
)
import numpy as np
from visual_navsat.config import CorrelationConfig
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.view import View
from visual_navsat.localization.correlate import correlate, MapMatches
from visual_navsat.localization.map_match import COARSE, FEATURES
from visual_navsat.localization.photo_search import PhotoSearch
from visual_navsat.localization.prior import Prior
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import flight_epoch
from visual_navsat_sim.worlds.world import World

OFF_MAP_SHARE = 0.3
HEIGHTS_M = (60.0, 400.0)  # as many of each height by its logarithm
ANY_HEADING_BELOW_M = 120.0  # higher up, all headings take minutes
MAX_TILT_DEG = 2.0  # unknown to the localizer
TILE_M = 150.0
NUM_RANKED = 10
RANKED_RIGHT_SHARE = 0.5  # of the photos on the map: how often retrieval ranks the true tile
# The whole map, and squares of it searched as maps of their own; one of them with any heading.
# Each photo is looked for in one of these, and from a coarser level or in some tiles.
WHOLE_SEARCHES = ('whole', 'km2_2', 'km2_04', 'km2_04_any_heading')
SEARCHES = (*WHOLE_SEARCHES, 'coarse', 'part')
_SMALL_SIDES_M = {'km2_2': 1414.0, 'km2_04': 640.0, 'km2_04_any_heading': 640.0}
RELIEF = (0.5, 2.5)  # of a world; 1 is gentle hills
_ELSEWHERE_M = 50_000.0
_BUDGET = 1e6 * CorrelationConfig().max_million_scores
_COARSE_SHARE = 1 / 8  # of the scores of the whole map, at most


@dataclass(frozen=True)
class Attempt:
    """The result of one search for a photo; NaN where it found no place."""

    features: list[float]  # of the best place, by FEATURES
    error_enu_m: list[float]  # found less true, of the ground under the photo's centre
    squared_width_m2: list[list[float]]  # (2, 2)
    sigmas: float


@dataclass(frozen=True)
class Trial:
    """One photo: where and when it was taken, and the results of the searches."""

    world: int
    photo: int
    height_agl_m: float
    on_map: bool
    # By the names in SEARCHES; coarse begins on a coarser level than usual, if the footprint is
    # large enough for it; part is ten tiles, the true one among them as often as not.
    attempts: dict[str, Attempt]

    @property
    def footprint_m(self) -> float:
        """Longer side of the ground that the photo shows."""
        return CAMERA.gsd_m_per_px(self.height_agl_m) * max(CAMERA.width, CAMERA.height)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Trial:
        """Return the trial of :meth:`to_json`."""
        attempts = {name: Attempt(**attempt) for name, attempt in values['attempts'].items()}
        return cls(**{**values, 'attempts': attempts})


def attempts_of(trials: Sequence[Trial], searches: Sequence[str]) -> list[tuple[Trial, Attempt]]:
    """Return the results of these searches, by their names in SEARCHES, each with its photo."""
    return [
        (trial, trial.attempts[search])
        for trial in trials
        for search in searches
        if search in trial.attempts
    ]


def run_trials(world_seed: int, num_photos: int, side_m: float) -> Iterator[Trial]:
    """Yield trials on a square of a world; its photos are of other days."""
    rng = np.random.default_rng([77, world_seed])
    world = World(world_seed, relief=rng.uniform(*RELIEF))
    west, north = draw_corner(rng)
    area = draw_map(world, world_seed, (west, north), side_m)
    for number in range(num_photos):
        on_map = bool(rng.random() >= OFF_MAP_SHARE)
        pose = draw_pose(rng, west, north, side_m, on_map)
        # Each photo is taken on a day of its own.
        shot = photograph(world, flight_epoch(100_000 * world_seed + number), pose, CAMERA)
        photo = NadirImage(shot.image, None, disturbed(pose, rng), None)
        tiles = draw_tiles(rng, (west, north), (side_m, side_m), shot.center)
        name = _draw_whole_search(rng, side_m, pose.height_agl_m)
        prior, known = None, photo.view
        if name != 'whole':
            edge_m = 0.3 * CAMERA.gsd_m_per_px(pose.height_agl_m) * CAMERA.width
            square = _SMALL_SIDES_M[name]
            prior = _draw_square(rng, (west, north), side_m, square, shot.center, edge_m)
        if name == 'km2_04_any_heading':
            known = replace(known, heading_deg=None, heading_sigma_deg=180.0)
        found = look_for(photo, known, area, name, prior, tiles if number % 2 else None)
        attempts = {name: attempt_of(matches, shot.center) for name, matches in found.items()}
        yield Trial(world_seed, number, pose.height_agl_m, on_map, attempts)


def draw_map(world: World, seed: int, corner_m: tuple[float, float], side_m: float) -> MapArea:
    """Return a square of a world as an index has it; ``corner_m`` is its north-west one."""
    return draw_area(world, seed, corner_m, side_m, piece_px=1000, rim_px=40, clip=False)


def disturbed(pose: CameraPose, rng: np.random.Generator) -> View:
    """Return what the localizer knows about a photo."""
    gsd = CAMERA.gsd_m_per_px(pose.height_agl_m)
    return View(
        heading_deg=off_by_error(pose.heading_deg, HEADING_ERROR_DEG, rng),
        gsd_m_per_px=gsd * off_by_error(1.0, HEIGHT_ERROR, rng),
        heading_sigma_deg=HEADING_ERROR_DEG / 2,
        scale_sigma=HEIGHT_ERROR / 2,
    )


def look_for(
    photo: NadirImage,
    known: View,
    area: MapArea,
    name: str,
    prior: Prior | None,
    tiles: Sequence[TileMetadata] | None,
) -> dict[str, MapMatches]:
    """
    Return what two searches for a photo found, by their names in SEARCHES.

    :param known: of it for the first search, which is called ``name`` unless it began coarser.
    :param tiles: to look in after that; None: on all of the area from a coarser level.
    """
    whole = correlate(replace(photo, view=known), [area], (), TILE_M, _BUDGET, prior)
    is_coarse = bool(whole.matches) and whole.matches[0].evidence.scope == COARSE
    found = {'coarse' if is_coarse else name: whole}
    if tiles is not None:
        found['part'] = correlate(photo, [area], tiles, TILE_M, 0.0)
    elif not is_coarse:
        budget = _COARSE_SHARE * PhotoSearch.of(photo, [area], TILE_M).count([None])
        coarse = correlate(photo, [area], (), TILE_M, budget)
        if coarse.scope == COARSE:  # some footprints are too small for it
            found['coarse'] = coarse
    return found


def attempt_of(found: MapMatches, truth_enu_m: np.ndarray) -> Attempt:
    """Return the result of a search for a photo, whose centre truly lies at a place."""
    if not found.matches:
        nan = float('nan')
        return Attempt([nan] * len(FEATURES), [nan] * 2, np.eye(2).tolist(), nan)
    best = found.matches[0]
    error = FRAME.enu_from_geodetic(best.latitude, best.longitude) - truth_enu_m
    return Attempt(
        best.evidence.features.tolist(),
        error.tolist(),
        best.evidence.squared_width_m2.tolist(),
        float(best.evidence.sigmas),
    )


def draw_pose(
    rng: np.random.Generator, west: float, north: float, side_m: float, on_map: bool
) -> CameraPose:
    """Return where a photo is taken that shows the map, or ground far off it."""
    height = np.exp(rng.uniform(*np.log(HEIGHTS_M)))
    margin = 0.3 * CAMERA.gsd_m_per_px(height) * CAMERA.width
    east, south = rng.uniform(margin, side_m - margin, 2)
    if not on_map:
        east += _ELSEWHERE_M
    pitch, roll = rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG, 2)
    return CameraPose(west + east, north - south, height, rng.uniform(0, 360), pitch, roll)


def _draw_whole_search(rng: np.random.Generator, side_m: float, height_agl_m: float) -> str:
    names = [name for name in WHOLE_SEARCHES if _SMALL_SIDES_M.get(name, 0.0) < side_m]
    if height_agl_m > ANY_HEADING_BELOW_M:
        names.remove('km2_04_any_heading')
    return str(rng.choice(names))


def _draw_square(
    rng: np.random.Generator,
    corner_m: tuple[float, float],
    side_m: float,
    small_m: float,
    center: np.ndarray,
    edge_m: float,
) -> Prior:
    """Return a square of a map, around a photo that is on the map; its edge is not nearer."""
    west, south = corner_m[0], corner_m[1] - side_m
    low = np.maximum([west, south], center + min(edge_m, small_m / 2) - small_m)
    high = np.minimum(
        np.array([west, south]) + side_m, center - min(edge_m, small_m / 2) + small_m
    )
    low, high = low, high - small_m
    left, bottom = (
        rng.uniform(low, high)
        if (low <= high).all()
        else rng.uniform([west, south], np.array([west, south]) + side_m - small_m)
    )
    return Prior(FRAME, (Region(left, bottom, left + small_m, bottom + small_m),))


def draw_tiles(
    rng: np.random.Generator,
    corner_m: tuple[float, float],
    size_m: tuple[float, float],
    truth: np.ndarray,
) -> list[TileMetadata]:
    """
    Return tiles of a map as retrieval might rank them.

    :param corner_m: east and north of the map's north-west corner.
    :param size_m: its sides from west to east and from north to south.
    :param truth: the photo's centre.
    """
    inside = rng.uniform(0, np.array(size_m) - TILE_M, (NUM_RANKED, 2))
    corners = inside * (1, -1) + corner_m
    beside = rng.uniform(0, TILE_M, 2) * (-1, 1)  # of its tile's corner from the true centre
    if rng.random() < RANKED_RIGHT_SHARE:  # off the map, this tile is off the map as well
        corners[0] = truth + beside
    tiles = []
    for number, (left, top) in enumerate(corners):
        top_lat, top_long = FRAME.geodetic_from_enu([left, top])
        low_lat, low_long = FRAME.geodetic_from_enu([left + TILE_M, top - TILE_M])
        box = (float(top_lat), float(top_long), float(low_lat), float(low_long))
        tiles.append(TileMetadata(f'{number}.png', *box))
    return tiles
