# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Codes of 64 bytes that the index could use and does not: what the choice is measured against."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import faiss
import numpy as np
from visual_navsat.retrieval.projection import learn_projection, Projection
from visual_navsat.retrieval.tile_code import CompactCode, Int8Code

_FOUND = 100  # places of a ranking that FAISS returns
_CLUSTERED = 10_000  # tiles that codewords are learned from

# Returns the ranks of the best right tile of each of (Q, d) images, given (Q, N) which are right.
Ranks = Callable[[np.ndarray, np.ndarray], np.ndarray]


def other_codes(
    descriptors: np.ndarray, blocks: Callable[[], Iterable[np.ndarray]]
) -> Iterator[tuple[str, float, Ranks]]:
    """Yield names, bytes a tile and what ranks the right tiles of images."""
    dimension = descriptors.shape[1]
    for whitening, name in ((0.0, 'not whitened'), (0.5, 'whitened')):
        code = CompactCode(_learned(blocks, dimension, 256, whitening))
        kept = code.decode(code.encode(descriptors))
        yield f'two bits, 256 directions, {name}', code.width, _ranks(code.project, kept)
    projection = _learned(blocks, dimension, 64, 0.0)
    rows = Int8Code(64)
    kept = rows.decode(rows.encode(projection.apply(descriptors)))
    yield 'PCA, 64 directions, a byte each', 64.0, _ranks(projection.apply, kept)
    signs = _random_directions(dimension, 512)
    kept = np.sign(descriptors @ signs)
    yield 'signs of 512 random directions', 64.0, _ranks(lambda queries: queries @ signs, kept)
    projection = _learned(blocks, dimension, 256, 0.25)
    quantizer = faiss.IndexPQ(256, 64, 8, faiss.METRIC_INNER_PRODUCT)
    yield 'product quantisation, 256 directions', 64.0, _faiss(quantizer, projection, descriptors)
    projection = _learned(blocks, dimension, 448, 0.25)
    bits = faiss.IndexRaBitQ(448, faiss.METRIC_INNER_PRODUCT)
    yield 'RaBitQ, 448 directions', float(bits.code_size), _faiss(bits, projection, descriptors)


def best_right(similarities: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return (Q,) how many wrong tiles are more similar than the best right one."""
    best = np.where(right, similarities, -np.inf).max(axis=1, keepdims=True)
    return ((similarities > best) & ~right).sum(axis=1)


def _learned(
    blocks: Callable[[], Iterable[np.ndarray]], dimension: int, count: int, whitening: float
) -> Projection:
    projection = learn_projection(blocks, dimension, count, whitening)
    assert projection is not None
    return projection


def _random_directions(dimension: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.standard_normal((dimension, count)).astype(np.float32)


def _ranks(project: Callable[[np.ndarray], np.ndarray], kept: np.ndarray) -> Ranks:
    def ranks(queries: np.ndarray, right: np.ndarray) -> np.ndarray:
        return best_right(project(queries) @ kept.T, right)

    return ranks


def _faiss(index: faiss.Index, projection: Projection, descriptors: np.ndarray) -> Ranks:
    """Return what ranks by an index of FAISS, learned on what it holds."""
    rows = projection.apply(descriptors)
    index.train(rows[:: -(-len(rows) // _CLUSTERED)].copy())
    index.add(rows)

    def ranks(queries: np.ndarray, right: np.ndarray) -> np.ndarray:
        _, found = index.search(projection.apply(queries), _FOUND)
        hits = np.take_along_axis(right, found, axis=1)
        return np.where(hits.any(axis=1), hits.argmax(axis=1), _FOUND)

    return ranks
