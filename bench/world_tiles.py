# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tiles of procedural worlds and images of other days, described by the embedded model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
import io
from pathlib import Path

from bench.world_map import CAMERA, draw_corner, HEADING_ERROR_DEG, HEIGHT_ERROR, off_by_error
import numpy as np
from visual_navsat.features.describer import ImageDescriber
from visual_navsat.features.preprocess import PreparedImage
from visual_navsat.files import write_bytes
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat_sim.worlds.camera import CameraPose, photograph
from visual_navsat_sim.worlds.epoch import flight_epoch, map_epoch
from visual_navsat_sim.worlds.render import render
from visual_navsat_sim.worlds.world import World

TILE_M = 150.0
TILE_PX = 250
STEP_PX = TILE_PX // 2  # build-map's usual overlap of a half
GSD = TILE_M / TILE_PX
HEIGHTS_M = (100.0, 220.0)  # a photo then shows as much ground as a tile, within a factor of 1.5
PHOTOS, ORTHOS = 'photos of a flight', 'orthophotos of another year'
_RELIEF = 1.0
_STRIP_TILES = 12  # rows of tiles that are drawn at once

# World, describer, day, place, metres per pixel of the map: the image, and what is at its middle.
Shoot = Callable[..., tuple[PreparedImage, np.ndarray]]


@dataclass(frozen=True)
class WorldTiles:
    """The tiles of a square of a world, and images of other days whose places are known."""

    descriptors: np.ndarray  # (N, d) float32 of the tiles
    centers_m: np.ndarray  # (N, 2) east and north in the world
    queries: dict[str, np.ndarray]  # (Q, d) by kind
    places_m: dict[str, np.ndarray]  # (Q, 2) of the ground under their centres

    def right(self, kind: str) -> np.ndarray:
        """Return (Q, N) whether a tile shows the centre of an image."""
        away_m = np.abs(self.places_m[kind][:, None] - self.centers_m)
        return (away_m <= TILE_M / 2).all(axis=2)


def load_world(
    folder: Path, describer: ImageDescriber, seed: int, side: int, num_queries: int
) -> WorldTiles:
    """
    Return the tiles of a world and as many images of each kind, kept in a folder for later runs.

    :param side: tiles along each side of the square.
    """
    world = World(seed, relief=_RELIEF)
    corner_m = draw_corner(np.random.default_rng([79, seed]), GSD)
    tiles = _kept(
        folder / f'{seed}_{side}_tiles.npz',
        partial(_describe_tiles, world, describer, seed, corner_m, side),
    )
    queries, places = {}, {}
    square = (world, describer, seed, corner_m, side)
    for number, (kind, shoot) in enumerate(_SHOOT.items()) if num_queries else ():
        rng = np.random.default_rng([79, seed, number])
        found = _kept(
            folder / f'{seed}_{side}_{kind.split()[0]}_{num_queries}.npz',
            partial(_describe_queries, *square, num_queries, float(tiles['gsd']), shoot, rng),
        )
        queries[kind], places[kind] = found['descriptors'], found['places_m']
    rows, columns = np.divmod(np.arange(side**2), side)
    steps = np.stack([columns, -rows], axis=1) * STEP_PX * GSD
    centers = corner_m + steps + np.array([TILE_M / 2, -TILE_M / 2])
    return WorldTiles(tiles['descriptors'], centers, queries, places)


def _kept(path: Path, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays in a file, which is made first where there is none."""
    if not path.exists():
        content = io.BytesIO()
        np.savez(content, **make())
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content.getvalue())
    with np.load(path) as saved:
        return dict(saved)


def _describe_tiles(
    world: World, describer: ImageDescriber, seed: int, corner_m: np.ndarray, side: int
) -> dict[str, np.ndarray]:
    described, gsds = [], []
    for first in range(0, side, _STRIP_TILES):
        tiles = list(_strip(world, describer, seed, corner_m, first, side))
        gsds += [tile.gsd_m_per_px for tile in tiles]
        described += [describer.describe(tiles[start:][:16]) for start in range(0, len(tiles), 16)]
    return {'descriptors': np.concatenate(described), 'gsd': np.median(gsds)}


def _describe_queries(
    world: World,
    describer: ImageDescriber,
    seed: int,
    corner_m: np.ndarray,
    side: int,
    count: int,
    map_gsd: float,
    shoot: Shoot,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    # Half a tile inside, so that four tiles show each centre.
    low, high = TILE_M / 2, (side - 1) * STEP_PX * GSD + TILE_M / 2
    described, places = [], []
    for number in range(count):
        east, south = rng.uniform(low, high, 2)
        place = corner_m + np.array([east, -south])
        image, shown = shoot(world, describer, 100_000 * seed + number, place, map_gsd, rng)
        described.append(describer.describe([image])[0])
        places.append(shown)
    return {'descriptors': np.array(described), 'places_m': np.array(places)}


def _strip(
    world: World,
    describer: ImageDescriber,
    seed: int,
    corner_m: np.ndarray,
    first: int,
    side: int,
) -> Iterator[PreparedImage]:
    """Yield the tiles of some rows."""
    count = min(_STRIP_TILES, side - first)
    west, north = corner_m
    grid = PixelGrid(
        west, north - first * STEP_PX * GSD, (count + 1) * STEP_PX, (side + 1) * STEP_PX, GSD
    )
    pixels = render(world, map_epoch(seed), grid, threads=1)
    for row in range(0, count * STEP_PX, STEP_PX):
        for column in range(0, side * STEP_PX, STEP_PX):
            piece = pixels[row:, column:][:TILE_PX, :TILE_PX]
            yield describer.preprocessor.prepare_tile(np.ascontiguousarray(piece), GSD)


def _photo(
    world: World,
    describer: ImageDescriber,
    day: int,
    place: np.ndarray,
    map_gsd: float,
    rng: np.random.Generator,
) -> tuple[PreparedImage, np.ndarray]:
    """Return a photo of a drone as it is described, and the ground under its centre."""
    height = float(np.exp(rng.uniform(*np.log(HEIGHTS_M))))
    pose = CameraPose(*place.tolist(), height, rng.uniform(0, 360))
    shot = photograph(world, flight_epoch(day), pose, CAMERA)
    heading = off_by_error(pose.heading_deg, HEADING_ERROR_DEG, rng)
    gsd = CAMERA.gsd_m_per_px(height) * off_by_error(1.0, HEIGHT_ERROR, rng)
    return describer.preprocessor.prepare_query(shot.image, heading, gsd, map_gsd), shot.center


def _ortho(
    world: World,
    describer: ImageDescriber,
    day: int,
    place: np.ndarray,
    map_gsd: float,
    rng: np.random.Generator,
) -> tuple[PreparedImage, np.ndarray]:
    """Return a piece of another year's map, as large as a tile."""
    west, north = place + np.array([-TILE_M / 2, TILE_M / 2])
    grid = PixelGrid(float(west), float(north), TILE_PX, TILE_PX, GSD)
    pixels = render(world, map_epoch(day), grid, threads=1)
    return describer.preprocessor.prepare_query(pixels, 0.0, GSD, map_gsd), place


_SHOOT: dict[str, Shoot] = {PHOTOS: _photo, ORTHOS: _ortho}
