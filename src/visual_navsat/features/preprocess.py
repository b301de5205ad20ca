# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The preprocess step: an image -> normalised pixels, north up, at the map's metres per pixel."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
import numpy as np
from visual_navsat.errors import ConfigError, ShapeError
from visual_navsat.features.model_zoo import PATCH_SIZE

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# A query that covers more ground than a tile is larger at the map's scale, up to this many times
# max_side: time and memory set the limit.
MAX_QUERY_ENLARGEMENT = 3


@dataclass(frozen=True)
class PreparedImage:
    """What the backbone sees of an image."""

    pixels: np.ndarray  # (3, h, w) float32, ImageNet-normalised; h and w multiples of 14
    patch_mask: np.ndarray  # (h/14, w/14) bool, True where the patch counts
    gsd_m_per_px: float  # of these pixels; nan if unknown


class ImagePreprocessor:
    """Bring map tiles and query images to sizes, orientation and scale that can be compared."""

    def __init__(self, max_side: int, min_patch_coverage: float = 0.95) -> None:
        """
        Set the sizes.

        :param max_side: longer side of a prepared image in pixels.
        :param min_patch_coverage: share of a patch that must show ground for it to count, 0 to 1.
        :raises ConfigError: if one is out of range.
        """
        if max_side < PATCH_SIZE:
            raise ConfigError(f'max_side must be at least {PATCH_SIZE} px, got {max_side}')
        if not 0.0 <= min_patch_coverage <= 1.0:
            raise ConfigError(f'min_patch_coverage must be 0 to 1, got {min_patch_coverage}')
        self.max_side = max_side
        self.min_patch_coverage = min_patch_coverage

    def prepare_tile(self, image: np.ndarray, gsd_m_per_px: float = float('nan')) -> PreparedImage:
        """
        Return a map tile, shrunk to ``max_side`` and stretched up to multiples of 14.

        :param image: (H, W, 3) uint8 RGB, north up.
        :raises ShapeError: if the image is no such array.
        """
        _check_image(image)
        height, width = image.shape[:2]
        scale = min(1.0, self._largest_side / max(height, width))
        # Rounded first: 900 * (224 / 900) must not become 225 and then 238.
        new_height, new_width = (
            math.ceil(round(side * scale, 6) / PATCH_SIZE) * PATCH_SIZE for side in (height, width)
        )
        resized = _resize(image, new_width, new_height)
        mask = np.ones((new_height // PATCH_SIZE, new_width // PATCH_SIZE), bool)
        shrink = math.sqrt((height * width) / (new_height * new_width))
        return PreparedImage(_normalise(resized), mask, gsd_m_per_px * shrink)

    def prepare_query(
        self,
        image: np.ndarray,
        heading_deg: float | None = None,
        gsd_m_per_px: float | None = None,
        map_gsd_m_per_px: float | None = None,
    ) -> PreparedImage:
        """
        Return a query image as the map would show it, by what is known of its heading and GSD.

        The image keeps its aspect ratio; it is cropped around its centre to multiples of 14.

        :param image: (H, W, 3) uint8 RGB.
        :param heading_deg: where the image's up direction points, clockwise from north; None does
            not turn the image.
        :param gsd_m_per_px: metres per pixel of the image; None or NaN if unknown.
        :param map_gsd_m_per_px: metres per pixel of the prepared map tiles; None or NaN if
            unknown. If either is unknown, the longer side is limited to ``max_side``.
        :return: without the outer rows and columns of patches that show too little ground to
            count; if no patch counts, one of them.
        :raises ShapeError: if the image is no such array.
        :raises ConfigError: if heading or GSD is out of range.
        """
        _check_image(image)
        gsd = _known_gsd(gsd_m_per_px, 'gsd_m_per_px')
        scale = self._query_scale(image, gsd, _known_gsd(map_gsd_m_per_px, 'map_gsd_m_per_px'))
        height, width = image.shape[:2]
        new_height, new_width = (max(1, round(side * scale)) for side in (height, width))
        scaled = _resize(image, new_width, new_height)
        if heading_deg is not None and not math.isfinite(heading_deg):
            raise ConfigError(f'heading_deg must be finite, got {heading_deg}')
        pixels, coverage = _rotate_north_up(scaled, float(heading_deg or 0.0))
        normalised = _normalise(pixels)
        patch_mask = _patch_means(coverage) >= self.min_patch_coverage
        rows, columns = _counting_range(patch_mask, axis=1), _counting_range(patch_mask, axis=0)
        pixel_rows, pixel_columns = (
            slice(r.start * PATCH_SIZE, r.stop * PATCH_SIZE) for r in (rows, columns)
        )
        return PreparedImage(
            np.ascontiguousarray(normalised[:, pixel_rows, pixel_columns]),
            patch_mask[rows, columns],
            gsd * math.sqrt((height * width) / (new_height * new_width)),
        )

    @property
    def _largest_side(self) -> int:
        """Return the largest multiple of 14 that max_side allows."""
        return self.max_side // PATCH_SIZE * PATCH_SIZE

    def _query_scale(self, image: np.ndarray, gsd: float, map_gsd: float) -> float:
        longer_side = max(image.shape[:2])
        if math.isnan(gsd) or math.isnan(map_gsd):
            return min(1.0, self._largest_side / longer_side)
        return min(gsd / map_gsd, MAX_QUERY_ENLARGEMENT * self._largest_side / longer_side)


def _rotate_north_up(image: np.ndarray, heading_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """
    Turn the image clockwise by its heading, about its centre, onto a canvas of whole patches.

    :return: pixels (h, w, 3) uint8, empty corners filled by reflection, and coverage (h, w)
        float32, the share of each pixel that the image covers.
    """
    height, width = image.shape[:2]
    cosine, sine = math.cos(math.radians(heading_deg)), math.sin(math.radians(heading_deg))
    canvas_width = _whole_patches(abs(width * cosine) + abs(height * sine))
    canvas_height = _whole_patches(abs(width * sine) + abs(height * cosine))
    # x right, y down: this turns up (0, -1) into right (1, 0) at a heading of 90 degrees.
    canvas_from_image = np.array([[cosine, -sine], [sine, cosine]])
    image_centre = np.array([width - 1, height - 1]) / 2
    canvas_centre = np.array([canvas_width - 1, canvas_height - 1]) / 2
    shift = canvas_centre - canvas_from_image @ image_centre
    matrix = np.column_stack([canvas_from_image, shift])
    if heading_deg % 90.0 == 0.0:
        matrix = np.round(matrix)  # pixels fall on pixels: nothing is interpolated
    size = (canvas_width, canvas_height)
    # The empty corners do not count, but the patches that count attend to them: reflected ground
    # disturbs those far less than a flat colour (recall of rotated copies more than doubled).
    pixels = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    coverage = cv2.warpAffine(np.ones((height, width), np.float32), matrix, size)
    return pixels, coverage


def _whole_patches(side_px: float) -> int:
    """Return the largest multiple of 14 that is not above ``side_px``, at least 14."""
    return max(1, math.floor(round(side_px, 6) / PATCH_SIZE)) * PATCH_SIZE


def _resize(image: np.ndarray, width: int, height: int) -> np.ndarray:
    if (height, width) == image.shape[:2]:
        return image
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    # Area averages what it drops, so fine texture does not alias into coarse.
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(image, (width, height), interpolation=interpolation)


def _normalise(image: np.ndarray) -> np.ndarray:
    """Return (3, h, w) float32 with ImageNet's mean and standard deviation taken out."""
    mean, std = np.array(IMAGENET_MEAN, np.float32) * 255, np.array(IMAGENET_STD, np.float32) * 255
    return np.ascontiguousarray(((image - mean) / std).transpose(2, 0, 1))


def _patch_means(coverage: np.ndarray) -> np.ndarray:
    """Return (h/14, w/14) means of a (h, w) array over patches."""
    rows, columns = coverage.shape[0] // PATCH_SIZE, coverage.shape[1] // PATCH_SIZE
    return coverage.reshape(rows, PATCH_SIZE, columns, PATCH_SIZE).mean(axis=(1, 3))


def _counting_range(patch_mask: np.ndarray, axis: int) -> slice:
    """Return the rows (axis 1) or columns (axis 0) from the first to the last that counts."""
    counting = np.flatnonzero(patch_mask.any(axis=axis))
    return slice(counting[0], counting[-1] + 1) if len(counting) else slice(0, 1)


def _check_image(image: np.ndarray) -> None:
    what = type(image).__name__
    if isinstance(image, np.ndarray):
        if image.shape[2:] == (3,) and image.dtype == np.uint8 and image.size > 0:
            return
        what = f'{image.shape} of {image.dtype}'
    raise ShapeError(f'image must be an (H, W, 3) uint8 RGB array, got {what}')


def _known_gsd(gsd_m_per_px: float | None, name: str) -> float:
    """Return a positive number of metres per pixel, or NaN if it is unknown."""
    if gsd_m_per_px is None or math.isnan(gsd_m_per_px):
        return float('nan')
    if not 0.0 < gsd_m_per_px < math.inf:
        raise ConfigError(f'{name} must be above 0 m per pixel, got {gsd_m_per_px}')
    return float(gsd_m_per_px)
