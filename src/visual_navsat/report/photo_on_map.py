# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Lay a photo on the map where it is believed to have been taken."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from visual_navsat.geometry.nadir import NadirImage
from visual_navsat.localization.photo_pose import PhotoPose
from visual_navsat.maps.imagery import MapImagery
from visual_navsat.maps.painter import crop_map, PAPER

_CELLS = 6  # of the checkerboard, along the photo's longer side


@dataclass(frozen=True)
class PhotoOnMap:
    """A piece of the map as the photo sees it, and the photo on it; all of one shape."""

    ground: np.ndarray | None  # (H, W, 3) uint8 RGB, the map alone; None: not at hand
    laid: np.ndarray  # (H, W, 3) uint8 RGB, photo and map by turns, as on a checkerboard


def lay_photo(
    photo: NadirImage,
    pose: PhotoPose,
    imagery: MapImagery,
    half_m: tuple[float, float],
    width_px: int,
) -> PhotoOnMap:
    """
    Return the map around a photo with the photo on it.

    Where the answer is right, roads and roofs go on from each field of the checkerboard to the
    next.

    :param half_m: from the middle of the picture to its right and top edge.
    :param width_px: of the picture.
    """
    gsd = 2 * half_m[0] / width_px
    size = width_px, max(1, round(2 * half_m[1] / gsd))
    ground = crop_map(imagery, pose.center, pose.heading_deg, gsd, size)
    laid = np.full((size[1], size[0], 3), PAPER, np.uint8) if ground is None else ground.copy()
    pixels, footprint = _centred(photo.image, photo.mask, pose.gsd_m_per_px / gsd, size)
    shown = footprint & (_checkerboard(footprint) if ground is not None else True)
    laid[shown] = pixels[shown]
    return PhotoOnMap(ground, laid)


def _centred(
    photo: np.ndarray, mask: np.ndarray | None, scale: float, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return a photo scaled in the middle of a picture, and where it shows ground there."""
    ground = np.full(photo.shape[:2], 255, np.uint8) if mask is None else mask * np.uint8(255)
    if scale < 1:  # averaged first
        shrunk = [max(1, round(scale * side)) for side in photo.shape[1::-1]]
        scale *= photo.shape[1] / shrunk[0]
        photo, ground = (
            cv2.resize(plane, shrunk, interpolation=cv2.INTER_AREA) for plane in (photo, ground)
        )
    # Middles of pixels count: that of the photo comes to that of the picture.
    sides = np.array([size, photo.shape[1::-1]])
    offset = (sides[0] - 1) / 2 - scale * (sides[1] - 1) / 2
    matrix = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])
    pixels = cv2.warpAffine(photo, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return pixels, cv2.warpAffine(ground, matrix, size) > 127


def _checkerboard(footprint: np.ndarray) -> np.ndarray:
    """Return (H, W) bool: every other field, counted from the footprint's corner."""
    rows, columns = (np.flatnonzero(footprint.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return footprint
    sides = np.array([rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]])
    high, wide = sides
    down, across = np.maximum(1, np.round(_CELLS * sides / sides.max()))
    row, column = np.ogrid[: footprint.shape[0], : footprint.shape[1]]
    fields = (row - rows[0]) * down // high + (column - columns[0]) * across // wide
    return fields % 2 == 0
