# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A descriptor in a few hundred bytes: the signs of some of its coordinates after a rotation."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import scipy.fft
from visual_navsat.optional import import_optional

BITS = 4096
_SEED = 20_260_101
_ROWS_PER_BLOCK = 64  # encoded at a time: the transform needs several times their memory
_SAFETY = 4.5  # standard deviations of a distance; beyond lie 3 in a million
_CHECK_BYTES = 8


class SignCoder:
    """
    Turns descriptors into codes whose distance tells the angle between them.

    The share of signs in which two vectors differ after a random rotation is their angle over pi
    (Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002). The
    rotation is a cosine transform after random signs, n log n instead of n squared.

    :param dimension: d of the descriptors.
    """

    def __init__(self, dimension: int) -> None:
        rng = np.random.default_rng(_SEED)
        self.dimension = dimension
        turns = math.ceil(BITS / dimension)
        self._flips = rng.integers(0, 2, (turns, dimension)).astype(np.float32) * 2 - 1
        self._chosen = np.sort(rng.permutation(turns * dimension)[:BITS])
        self._weights = rng.integers(0, 2**63, BITS // 64).astype(np.uint64) * 2 + 1
        parts = (self._flips, self._chosen.astype('<i8'), self._weights.astype('<u8'))
        digest = hashlib.sha256(b''.join(part.tobytes() for part in parts))
        self.key = digest.hexdigest()[:8]  # another one: other codes

    @property
    def row_bytes(self) -> int:
        """Length of a stored code, with its check."""
        return BITS // 8 + _CHECK_BYTES

    def encode(self, descriptors: np.ndarray) -> np.ndarray:
        """Return (n, BITS / 8) uint8 codes of (n, d) descriptors."""
        codes = np.empty((len(descriptors), BITS // 8), np.uint8)
        for start in range(0, len(descriptors), _ROWS_PER_BLOCK):
            block = descriptors[start:][:_ROWS_PER_BLOCK]
            turned = scipy.fft.dct(block[:, np.newaxis] * self._flips, axis=2, norm='ortho')
            signs = turned.reshape(len(block), -1)[:, self._chosen] > 0
            codes[start:][:_ROWS_PER_BLOCK] = np.packbits(signs, axis=1)
        return codes

    def stored(self, codes: np.ndarray) -> np.ndarray:
        """Return (n, row_bytes) uint8: codes as they are stored, each with its check."""
        return np.hstack([codes, self._checks(codes).view(np.uint8).reshape(len(codes), -1)])

    def loaded(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the codes (n, BITS / 8) in stored rows, and which of them are whole (n,)."""
        codes = np.ascontiguousarray(rows[:, :-_CHECK_BYTES])
        checks = np.ascontiguousarray(rows[:, -_CHECK_BYTES:]).view(np.uint64).ravel()
        return codes, checks == self._checks(codes)

    def _checks(self, codes: np.ndarray) -> np.ndarray:
        # One more than a sum, so that a row of zeros, never written, fails.
        return np.ascontiguousarray(codes).view(np.uint64) @ self._weights + np.uint64(1)


def distances(code: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return in how many bits a code (b,) differs from each of codes (n, b): (n,) int32."""
    faiss = import_optional('faiss', 'FAISS is not installed: pip install faiss-cpu')
    found = np.empty(len(codes), np.int32)
    pointer = faiss.swig_ptr
    faiss.hammings(pointer(code), pointer(codes), 1, len(codes), len(code), pointer(found))
    return found


def highest_similarity(distance: float) -> float:
    """Return the highest cosine that goes with a distance, but for 3 in a million."""
    share = distance / BITS
    spread = math.sqrt(BITS * max(share * (1 - share), 1 / BITS))
    return math.cos(math.pi * max(distance - _SAFETY * spread, 0.0) / BITS)
