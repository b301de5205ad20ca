# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What many tests are made of: ground, its tiles, a small map with its index, answers."""

from __future__ import annotations

from dataclasses import dataclass
import math
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
from PIL import Image
import torch
from visual_navsat import Config, RetrievalEngine
from visual_navsat.correlation.gradient_field import GradientField, make_gradient_field
from visual_navsat.correlation.map_area import MapArea
from visual_navsat.correlation.map_field import make_levels, MapField
from visual_navsat.evaluation import ScoredAnswer
from visual_navsat.features.preprocess import ImagePreprocessor
from visual_navsat.geometry.camera import nadir_enu_from_camera
from visual_navsat.geometry.geodesy import distance_m, LocalFrame
from visual_navsat.geometry.pixel_grid import PixelGrid
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.geometry.view import View
from visual_navsat.index.build import build_map
from visual_navsat.localization.answer import Answer
from visual_navsat.localization.candidate import Candidate
from visual_navsat.localization.position import PositionEstimate
from visual_navsat.maps.metadata_csv import write_tiles
from visual_navsat.preflight.map_cells import MapCells
from visual_navsat.retrieval.result import RetrievalResult

FRAME = LocalFrame(46.5, 7.9)
TILE_PX, TILE_M = 224, 112.0
GSD = TILE_M / TILE_PX
# Of float32 numbers up to 1: another processor adds in another order and fuses other products,
# which makes 1e-6; a real fault makes far more.
FLOAT32 = 1e-5


def make_ground(
    side_px: int, *, box_px: tuple[int, int] = (20, 150), seed: int = 3, noise: float = 6.0
) -> np.ndarray:
    """
    Return ground that looks like nothing else, (side_px, side_px, 3) uint8 RGB.

    :param box_px: shortest and longest side of the boxes that cover it, all ways round.
    :param noise: standard deviation, grey levels.
    """
    rng = np.random.default_rng(seed)
    ground = np.full((side_px, side_px, 3), 100, np.uint8)
    for _ in range(round((side_px / np.mean(box_px)) ** 2)):
        box = (rng.uniform(0, side_px, 2), rng.uniform(*box_px, 2), rng.uniform(0, 180))
        colour = tuple(int(value) for value in rng.integers(30, 225, 3))
        cv2.fillPoly(ground, [np.intp(cv2.boxPoints(box))], colour)
    return np.clip(ground + rng.normal(0, noise, ground.shape), 0, 255).astype(np.uint8)


def make_tile(
    row: int, column: int, tile_m: float = TILE_M, frame: LocalFrame = FRAME
) -> TileMetadata:
    """Return the tile ROW_COLUMN.png of a grid whose north-west corner is the frame's origin."""
    corners = np.array([[column, -row], [column + 1, -row - 1]]) * tile_m
    lat, long = frame.geodetic_from_enu(corners)
    return TileMetadata(f'{row}_{column}.png', lat[0], long[0], lat[1], long[1])


