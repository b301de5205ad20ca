# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Which bands of a raster are its colours, and how their values become 8 bits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import cv2
import numpy as np
from visual_navsat.errors import MapError
from visual_navsat.maps.empty_colour import Colour, is_colour
from visual_navsat.maps.gdal import rasterio_module

if TYPE_CHECKING:
    from rasterio import DatasetReader

LOW_PERCENTILE, HIGH_PERCENTILE = 1, 99
_SAMPLES_PER_SIDE = 24  # windows across and down
_SAMPLE_PX = 64
_SPECKS = np.ones((5, 5), np.uint8)
_SEAM = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class PixelValues:
    """How a raster's bands become red, green and blue, and which pixels show ground."""

    bands: tuple[int, ...]  # 1-based; one is grey or, with a palette, an index
    alpha: int | None  # 1-based band
    palette: np.ndarray | None = None  # (256, 3) uint8
    low: float = 0.0  # becomes 0
    high: float = 255.0  # becomes 255
    black_is_empty: bool = False  # where nothing else says which pixels show ground
    empty_colour: Colour | None = None  # areas of it show no ground

    @classmethod
    def of(
        cls, dataset: DatasetReader, path: str, empty_colour: Colour | None = None
    ) -> PixelValues:
        """
        Return how an open raster is to be read.

        8-bit values do not change. Others are stretched, all bands alike, from the 1st to the 99th
        percentile of windows spread over the whole raster: 16-bit imagery seldom fills 16 bits.

        :raises MapError: if the bands are no image.
        """
        enums = rasterio_module('rasterio.enums')
        kinds, colour = dataset.colorinterp, enums.ColorInterp
        alpha = kinds.index(colour.alpha) + 1 if colour.alpha in kinds else None
        colours = [band for band in range(1, dataset.count + 1) if band != alpha]
        named = [colour.red, colour.green, colour.blue]
        if all(kind in kinds for kind in named):
            colours = [kinds.index(kind) + 1 for kind in named]
        # Of two bands, the first is read as grey.
        bands = tuple(colours[:3] if len(colours) >= 3 else colours[:1])
        types = {dataset.dtypes[band - 1] for band in bands}
        if not bands or any(kind.startswith('complex') for kind in types):
            raise MapError(
                f'{path} has bands {", ".join(dataset.dtypes)}, no image: give one with 1, 3 or '
                '4 bands of real numbers'
            )
        is_index = kinds[bands[0] - 1] == colour.palette
        palette = _palette(dataset, bands[0]) if is_index else None
        says_nothing = all(
            enums.MaskFlags.all_valid in dataset.mask_flag_enums[b - 1] for b in bands
        )
        low, high = (0.0, 255.0) if types == {'uint8'} else _percentiles(dataset, bands, path)
        return cls(
            bands[:1] if palette is not None else bands,
            alpha,
            palette,
            low,
            high,
            says_nothing,
            empty_colour,
        )

    @property
    def tells_by_colour(self) -> bool:
        """Whether the pixels themselves are looked at to see where there is ground."""
        return self.black_is_empty or self.empty_colour is not None

    @property
    def is_stretched(self) -> bool:
        """Whether values are other than 8 bits."""
        return (self.low, self.high) != (0.0, 255.0)

    def to_rgb(self, values: np.ndarray) -> np.ndarray:
        """Return (H, W, 3) uint8 of the (B, H, W) values of ``bands``."""
        if self.palette is not None:
            # A number beyond the palette has no colour.
            return self.palette[np.clip(values[0], 0, len(self.palette) - 1)]
        if self.is_stretched:
            scaled = (values.astype(np.float32) - self.low) * (255 / (self.high - self.low))
            values = np.nan_to_num(scaled).clip(0, 255).round().astype(np.uint8)
        if len(values) == 1:
            values = np.repeat(values, 3, axis=0)
        return np.ascontiguousarray(values.transpose(1, 2, 0))

    def ground(self, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """
        Return (H, W) bool: where (B, H, W) values show ground.

        :param mask: (H, W) bool, what the raster itself says.
        """
        if values.dtype.kind == 'f':
            mask = mask & np.isfinite(values).all(axis=0)
        if self.empty_colour is not None:
            mask = mask & ~is_colour(self.to_rgb(values), self.empty_colour)
        if not self.black_is_empty:
            return mask
        # Of a palette, the number 0 is any colour.
        colours = values if self.palette is None else self.palette[values[0]].transpose(2, 0, 1)
        black = (colours == 0).all(axis=0).astype(np.uint8)
        # A speck of black is a shadow, not the end of the map. At the end of the map, resampling
        # mixes colours with black.
        black = cv2.morphologyEx(black, cv2.MORPH_OPEN, _SPECKS)
        return mask & (cv2.dilate(black, _SEAM) == 0)


def _palette(dataset: DatasetReader, band: int) -> np.ndarray:
    """Return the colours (256, 3) uint8 of a raster that stores their numbers."""
    colours = dataset.colormap(band)
    count = max(256, max(colours, default=0) + 1)
    return np.array([colours.get(index, (0, 0, 0))[:3] for index in range(count)], np.uint8)


def _percentiles(dataset: DatasetReader, bands: tuple[int, ...], path: str) -> tuple[float, float]:
    """Return the values that become black and white, from a sample of the valid pixels."""
    sample = []
    width, height = (min(_SAMPLE_PX, side) for side in (dataset.width, dataset.height))
    tops = np.linspace(0, dataset.height - height, _SAMPLES_PER_SIDE).astype(int)
    lefts = np.linspace(0, dataset.width - width, _SAMPLES_PER_SIDE).astype(int)
    for top, left in product(np.unique(tops).tolist(), np.unique(lefts).tolist()):
        window = ((top, top + height), (left, left + width))
        values = dataset.read(bands, window=window, masked=True).compressed()
        sample.append(values[np.isfinite(values)])
    values = np.concatenate(sample)
    if len(values) == 0:
        raise MapError(
            f'{path} shows nodata in {len(sample)} windows spread over it: check its nodata '
            'value, or convert it to 8 bits'
        )
    low, high = (float(v) for v in np.percentile(values, [LOW_PERCENTILE, HIGH_PERCENTILE]))
    return low, high if high > low else low + 1.0
