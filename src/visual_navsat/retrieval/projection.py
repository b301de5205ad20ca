# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The directions in which the descriptors of a map differ most: what a compact code keeps of them.

Few of a descriptor's thousands of numbers are independent. The principal directions hold nearly
all that tells tiles apart; the first ones, which show what all tiles share, are weakened so that
they do not drown the rest (whitening, by half), and all are turned against each other so that each
carries as much and a few bits serve them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

MAX_DIRECTIONS = 256
WHITENING = 0.25  # half of what makes all directions vary alike
_LEAST_VARIANCE = 1e-6  # of the largest: below it there is rounding alone
_SPARE = 32  # directions that are followed beside those that are wanted
_PASSES = 3  # of subspace iteration over the descriptors
_MULTIPLE = 4  # as many directions share a byte


@dataclass(frozen=True)
class Projection:
    """Directions that descriptors are projected on; their common length says nothing."""

    matrix: np.ndarray  # (k, d) int8

    @property
    def directions(self) -> int:
        """Return k."""
        return len(self.matrix)

    @property
    def dimension(self) -> int:
        """Return d, of the descriptors."""
        return self.matrix.shape[1]

    def apply(self, descriptors: np.ndarray) -> np.ndarray:
        """Return (n, k) float32 unit rows of (n, d) descriptors; zeros of zeros."""
        along = np.asarray(descriptors, np.float32) @ self.matrix.T.astype(np.float32)
        lengths = np.linalg.norm(along, axis=1, keepdims=True)
        return along / np.where(lengths > 0, lengths, 1)


def learn_projection(
    blocks: Callable[[], Iterable[np.ndarray]],
    dimension: int,
    directions: int = MAX_DIRECTIONS,
    whitening: float = WHITENING,
) -> Projection | None:
    """
    Return the projection for descriptors that are read block by block, several times.

    It is the same for the same blocks. Memory does not grow with their number.

    :param blocks: returns (n, d) float32 arrays, the same at each call.
    :param dimension: d of them.
    :param directions: k at most; fewer if the descriptors have fewer that differ.
    :param whitening: power of the variance of a direction that it is divided by.
    :return: None if they have fewer than 4.

    Source: subspace iteration after Halko, Martinsson and Tropp, "Finding structure with
    randomness", SIAM Review 2011; half whitening after Jegou and Chum, "Negative evidences and
    co-occurrences in image retrieval", ECCV 2012.
    """
    rng = np.random.default_rng(0)
    followed = min(directions + _SPARE, dimension)
    basis = rng.standard_normal((dimension, followed)).astype(np.float32)
    for _ in range(_PASSES):
        basis = np.linalg.qr(basis)[0]
        basis = sum((block.T @ (block @ basis) for block in blocks()), np.zeros_like(basis))
    basis = np.linalg.qr(basis)[0]
    moments = np.zeros((followed, followed))
    for block in blocks():
        along = (block @ basis).astype(float)
        moments += along.T @ along
    variances, turned = np.linalg.eigh(moments)  # ascending
    kept = min(int((variances > _LEAST_VARIANCE * variances[-1]).sum()), directions)
    kept -= kept % _MULTIPLE
    if kept == 0:
        return None
    chosen = slice(followed - kept, followed)
    weighted = turned[:, chosen] / variances[chosen] ** whitening
    mixed = weighted @ np.linalg.qr(rng.standard_normal((kept, kept)))[0]
    matrix = (basis.astype(float) @ mixed).T
    return Projection(np.rint(matrix * (127 / np.abs(matrix).max())).astype(np.int8))
