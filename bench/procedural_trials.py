"""Photos of procedural worlds, located on their maps: what is fitted and scored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from visual_navsat.correlation.field_mosaic import FieldMosaic
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.map_field import MapPyramid
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.region import Region
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.view import View
from visual_navsat.localization.correlate import MapMatches, correlate
from visual_navsat.localization.map_match import COARSE, FEATURES
from visual_navsat_sim.worlds.camera import CameraPose, Photograph, Pinhole, photograph
from visual_navsat_sim.worlds.epoch import flight_epoch, map_epoch
from visual_navsat_sim.worlds.render import render
from visual_navsat_sim.worlds.world import World

MAP_GSD = 0.5
OFF_MAP_SHARE = 0.3
HEADING_ERROR_DEG = 5.0  # uniform, either way
HEIGHT_ERROR = 0.1
HEIGHTS_M = (80.0, 260.0)
MAX_TILT_DEG = 2.0  # unknown to the localizer
CAMERA = Pinhole(640, 480, 620.0)
TILE_M = 150.0
NUM_RANKED = 10
RANKED_RIGHT_SHARE = 0.5  # of the photos on the map: how often retrieval ranks the true tile
SEARCHES = ('whole', 'coarse', 'part')
_ELSEWHERE_M = 50_000.0
_COARSE_SCORES_PER_KM2 = 1.2e6  # at 4 m per pixel about 20 hypotheses, at 2 m about 5
_PIECE_M = 500.0  # the map is rendered in pieces, for memory
_RIM_M = 20.0  # of a piece, whose gradients its neighbours give
_FRAME = LocalFrame(0.0, 0.0)


@dataclass(frozen=True)
class Attempt:
    """What one search made of a photo; NaN where it found no place."""

    features: list[float]  # of the best place, by FEATURES
    error_enu_m: list[float]  # found less true, of the ground under the photo's centre
    squared_width_m2: list[list[float]]  # (2, 2)
    sigmas: float


@dataclass(frozen=True)
class Trial:
    """One photo: where and when, and what the searches made of it."""

    world: int
    photo: int
    height_agl_m: float
    on_map: bool
    whole: Attempt  # of the whole map
    coarse: Attempt  # of the whole map, begun on a coarser level than usual
    part: Attempt  # of ten tiles, the true one among them as often as not

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
        searches = {name: Attempt(**values[name]) for name in SEARCHES}
        return cls(**{**values, **searches})


def run_trials(
    world_seed: int, num_photos: int, side_m: float, only_whole: bool = False
) -> Iterator[Trial]:
    """
    Yield trials on a square of a world, its photos of other days, in an order of no meaning.

    :param only_whole: leave out the other searches, which find nothing then.
    """
    rng = np.random.default_rng([77, world_seed])
    world = World(world_seed)
    west, north = np.round(rng.uniform(-20_000, 20_000, 2) / MAP_GSD) * MAP_GSD
    area = render_map_area(world, world_seed, west, north, side_m)
    km2 = side_m**2 / 1e6
    for number in range(num_photos):
        on_map = bool(rng.random() >= OFF_MAP_SHARE)
        pose = draw_pose(rng, west, north, side_m, on_map)
        # Each photo is of a day of its own.
        shot = photograph(world, flight_epoch(100_000 * world_seed + number), pose, CAMERA)
        photo = NadirImage(shot.image, None, disturbed(pose, rng), None)
        tiles = _draw_tiles(rng, west, north, side_m, shot)
        whole = correlate(photo, [area], (), TILE_M, 1e12)
        coarse = part = MapMatches()
        if not only_whole:
            part = correlate(photo, [area], tiles, TILE_M, 0.0)
            tried = correlate(photo, [area], tiles, TILE_M, _COARSE_SCORES_PER_KM2 * km2)
            coarse = (
                tried if tried.scope == COARSE else coarse
            )  # some footprints are too small for it
        attempts = (_attempt(matches, shot) for matches in (whole, coarse, part))
        yield Trial(world_seed, number, pose.height_agl_m, on_map, *attempts)


def render_map_area(
    world: World, epoch_seed: int, west: float, north: float, side_m: float
) -> MapArea:
    """Return a square of a world as an index has it, its north-west corner at a whole pixel."""
    mosaic = FieldMosaic(Region(west, north - side_m, west + side_m, north))
    epoch = map_epoch(epoch_seed)
    for south in np.arange(0.0, side_m, _PIECE_M):
        for east in np.arange(0.0, side_m, _PIECE_M):
            left, top = west + east - _RIM_M, north - south + _RIM_M
            pixels = round((_PIECE_M + 2 * _RIM_M) / MAP_GSD)
            grid = PixelGrid(left, top, pixels, pixels, MAP_GSD)
            mosaic.add(render(world, epoch, grid, threads=1), grid.region)
    return MapArea(_FRAME, MapPyramid(mosaic.finish(), 5))


def disturbed(pose: CameraPose, rng: np.random.Generator) -> View:
    """Return what the localizer is told of a photo."""
    gsd = CAMERA.gsd_m_per_px(pose.height_agl_m)
    return View(
        heading_deg=pose.heading_deg + rng.uniform(-1, 1) * HEADING_ERROR_DEG,
        gsd_m_per_px=gsd * (1 + rng.uniform(-1, 1) * HEIGHT_ERROR),
        heading_sigma_deg=HEADING_ERROR_DEG / 2,
        scale_sigma=HEIGHT_ERROR / 2,
    )


def _attempt(found: MapMatches, shot: Photograph) -> Attempt:
    if not found.matches:
        nan = float('nan')
        return Attempt([nan] * len(FEATURES), [nan] * 2, np.eye(2).tolist(), nan)
    best = found.matches[0]
    error = _FRAME.enu_from_geodetic(best.latitude, best.longitude) - shot.center
    return Attempt(
        best.evidence.features.tolist(),
        error.tolist(),
        best.evidence.squared_width_m2.tolist(),
        float(best.evidence.sigmas),
    )


def draw_pose(
    rng: np.random.Generator, west: float, north: float, side_m: float, on_map: bool
) -> CameraPose:
    height = rng.uniform(*HEIGHTS_M)
    margin = 0.3 * CAMERA.gsd_m_per_px(height) * CAMERA.width
    east, south = rng.uniform(margin, side_m - margin, 2)
    if not on_map:
        east += _ELSEWHERE_M
    pitch, roll = rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG, 2)
    return CameraPose(west + east, north - south, height, rng.uniform(0, 360), pitch, roll)


def _draw_tiles(
    rng: np.random.Generator, west: float, north: float, side_m: float, shot: Photograph
) -> list[TileMetadata]:
    """Return tiles of the map as retrieval might rank them."""
    corners = rng.uniform(0, side_m - TILE_M, (NUM_RANKED, 2)) * (1, -1) + (west, north)
    truth = shot.center
    beside = rng.uniform(0, TILE_M, 2) * (-1, 1)  # of its tile's corner from the true centre
    if rng.random() < RANKED_RIGHT_SHARE:  # off the map, this tile is off the map as well
        corners[0] = truth + beside
    tiles = []
    for number, (left, top) in enumerate(corners):
        top_lat, top_long = _FRAME.geodetic_from_enu([left, top])
        low_lat, low_long = _FRAME.geodetic_from_enu([left + TILE_M, top - TILE_M])
        box = (float(top_lat), float(top_long), float(low_lat), float(low_long))
        tiles.append(TileMetadata(f'{number}.png', *box))
    return tiles
