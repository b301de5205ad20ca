# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Paste photos that were laid over each other into one larger photo, in the newest one's frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from visual_navsat.geometry.nadir import NadirImage

_MAX_SIDES = 5.0  # of the mosaic, in sides of the newest photo


@dataclass(frozen=True)
class PhotoMosaic:
    """Several photos as one, at the newest one's heading and metres per pixel."""

    photo: NadirImage  # its mask leaves out what no photo shows, and the seams
    newest_middle_px: np.ndarray  # (2,) column and row of the newest photo's middle
    images: int  # that are in it

    @property
    def shown_px(self) -> int:
        """Pixels that show ground."""
        return int(self.photo.mask.sum()) if self.photo.mask is not None else 0

    def newest_from_middle_m(self, heading_deg: float, gsd_m_per_px: float) -> np.ndarray:
        """Return (2,) metres east and north from the mosaic's middle to the newest photo's."""
        middle_px = self.newest_middle_px[None]
        return self.photo.ground_from_pixel(middle_px, heading_deg, gsd_m_per_px)[0]


def paste_photos(
    newest: NadirImage, earlier: Sequence[tuple[NadirImage, np.ndarray]]
) -> PhotoMosaic | None:
    """
    Return the newest photo with earlier ones around it; where they overlap the newer one shows.

    Along the seams nothing counts as seen: the step of brightness there is no edge of the ground.

    :param earlier: photos with (3, 3) similarities from their columns and rows to those of the
        newest, the nearest in time first.
    :return: None if the mosaic would be far larger than the photos are.
    """
    parts = [(newest, np.eye(3)), *earlier]
    corners = np.concatenate([_corners(photo) @ m[:2, :2].T + m[:2, 2] for photo, m in parts])
    low = np.floor(corners.min(axis=0) + 0.5 + 1e-6).astype(int)
    high = np.ceil(corners.max(axis=0) + 0.5 - 1e-6).astype(int)
    width, height = (high - low).tolist()
    if max(width, height) > _MAX_SIDES * max(newest.image.shape[:2]):
        return None
    image = np.zeros((height, width, 3), np.uint8)
    mask = np.zeros((height, width), bool)
    move = np.eye(3)
    move[:2, 2] = -low
    for photo, matrix in reversed(parts):
        pixels, shown = _laid_out(photo, move @ matrix, (width, height))
        image[shown] = pixels[shown]
        rim = cv2.dilate(shown.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        mask &= ~rim
        mask |= shown
    middle = (np.array(newest.image.shape[1::-1]) - 1) / 2 - low
    mosaic = NadirImage(image, mask, newest.view, None)
    return PhotoMosaic(mosaic, middle, len(parts))


def _corners(photo: NadirImage) -> np.ndarray:
    """Return (4, 2) column and row of the outer corners of a photo."""
    height, width = photo.image.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5


def _laid_out(
    photo: NadirImage, matrix: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo on the mosaic's pixels, and where it shows ground there."""
    covered = np.full(photo.image.shape[:2], 255, np.uint8)
    if photo.mask is not None:
        covered[~photo.mask] = 0
    pixels = cv2.warpAffine(
        photo.image, matrix[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return pixels, cv2.warpAffine(covered, matrix[:2], size) == 255
