"""What camera, archive and publisher do to a picture: blur, haze, grading, noise, compression."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from visual_navsat.worlds.epoch import Epoch
from visual_navsat.worlds.noise import seeded_rng

_HAZE = np.array([176.0, 186.0, 198.0])


def develop(image: np.ndarray, epoch: Epoch, curve: np.ndarray | None, key: int = 0) -> np.ndarray:
    """
    Return the picture as it is delivered, the same shape and type.

    :param image: (height, width, 3) uint8 RGB.
    :param curve: (256,) uint8 tone curve of a histogram equalisation, or None.
    :param key: chooses the sensor noise, which differs between exposures.
    """
    if epoch.blur_px > 0:
        image = cv2.GaussianBlur(image, (0, 0), epoch.blur_px)
    image = cv2.transform(image, _colour_matrix(epoch))
    image = cv2.LUT(image, _tone_table(epoch, curve))
    if epoch.noise > 0:
        image = _add_noise(image, epoch.noise, key)
    if epoch.jpeg_quality:
        _, data = cv2.imencode(
            '.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, epoch.jpeg_quality]
        )
        image = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    return image


def equalisation_curve(images: list[np.ndarray], strength: float) -> np.ndarray | None:
    """Return the (256,) uint8 curve that flattens the histogram of some pictures, or None."""
    if strength <= 0:
        return None
    brightness = np.concatenate([image.mean(axis=2).ravel() for image in images])
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
    return (128 + sigma * rng.normal(size=(1024, 1024, 3))).round().clip(0, 255).astype(np.uint8)


def _add_noise(image: np.ndarray, sigma: float, key: int) -> np.ndarray:
    height, width = image.shape[:2]
    if height > 512 or width > 512:
        tile = np.tile(_noise_tile(sigma), (-(-height // 512), -(-width // 512), 1))
    else:
        tile = _noise_tile(sigma)
    row, column = key % 509, key // 509 % 509
    noise = tile[row : row + height, column : column + width]
    return cv2.addWeighted(image, 1.0, noise, 1.0, -128.0)
