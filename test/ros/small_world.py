"""A map of a few tiles, and the index made from it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from cut_ground import cut_tiles
from visual_navsat.config import Config
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.index.build import build_map

TILE_PX = 224
TILE_M = 112.0
SIDE = 4


class World:
    """A few map tiles, as (H, W, 3) RGB arrays and on disk, and the index made from them."""

    def __init__(self, folder: Path) -> None:
        self.ground = _draw_ground()
        frame = LocalFrame(46.5, 7.9)
        self.tiles = cut_tiles(self.ground, folder, frame, TILE_PX, TILE_M)
        self.index = folder / 'index'
        build_map(self.tiles, folder, self.index, Config(), progress=False)

    def tile_image(self, number: int) -> np.ndarray:
        row, column = divmod(number, SIDE)
        return self.ground[row * TILE_PX :, column * TILE_PX :][:TILE_PX, :TILE_PX]


def _draw_ground() -> np.ndarray:
    rng = np.random.default_rng(5)
    size = SIDE * TILE_PX
    ground = np.full((size, size, 3), 90, np.uint8)
    for _ in range(160):
        box = cv2.boxPoints((rng.uniform(0, size, 2), rng.uniform(15, 140, 2), rng.uniform(0, 90)))
        cv2.fillPoly(ground, [box.astype(int)], tuple(int(v) for v in rng.integers(30, 225, 3)))
    return np.clip(ground + rng.normal(0, 6, ground.shape), 0, 255).astype(np.uint8)
