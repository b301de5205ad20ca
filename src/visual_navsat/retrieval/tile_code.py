# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What an index keeps of a tile's descriptor: all of it, a byte a number, or 64 bytes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from visual_navsat.retrieval.projection import Projection

# Of a direction in two bits: the middles of four steps of a standard deviation. For a Gaussian
# these are the best equal steps, within a part in two hundred.
_LEVELS = np.array([-1.5, -0.5, 0.5, 1.5], np.float32)
PER_BYTE = 4  # directions, the first in the lowest bits


class ExactCode:
    """
    Descriptors as they are, float32.

    :param dimension: d of the descriptors.
    """

    dtype: np.dtype[Any] = np.dtype(np.float32)
    tile_model = 'exact'  # what its similarities say, see tile_evidence

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension

    @property
    def width(self) -> int:
        """Return how many numbers of ``dtype`` a tile's code has."""
        return self.dimension

    @property
    def decoded(self) -> int:
        """Return k, the length of what comes back of a code."""
        return self.dimension

    @property
    def bytes_in_memory(self) -> int:
        """Return what a tile takes while the index is searched on a CPU."""
        return 4 * self.decoded

    def encode(self, descriptors: np.ndarray) -> np.ndarray:
        """Return (n, width) codes of (n, d) descriptors."""
        return np.asarray(descriptors, self.dtype)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return (n, k) float32 rows whose inner products with projected ones are similarities."""
        return np.asarray(codes, np.float32)

    def project(self, descriptors: np.ndarray) -> np.ndarray:
        """Return (n, k) float32 of (n, d) descriptors that are compared with decoded ones."""
        return np.asarray(descriptors, np.float32)


class Int8Code(ExactCode):
    """Rows scaled so that their largest number is 127; they come back as unit rows."""

    dtype: np.dtype[Any] = np.dtype(np.int8)

    def encode(self, descriptors: np.ndarray) -> np.ndarray:
        """Return (n, d) int8; a row of zeros stays one."""
        largest = np.abs(descriptors).max(axis=1, keepdims=True)
        scaled = descriptors / np.where(largest > 0, largest, 1)
        return np.rint(scaled * 127).astype(self.dtype)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return (n, d) float32 unit rows, or zeros."""
        return unit_rows(codes.astype(np.float32))


class CompactCode(ExactCode):
    """Two bits for each direction in which the tiles of a map differ most."""

    dtype: np.dtype[Any] = np.dtype(np.uint8)
    tile_model = 'compact'

    def __init__(self, projection: Projection) -> None:
        super().__init__(projection.dimension)
        self.projection = projection

    @property
    def width(self) -> int:
        """Return how many bytes a tile's code has."""
        return self.decoded // PER_BYTE

    @property
    def decoded(self) -> int:
        """Return k, the number of directions."""
        return self.projection.directions

    @property
    def bytes_in_memory(self) -> int:
        """Return the bytes of the code, once as it is and once in the order that is scanned."""
        return 2 * self.width

    def encode(self, descriptors: np.ndarray) -> np.ndarray:
        """Return (n, k / 4) uint8."""
        sigmas = self.project(descriptors) * math.sqrt(self.decoded)
        bits = (np.floor(sigmas).clip(-2, 1) + 2).astype(np.uint8).reshape(len(sigmas), -1, 4)
        return np.bitwise_or.reduce(bits << np.arange(0, 8, 2, dtype=np.uint8), axis=2)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return (n, k) float32, unit rows within a tenth."""
        return lattice(PER_BYTE, self.decoded)[codes].reshape(len(codes), self.decoded)

    def project(self, descriptors: np.ndarray) -> np.ndarray:
        """Return (n, k) float32 unit rows, or zeros."""
        return self.projection.apply(descriptors)


def lattice(directions: int, decoded: int) -> np.ndarray:
    """Return (4 ** directions, directions) float32: what each run of two bits stands for."""
    numbers = np.arange(4**directions)[:, np.newaxis] >> np.arange(0, 2 * directions, 2)
    return _LEVELS[numbers & 3] / np.float32(math.sqrt(decoded))


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Return rows divided by their lengths; zeros stay zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