def cut_tiles(
    ground: np.ndarray,
    folder: Path,
    frame: LocalFrame = FRAME,
    tile_px: int = TILE_PX,
    tile_m: float = TILE_M,
) -> list[TileMetadata]:
    """
    Write ground as tiles and return what they are, row by row.

    :param ground: (H, W, 3) uint8 RGB, north up; its north-west corner is the frame's origin.
    """
    tiles = []
    for row, column in np.ndindex(ground.shape[0] // tile_px, ground.shape[1] // tile_px):
        tiles.append(make_tile(row, column, tile_m, frame))
        image = ground_of_tile(ground, row, column, tile_px)
        cv2.imwrite(str(folder / tiles[-1].filename), image[..., ::-1])
    return tiles


def ground_of_tile(
    ground: np.ndarray, row: int, column: int, tile_px: int = TILE_PX
) -> np.ndarray:
    """Return the pixels of one tile of the ground."""
    top, left = row * tile_px, column * tile_px
    return ground[top:, left:][:tile_px, :tile_px]


@dataclass(frozen=True)
class SmallMap:
    """Ground in square tiles, as an array and on disk, and the index made from them."""

    folder: Path  # of the tile images and map.csv
    ground: np.ndarray
    tiles: list[TileMetadata]
    index: Path

    def tile_image(self, number: int) -> np.ndarray:
        """Return the ground of a tile."""
        row, column = divmod(number, self.ground.shape[1] // TILE_PX)
        return ground_of_tile(self.ground, row, column)


def make_map(folder: Path, ground: np.ndarray) -> SmallMap:
    """Cut ground into tiles of TILE_PX pixels and TILE_M metres and build their index."""
    (folder / 'tiles').mkdir()
    tiles = cut_tiles(ground, folder / 'tiles')
    write_tiles(folder / 'tiles' / 'map.csv', tiles)
    build_map(tiles, folder / 'tiles', folder / 'index', Config(), progress=False)
    return SmallMap(folder / 'tiles', ground, tiles, folder / 'index')


def photograph(
    ground: np.ndarray, row: float, column: float, heading_deg: float = 0.0, scale: float = 1.0
) -> np.ndarray:
    """
    Return what a camera sees of a map's ground, a tile's width of it.

    :param row: place in tiles from the top left, as ``column``.
    :param heading_deg: to which the photo's top points.
    :param scale: how much finer its pixels are than the map's.
    """
    centre = (column * TILE_PX, row * TILE_PX)
    warp = cv2.getRotationMatrix2D(centre, heading_deg, scale)
    half = TILE_PX * scale / 2
    warp[:, 2] += half - np.array(centre)
    return cv2.warpAffine(ground, warp, (int(2 * half), int(2 * half)))


def error_m(position: PositionEstimate, row: float, column: float) -> float:
    """Return the distance of a position from a place in tiles from the top left."""
    lat, long = FRAME.geodetic_from_enu([column * TILE_M, -row * TILE_M])
    return float(distance_m(position.latitude, position.longitude, lat, long))


def load_engine(index: Path, config: Config | dict | None = None) -> RetrievalEngine:
    """Return an engine with an index loaded."""
    engine = RetrievalEngine(config)
    engine.load_map(index)
    return engine


def make_grey_ground(side_px: int = 520, *, seed: int = 0) -> np.ndarray:
    """Return ground of small boxes without noise, (side_px, side_px) uint8."""
    return make_ground(side_px, box_px=(6, 40), seed=seed, noise=0.0)[..., 0]


def place_field(field: GradientField, west_m: float = 0.0, north_m: float = 0.0) -> MapField:
    """Return the map whose north-west corner lies at a place."""
    rows, columns = field.valid.shape
    return MapField(field, PixelGrid(west_m, north_m, rows, columns, field.gsd_m_per_px))


def make_map_levels(
    image: np.ndarray, mask=None, count: int = 3, *, west_m: float = 0.0, north_m: float = 0.0
) -> tuple[MapField, ...]:
    """Return the map of an image of GSD whose top left corner lies at a place."""
    field = make_gradient_field(image, GSD, mask=mask)
    return make_levels(place_field(field, west_m, north_m), count)


def make_cells(image: np.ndarray, side_m: float = 80.0) -> MapCells:
    """Return the cells of a map of an image, as preflight asks for them."""
    return MapCells((MapArea(LocalFrame(24.0, 121.0), make_map_levels(image)),), side_m)


def make_fix(latitude: float, longitude: float, sigma_m: float = 3.0) -> PositionEstimate:
    """Return a position, as sure to the east as to the north."""
    return PositionEstimate(latitude, longitude, np.diag([sigma_m**2, sigma_m**2, 1e4]))


def make_answer(
    position, tiles=(), similarity=0.8, seconds=0.0, timings_ms=None, stamp_s=None,
    confidence=None, heading_deg=None, **fields,
):  # fmt: skip
    """Make an answer; with a confidence it has a candidate that was not verified."""
    candidates = fields.pop('candidates', ())
    if confidence is not None and not candidates:
        candidates = (Candidate(1, confidence, 0.0, 0.0),)
    return Answer(
        position,
        candidates=tuple(candidates),
        ranked_tiles=tuple(
            RetrievalResult(rank, similarity, tile, rank - 1)
            for rank, tile in enumerate(tiles, start=1)
        ),
        timings_ms={**(timings_ms or {}), 'total': 1e3 * seconds},
        stamp_ns=None if stamp_s is None else round(stamp_s * 1e9),
        view=View(heading_deg=heading_deg),
        **{'name': 'q', **fields},
    )


def score(position, truth=(0.0, 0.0), radius_m=50.0, height_agl_m=None, gsd=None, **fields):
    """Make an answer beside its truth."""
    answer = make_answer(position, **fields)
    return ScoredAnswer.of(answer, truth, radius_m, height_agl_m, gsd)


class ProjectionDescriber:
    """Describes an image by a fixed random projection of its pixels."""

    DIMENSION = 24

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.projection = rng.standard_normal((3 * 28 * 28, self.DIMENSION)).astype(np.float32)
        self.preprocessor = ImagePreprocessor(max_side=28)
        self.aggregator = SimpleNamespace(vocabulary=torch.ones(4, self.DIMENSION // 4))
        self.identity = {'model': 'projection', 'seed': seed, 'dimension': self.DIMENSION}
        self.described = 0

    def describe(self, images) -> np.ndarray:
        """Return (N, DIMENSION) float32 unit rows."""
        self.described += len(images)
        # Each by itself: products of a whole batch round by the batch's size.
        rows = np.stack([image.pixels.ravel() @ self.projection for image in images])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def write_photo(path: Path, size=(400, 300), main=None, photo=None, gps=None, xmp='') -> Path:
    """
    Write a JPEG with EXIF and XMP and return its path.

    :param main: entries of the EXIF by their numbers, ``photo`` and ``gps`` those of its parts.
    """
    exif = Image.Exif()
    exif.update(main or {})
    for directory, entries in ((0x8769, photo), (0x8825, gps)):
        if entries:
            exif[directory] = entries
    Image.new('RGB', size).save(path, exif=exif)
    if xmp:
        packet = b'http://ns.adobe.com/xap/1.0/\0' + xmp.encode()
        segment = b'\xff\xe1' + (len(packet) + 2).to_bytes(2, 'big') + packet
        content = path.read_bytes()
        path.write_bytes(content[:2] + segment + content[2:])
    return path


def looking_ahead(heading_deg: float, tilt_deg: float) -> np.ndarray:
    """Return the (3, 3) rotation of a camera tilted from straight down towards its image's up."""
    sin, cos = math.sin(math.radians(tilt_deg)), math.cos(math.radians(tilt_deg))
    ahead = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    return nadir_enu_from_camera(math.radians(heading_deg)) @ ahead
