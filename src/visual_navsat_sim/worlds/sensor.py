# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What camera, archive and publisher do to a picture: blur, haze, grading, noise, compression."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from visual_navsat_sim.worlds.epoch import Epoch
from visual_navsat_sim.worlds.noise import seeded_rng

_NOISE_PX = 1536
_NOISE_STARTS = 409
_HAZE = np.array([176.0, 186.0, 198.0])


def blur_reach_px(spread_px: float) -> int:
    """Return how far a blur of some standard deviation reaches, pixels."""
    return int(np.ceil(3 * spread_px)) + 1


def develop(
    image: np.ndarray,
    epoch: Epoch,
    curve: np.ndarray | None,
    gsd_m: float,
    key: int = 0,
    corner: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """
    Return the picture as it is delivered, the same shape and type.

    :param image: (height, width, 3) uint8 RGB.
    :param curve: (256,) uint8 tone curve of a histogram equalisation, or None.
    :param gsd_m: metres per pixel.
    :param key: selects the sensor noise, which differs between exposures.
    :param corner: row and column of the image in a larger one of the same exposure.
    """
    spread_px = epoch.spread_px(gsd_m)
    if spread_px > 0:
        size = 2 * blur_reach_px(spread_px) - 1
        image = cv2.GaussianBlur(image, (size, size), spread_px)
    image = cv2.transform(image, _colour_matrix(epoch))
    image = cv2.LUT(image, _tone_table(epoch, curve))
    if epoch.noise > 0:
        image = _add_noise(image, epoch.noise, key, corner)
    if epoch.jpeg_quality:
        _, data = cv2.imencode(
            '.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, epoch.jpeg_quality]
        )
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB))
    return image


def equalisation_curve(colours: np.ndarray, strength: float) -> np.ndarray | None:
    """Return the (256,) uint8 curve that flattens the histogram of (N, 3) colours, or None."""
    if strength <= 0:
        return None
    brightness = np.clip(colours.mean(axis=1), 0, 255)
    histogram = np.bincount(brightness.astype(np.uint8), minlength=256).astype(float)
    flat = 12 + 232 * np.cumsum(histogram) / histogram.sum()
    return np.clip((1 - strength) * np.arange(256) + strength * flat, 0, 255).astype(np.uint8)


def _colour_matrix(epoch: Epoch) -> np.ndarray:
    """Return the (3, 4) matrix of saturation, tint, exposure and haze."""
    grey = np.full((3, 3), 1 / 3)
    matrix = epoch.saturation * np.eye(3) + (1 - epoch.saturation) * grey
    matrix = epoch.exposure * np.array(epoch.tint)[:, None] * matrix
    haze = epoch.haze
    return np.column_stack([(1 - haze) * matrix, haze * _HAZE]).astype(np.float32)


def _tone_table(epoch: Epoch, curve: np.ndarray | None) -> np.ndarray:
    levels = np.arange(256) / 255
    levels = np.clip(0.48 + epoch.contrast * (levels - 0.48), 0, 1) ** epoch.gamma
    table = np.rint(255 * levels).astype(np.uint8)
    return table if curve is None else table[curve]


@lru_cache(maxsize=8)
def _noise_tile(sigma: float) -> np.ndarray:
    rng = seeded_rng(5, round(sigma * 1000))
    noise = 128 + sigma * rng.standard_normal((_NOISE_PX, _NOISE_PX, 3), np.float32)
    return noise.round().clip(0, 255).astype(np.uint8)


def _add_noise(image: np.ndarray, sigma: float, key: int, corner: tuple[int, int]) -> np.ndarray:
    # A block of a map fits into the tile.
    row, column = key % _NOISE_STARTS + corner[0], key // 509 % _NOISE_STARTS + corner[1]
    height, width = image.shape[:2]
    tile = _noise_tile(sigma)
    repeats = -(-(row + height) // _NOISE_PX), -(-(column + width) // _NOISE_PX), 1
    if max(repeats) > 1:
        tile = np.tile(tile, repeats)
    noise = tile[row:, column:][:height, :width]
    return cv2.addWeighted(image, 1.0, noise, 1.0, -128.0)
