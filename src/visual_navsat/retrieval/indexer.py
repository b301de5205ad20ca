# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Find the descriptors most similar to a query's, on the CPU or the GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from visual_navsat.errors import ShapeError
from visual_navsat.retrieval.search_backends import best_of, choose_backend, make_backend
from visual_navsat.retrieval.tile_code import ExactCode

# Rows that are checked and copied at a time: a memory-mapped index may be larger than memory.
_ROWS_PER_BLOCK = 4096

ReadRows = Callable[[np.ndarray], np.ndarray]


class FAISSIndexer:
    """
    Search by inner product among all descriptors, with whichever backend this machine has.

    :param dimension: length d of every descriptor.
    :param backend: ``'faiss-cpu'``, ``'faiss-gpu'``, ``'torch'`` (on CUDA where there is one) or
        ``'auto'``: FAISS on the GPU, or torch on CUDA where faiss-gpu is missing, or FAISS on
        the CPU, or torch where there is no FAISS at all.
    :param code: what is kept of the descriptors; None: all, exactly.
    :param exact: returns (n, d) exact descriptors by their (n,) row numbers, by which the best
        of a search are ranked; None: by their codes.
    :raises MissingDependencyError: if the backend is not installed.
    """

    def __init__(
        self,
        dimension: int,
        backend: str = 'auto',
        code: ExactCode | None = None,
        exact: ReadRows | None = None,
    ) -> None:
        self.dimension = dimension
        self.backend = choose_backend(backend)
        self.code = code or ExactCode(dimension)
        self._exact = exact
        self._index = make_backend(self.backend, self.code)

    @property
    def count(self) -> int:
        """Return the number of descriptors in the index."""
        return self._index.count

    def build(self, descriptors: np.ndarray) -> None:
        """
        Replace what is in the index.

        :param descriptors: (N, d) float32, N >= 1; may be memory-mapped, is copied block by block.
        :raises ShapeError: if the shape is wrong or a value is not finite.
        """
        if descriptors.ndim != 2 or len(descriptors) == 0:
            raise ShapeError(
                f'descriptors must be (N, {self.dimension}) with N at least 1, got '
                f'{descriptors.shape}'
            )
        starts = range(0, len(descriptors), _ROWS_PER_BLOCK)
        blocks = (descriptors[start:][:_ROWS_PER_BLOCK] for start in starts)
        self.build_from_blocks(len(descriptors), map(self.code.encode, blocks))

    def build_from_blocks(self, count: int, blocks: Iterable[np.ndarray]) -> None:
        """
        Replace what is in the index by the codes of descriptors in blocks.

        :param count: N of all of them.
        :param blocks: (n, width) arrays of the code, in order.
        :raises ShapeError: if a shape is wrong or a value is not finite.
        """
        self._index.reserve(count)
        for codes in blocks:
            if codes.ndim != 2 or codes.shape[1] != self.code.width:
                raise ShapeError(f'descriptors must be (N, {self.code.width}), got {codes.shape}')
            block = np.require(codes, self.code.dtype, ['C', 'W'])  # torch wants both
            if not np.isfinite(block).all():
                row = self.count + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
                raise ShapeError(f'descriptor {row} is not finite: build the index again')
            self._index.add(block)

    def search(
        self, queries: np.ndarray, k: int, rows: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """
        Return the k most similar descriptors of each query, best first.

        :param queries: (Q, d) float32.
        :param k: at least 1, cut down to the number of descriptors.
        :param rows: (R,) numbers of those that are compared; None: all.
        :return: similarities (Q, k) float32 and row numbers (Q, k) int64.
        :raises ShapeError: if the shape is wrong, a value is not finite, or the index is empty.
        """
        queries = self._checked(queries)
        if k < 1:
            raise ShapeError(f'k must be at least 1, got {k}')
        projected = self.code.project(queries)
        if rows is None:
            found = self._index.search(projected, min(k, self.count))
        else:
            found = best_of(self._compared(projected, rows), np.tile(rows, (len(queries), 1)), k)
        return found if self._exact is None else self._ranked_exactly(projected, found[1])

    def similarities(self, queries: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """
        Return the similarity of each query to some descriptors, or to all, in their order.

        :param queries: (Q, d) float32.
        :param rows: (R,) row numbers; None takes all N.
        :return: (Q, R) or (Q, N) float32.
        :raises ShapeError: as :meth:`search` does.
        """
        projected = self.code.project(self._checked(queries))
        return self._compared(projected, np.arange(self.count) if rows is None else rows)

    def _compared(self, projected: np.ndarray, rows: np.ndarray) -> np.ndarray:
        starts = range(0, len(rows), _ROWS_PER_BLOCK)
        blocks = (rows[start:][:_ROWS_PER_BLOCK] for start in starts)
        return np.concatenate([self._index.similarities(projected, some) for some in blocks], 1)

    def _ranked_exactly(
        self, projected: np.ndarray, found: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (Q, k) rows that were found, ranked by their exact descriptors."""
        assert self._exact is not None
        rows, places = np.unique(found, return_inverse=True)
        similarities = projected @ self.code.project(self._exact(rows)).T
        exact = np.take_along_axis(similarities, places.reshape(found.shape), axis=1)
        return best_of(exact, found, found.shape[1])

    def _checked(self, queries: np.ndarray) -> np.ndarray:
        queries = np.require(queries, np.float32, ['C', 'W'])  # torch wants both
        if queries.ndim != 2 or queries.shape[1] != self.dimension:
            raise ShapeError(f'queries must be (Q, {self.dimension}), got {queries.shape}')
        if not np.isfinite(queries).all():
            raise ShapeError('query descriptors must be finite: check the image and the model')
        if self.count == 0:
            raise ShapeError('the index is empty: call build first')
        return queries
