# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How the pixels of a sensor_msgs/Image lie in memory, and how they become RGB."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from visual_navsat.messages.pixel_depth import to_8_bit

# R, G and B of Y, U, V and 1: BT.601 of limited range, as OpenCV has it for the other YUV layouts.
_RGB_FROM_YUV = np.array(
    [
        [1.164, 0.0, 1.596, -1.164 * 16 - 1.596 * 128],
        [1.164, -0.391, -0.813, -1.164 * 16 + (0.391 + 0.813) * 128],
        [1.164, 2.018, 0.0, -1.164 * 16 - 2.018 * 128],
    ]
)


@dataclass(frozen=True)
class Packed:
    """The samples of a pixel side by side."""

    channels: int  # of which a fourth, alpha, is left out
    to_rgb: int | None  # of cv2.cvtColor, for 8 bits; None where it is RGB
    sample: str = 'u1'  # numpy's name, without the byte order
    group: int = 1  # pixels that share samples: a row holds whole groups

    def row_bytes(self, width: int) -> int:
        """Return how many bytes a row has without padding."""
        return self._stored(width) * self.channels * np.dtype(self.sample).itemsize

    def num_bytes(self, height: int, step: int, width: int) -> int:
        """Return how many bytes an image has, with ``step`` bytes from each row to the next."""
        return step * height

    def read(
        self, data: np.ndarray, width: int, height: int, step: int, is_bigendian: bool
    ) -> np.ndarray:
        """Return (H, W, 3) uint8 RGB of data that is known to be large enough."""
        shape = (height, self._stored(width), self.channels)
        order = '>' if is_bigendian else '<'
        rgb = self.rgb(_plane(data, shape, step, order + self.sample))
        return np.require(rgb[:, :width], requirements='C')

    def rgb(self, samples: np.ndarray) -> np.ndarray:
        """Return (H, W, 3) uint8 RGB of (H, W, channels) samples of any depth."""
        pixels = to_8_bit(samples[:, :, :3])
        if self.to_rgb is None:
            return np.require(pixels, requirements=['C', 'W'])
        return cv2.cvtColor(pixels, self.to_rgb)

    def _stored(self, width: int) -> int:
        return -(-width // self.group) * self.group


@dataclass(frozen=True)
class SemiPlanar:
    """A plane of luma, then one of chroma in pairs; YUV of 8 bits."""

    group: int  # pixels in each direction that share their chroma
    to_rgb: int | None = None  # of cv2.cvtColorTwoPlane

    def row_bytes(self, width: int) -> int:
        """Return how many bytes a row of luma has without padding."""
        return width

    def num_bytes(self, height: int, step: int, width: int) -> int:
        """Return how many bytes an image has, with ``step`` bytes from luma row to luma row."""
        return step * height + self._chroma_step(step, width) * -(-height // self.group)

    def read(
        self, data: np.ndarray, width: int, height: int, step: int, is_bigendian: bool
    ) -> np.ndarray:
        """Return (H, W, 3) uint8 RGB of data that is known to be large enough."""
        start = step * height
        luma = _plane(data, (height, width), step)
        chroma = _plane(
            data[start:],
            (-(-height // self.group), -(-width // self.group), 2),
            self._chroma_step(step, width),
        )
        if self.to_rgb is None:
            return cv2.transform(np.dstack([luma, chroma]), _RGB_FROM_YUV)
        odd_rows, odd_columns = height % 2, width % 2
        if odd_rows or odd_columns:  # OpenCV takes whole groups
            luma = np.pad(luma, ((0, odd_rows), (0, odd_columns)), 'edge')
        rgb = cv2.cvtColorTwoPlane(luma, chroma, self.to_rgb)
        return np.require(rgb[:height, :width], requirements='C')

    def _chroma_step(self, step: int, width: int) -> int:
        # A row of chroma is as long as one of luma, or longer by half a group; twice as long if
        # nothing is shared.
        return max(2 * step // self.group, 2 * -(-width // self.group))


def _plane(data: np.ndarray, shape: tuple[int, ...], step: int, sample: str = 'u1') -> np.ndarray:
    """Return a view of rows that are ``step`` bytes apart, whatever is between them."""
    size = np.dtype(sample).itemsize
    strides = (step, *((size * shape[2], size) if len(shape) == 3 else (size,)))
    return np.ndarray(shape, sample, data, strides=strides)
