# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Find the descriptors most similar to a query's, exactly, on the CPU or the GPU."""

from __future__ import annotations

from collections.abc import Iterable
import importlib.util
from typing import Any

import numpy as np
import torch
from visual_navsat.errors import ConfigError, MissingDependencyError, ShapeError
from visual_navsat.optional import import_optional

# Rows that are checked and copied at a time: a memory-mapped index may be larger than memory.
_ROWS_PER_BLOCK = 4096
# Numbers at most in the (queries, count) matrix of similarities that torch ranks.
_MAX_SIMILARITIES = 1 << 27
_FAISS_GPU_MAX_K = 2048


class FAISSIndexer:
    """
    Exact search by inner product, with whichever backend this machine has.

    :param dimension: length d of every descriptor.
    :param backend: ``'faiss-cpu'``, ``'faiss-gpu'``, ``'torch'`` (on CUDA where there is one) or
        ``'auto'``: FAISS on the GPU, or torch on CUDA where faiss-gpu is missing, or FAISS on
        the CPU, or torch where there is no FAISS at all.
    :raises MissingDependencyError: if the backend is not installed.
    """

    def __init__(self, dimension: int, backend: str = 'auto') -> None:
        self.dimension = dimension
        self.backend = choose_backend(backend)
        self._index = _BACKENDS[self.backend](dimension)

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
        self.build_from_blocks(len(descriptors), blocks)

    def build_from_blocks(self, count: int, blocks: Iterable[np.ndarray]) -> None:
        """
        Replace what is in the index by descriptors in blocks.

        :param count: N of all of them.
        :param blocks: (n, d) float32 arrays, in order.
        :raises ShapeError: if a shape is wrong or a value is not finite.
        """
        self._index.reserve(count)
        for rows in blocks:
            if rows.ndim != 2 or rows.shape[1] != self.dimension:
                raise ShapeError(f'descriptors must be (N, {self.dimension}), got {rows.shape}')
            block = np.require(rows, np.float32, ['C', 'W'])  # torch wants both
            if not np.isfinite(block).all():
                row = self.count + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
                raise ShapeError(f'descriptor {row} is not finite: build the index again')
            self._index.add(block)

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """
        Return the k most similar descriptors of each query, best first.

        :param queries: (Q, d) float32.
        :param k: at least 1, cut down to the number of descriptors.
        :return: similarities (Q, k) float32 and row numbers (Q, k) int64.
        :raises ShapeError: if the shape is wrong, a value is not finite, or the index is empty.
        """
        queries = self._checked(queries)
        if k < 1:
            raise ShapeError(f'k must be at least 1, got {k}')
        return self._index.search(queries, min(k, self.count))

    def similarities(self, queries: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """
        Return the similarity of each query to some descriptors, or to all, in their order.

        :param queries: (Q, d) float32.
        :param rows: (R,) row numbers; None takes all N.
        :return: (Q, R) or (Q, N) float32.
        :raises ShapeError: as :meth:`search` does.
        """
        queries = self._checked(queries)
        rows = np.arange(self.count) if rows is None else rows
        starts = range(0, len(rows), _ROWS_PER_BLOCK)
        blocks = (rows[start:][:_ROWS_PER_BLOCK] for start in starts)
        return np.concatenate([self._index.similarities(queries, rows) for rows in blocks], axis=1)

    def _checked(self, queries: np.ndarray) -> np.ndarray:
        queries = np.require(queries, np.float32, ['C', 'W'])  # torch wants both
        if queries.ndim != 2 or queries.shape[1] != self.dimension:
            raise ShapeError(f'queries must be (Q, {self.dimension}), got {queries.shape}')
        if not np.isfinite(queries).all():
            raise ShapeError('query descriptors must be finite: check the image and the model')
        if self.count == 0:
            raise ShapeError('the index is empty: call build first')
        return queries


def choose_backend(backend: str) -> str:
    """Return the backend of that name, or the best one here for ``'auto'``."""
    if backend == 'auto':
        if _has_faiss_gpu():
            return 'faiss-gpu'
        return 'torch' if torch.cuda.is_available() or not _has_faiss() else 'faiss-cpu'
    if backend == 'faiss-cpu' and not _has_faiss():
        raise MissingDependencyError('FAISS is not installed: pip install faiss-cpu')
    if backend == 'faiss-gpu' and not _has_faiss_gpu():
        raise MissingDependencyError(
            'FAISS has no GPU here: where there is an NVIDIA GPU, pip uninstall faiss-cpu, then '
            'pip install faiss-gpu; or use the backend torch'
        )
    if backend not in ('faiss-cpu', 'faiss-gpu', 'torch'):
        raise ConfigError(
            f'search backend must be auto, faiss-cpu, faiss-gpu or torch, got {backend!r}'
        )
    return backend


def _faiss() -> Any:
    return import_optional('faiss', 'FAISS is not installed: pip install faiss-cpu')


def _has_faiss() -> bool:
    return importlib.util.find_spec('faiss') is not None


def _has_faiss_gpu() -> bool:
    if not _has_faiss():
        return False
    faiss = _faiss()
    return hasattr(faiss, 'StandardGpuResources') and faiss.get_num_gpus() > 0


class _FaissCpu:
    """A flat FAISS index in memory."""

    def __init__(self, dimension: int) -> None:
        self._index = _faiss().IndexFlatIP(dimension)

    @property
    def count(self) -> int:
        return self._index.ntotal

    def reserve(self, count: int) -> None:
        self._index.reset()

    def add(self, block: np.ndarray) -> None:
        self._index.add(block)

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        return self._index.search(queries, k)

    def similarities(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return queries @ self._index.reconstruct_batch(rows).T


class _FaissGpu(_FaissCpu):
    """A flat FAISS index on the first GPU."""

    def __init__(self, dimension: int) -> None:
        faiss = _faiss()
        # Kept: the index uses the resources' memory and streams for as long as it lives.
        self._resources = faiss.StandardGpuResources()
        self._index = faiss.GpuIndexFlatIP(self._resources, dimension)

    def reserve(self, count: int) -> None:
        self._index.reset()
        self._index.reserveMemory(count)

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        if k > _FAISS_GPU_MAX_K:
            raise ShapeError(
                f'k must be at most {_FAISS_GPU_MAX_K} for FAISS on the GPU, got {k}: use the '
                'backend torch or faiss-cpu'
            )
        return super().search(queries, k)


class _Torch:
    """A matrix product and a top-k, on CUDA where there is one."""

    def __init__(self, dimension: int) -> None:
        self._device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        self._rows = torch.empty((0, dimension), device=self._device)
        self.count = 0

    def reserve(self, count: int) -> None:
        self._rows = torch.empty((count, self._rows.shape[1]), device=self._device)
        self.count = 0

    def add(self, block: np.ndarray) -> None:
        self._rows[slice(self.count, self.count + len(block))].copy_(torch.from_numpy(block))
        self.count += len(block)

    @torch.inference_mode()
    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        similarities, indices = [], []
        for chunk in torch.split(
            torch.from_numpy(queries), max(1, _MAX_SIMILARITIES // self.count)
        ):
            best = torch.topk(chunk.to(self._device) @ self._rows.T, k, dim=1)
            similarities.append(best.values.cpu().numpy())
            indices.append(best.indices.cpu().numpy())
        return np.concatenate(similarities), np.concatenate(indices)

    @torch.inference_mode()
    def similarities(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        chosen = self._rows[torch.from_numpy(rows).to(self._device)]
        return (torch.from_numpy(queries).to(self._device) @ chosen.T).cpu().numpy()


_BACKENDS: dict[str, type[_FaissCpu] | type[_Torch]] = {
    'faiss-cpu': _FaissCpu,
    'faiss-gpu': _FaissGpu,
    'torch': _Torch,
}
