# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The libraries that search descriptors, each behind the same few methods."""

from __future__ import annotations

import importlib.util
from typing import Any, Protocol

import numpy as np
import torch
from visual_navsat.errors import ConfigError, MissingDependencyError, ShapeError
from visual_navsat.optional import import_optional
from visual_navsat.retrieval.tile_code import CompactCode, ExactCode, lattice

# Numbers at most in the (queries, count) matrix of similarities that torch ranks.
_MAX_SIMILARITIES = 1 << 27
_FAISS_GPU_MAX_K = 2048
_ADDED_AT_ONCE = 4096
_SPARE = 64  # beside twice as many as are asked for, of a scan that rounds


class SearchBackend(Protocol):
    """Keeps the codes of tiles and compares projected queries with them."""

    @property
    def count(self) -> int:
        """Return how many codes are kept."""

    def reserve(self, count: int) -> None:
        """Forget what is kept, and make room."""

    def add(self, codes: np.ndarray) -> None:
        """Keep (n, width) more codes."""

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the k best of each of (Q, k') queries: similarities, and row numbers int64."""

    def similarities(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return (Q, R) similarities to (R,) rows."""


def make_backend(name: str, code: ExactCode) -> SearchBackend:
    """Return the backend of a name that :func:`choose_backend` returned."""
    if name == 'torch':
        return _Torch(code)
    if name == 'faiss-gpu':
        return _FaissGpu(code)
    return _FaissScan(code) if isinstance(code, CompactCode) else _FaissCpu(code)


def best_of(similarities: np.ndarray, rows: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k best of (Q, R) similarities and the rows that they are of, best first."""
    order = np.argsort(-similarities, axis=1, kind='stable')[:, :k]
    return np.take_along_axis(similarities, order, axis=1), np.take_along_axis(rows, order, axis=1)


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

    def __init__(self, code: ExactCode) -> None:
        self._code = code
        self._index = _faiss().IndexFlatIP(code.decoded)

    @property
    def count(self) -> int:
        return self._index.ntotal

    def reserve(self, count: int) -> None:
        self._index.reset()

    def add(self, codes: np.ndarray) -> None:
        self._index.add(self._code.decode(codes))

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        return self._index.search(queries, k)

    def similarities(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return queries @ self._index.reconstruct_batch(rows).T


class _FaissGpu(_FaissCpu):
    """A flat FAISS index on the first GPU."""

    def __init__(self, code: ExactCode) -> None:
        self._code = code
        faiss = _faiss()
        # Kept: the index uses the resources' memory and streams for as long as it lives.
        self._resources = faiss.StandardGpuResources()
        self._index = faiss.GpuIndexFlatIP(self._resources, code.decoded)

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


class _FaissScan:
    """
    Compact codes as they are, scanned by FAISS with tables in registers.

    A run of two directions is a half byte with 16 values, which is a product quantiser of fixed
    codewords. The scan rounds its tables to a byte, so it finds more than is asked for and what
    it finds is ranked exactly.
    """

    def __init__(self, code: CompactCode) -> None:
        self._code = code
        self._codes = np.empty((0, code.width), code.dtype)
        faiss, runs = _faiss(), code.decoded // 2
        self._index = faiss.IndexPQFastScan(code.decoded, runs, 4, faiss.METRIC_INNER_PRODUCT)
        words = np.tile(lattice(2, code.decoded), (runs, 1, 1))
        faiss.copy_array_to_vector(words.ravel(), self._index.pq.centroids)
        self._index.is_trained = True
        self.count = 0

    def reserve(self, count: int) -> None:
        self._index.reset()
        self._codes = np.empty((count, self._code.width), self._code.dtype)
        self.count = 0

    def add(self, codes: np.ndarray) -> None:
        for start in range(0, len(codes), _ADDED_AT_ONCE):
            self._index.add(self._code.decode(codes[start:][:_ADDED_AT_ONCE]))
        self._codes[slice(self.count, self.count + len(codes))] = codes
        self.count += len(codes)

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        found = self._index.search(queries, min(2 * k + _SPARE, self.count))[1]
        pairs = zip(queries, found, strict=True)
        exact = np.stack([self.similarities(query[np.newaxis], rows)[0] for query, rows in pairs])
        return best_of(exact, found, k)

    def similarities(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return queries @ self._code.decode(self._codes[rows]).T


class _Torch:
    """A matrix product and a top-k, on CUDA where there is one."""

    def __init__(self, code: ExactCode) -> None:
        self._code = code
        self._device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        self._rows = torch.empty((0, code.decoded), device=self._device)
        self.count = 0

    def reserve(self, count: int) -> None:
        self._rows = torch.empty((count, self._rows.shape[1]), device=self._device)
        self.count = 0

    def add(self, codes: np.ndarray) -> None:
        rows = torch.from_numpy(self._code.decode(codes))
        self._rows[slice(self.count, self.count + len(rows))].copy_(rows)
        self.count += len(rows)

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
