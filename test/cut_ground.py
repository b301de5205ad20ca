"""Ground to make maps of, and the tiles that it is cut into."""

from pathlib import Path

import cv2
import numpy as np

from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.geometry.tile import TileMetadata


def draw_rectangles() -> np.ndarray:
    """Return ground of coloured rectangles, (896, 896, 3) uint8."""
    rng = np.random.default_rng(5)
    ground = np.full((896, 896, 3), 120, np.uint8)
    for _ in range(250):
        left, top, width, height = rng.integers((0, 0, 15, 15), (896, 896, 120, 120))
        colour = tuple(int(value) for value in rng.integers(30, 225, 3))
        cv2.rectangle(ground, (left, top), (left + width, top + height), colour, -1)
    return ground


def cut_tiles(
    ground: np.ndarray, folder: Path, frame: LocalFrame, tile_px: int, tile_m: float
) -> list[TileMetadata]:
    """
    Write ground as tiles ROW_COLUMN.png and return what they are, row by row.

    :param ground: (H, W, 3) uint8 RGB, north up; its north-west corner is the frame's origin.
    """
    tiles = []
    for row, column in np.ndindex(ground.shape[0] // tile_px, ground.shape[1] // tile_px):
        corners = np.array([[column, -row], [column + 1, -row - 1]]) * tile_m
        lat, long = frame.geodetic_from_enu(corners)
        tiles.append(TileMetadata(f'{row}_{column}.png', lat[0], long[0], lat[1], long[1]))
        image = ground[row * tile_px :, column * tile_px :][:tile_px, :tile_px]
        cv2.imwrite(str(folder / tiles[-1].filename), image[..., ::-1])
    return tiles
