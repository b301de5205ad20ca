# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Samples of more than 8 bits to the 8 bits that everything else works on."""

from __future__ import annotations

import numpy as np
from visual_navsat.errors import ImageError

# What the converters of cameras give. Drivers put such samples into 16 bits as they come.
_SENSOR_BITS = (10, 12, 14, 16)
_BAND_ROWS = 128  # at a time: the numbers between are several times as large as the samples


def to_8_bit(samples: np.ndarray) -> np.ndarray:
    """
    Return the samples of a camera as 8 bits.

    - Unsigned 16 bits: full scale is that of the camera's converter, the least of 10, 12, 14 or 16
      bits that holds the brightest sample. So 4095 of a 12-bit camera is white, and a dark frame
      of it stays dark.
    - Floats and signed integers: up to 1, the full scale is 1, as OpenCV has it; up to 255, it is
      255. Anything else, and whatever has negative values, is stretched from its least to its
      largest value. What is not finite becomes black.

    :param samples: (H, W) or (H, W, C) of any byte order; not changed.
    :return: uint8 of the same shape; the same array if it is of 8 bits already.
    :raises ImageError: if no sample is finite.
    """
    if samples.dtype == np.uint8:
        return samples
    low, high = _range_of(samples)
    exact = np.float32 if samples.dtype.itemsize == 2 else np.float64
    scale = 255.0 / (high - low) if high > low else 0.0
    out = np.empty(samples.shape, np.uint8)
    for top in range(0, samples.shape[0], _BAND_ROWS):
        rows = slice(top, top + _BAND_ROWS)
        band = samples[rows]
        if samples.dtype.kind == 'f':
            band = np.where(np.isfinite(band), band, low)
        band = band.astype(exact)
        out[rows] = np.rint((band - low) * scale)
    return out


def _range_of(samples: np.ndarray) -> tuple[float, float]:
    """Return which values become 0 and 255."""
    if samples.dtype.kind == 'u':
        brightest = int(samples.max())
        bits = next(bits for bits in _SENSOR_BITS if brightest < 2**bits)
        return 0.0, float(2**bits - 1)
    low, high = np.inf, -np.inf
    for top in range(0, samples.shape[0], _BAND_ROWS):
        band = samples[slice(top, top + _BAND_ROWS)]
        finite = band[np.isfinite(band)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high:
        raise ImageError('image has no finite value: check the camera driver')
    if low >= 0.0:
        for full_scale in (1.0, 255.0):
            if high <= full_scale:
                return 0.0, full_scale
    return low, high
