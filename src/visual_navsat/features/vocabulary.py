# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The vocabulary of VLAD: fit its centres by k-means, or read them from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from visual_navsat.errors import ModelError
from visual_navsat.files import check_input
from visual_navsat.optional import import_optional

_ITERATIONS = 50


def check_vocabulary(vocabulary: np.ndarray | Tensor, name: str) -> np.ndarray:
    """
    Return the centres as a (K, D) float32 array.

    :param name: for the error message.
    :raises ModelError: if they are no (K, D) finite numbers, or none at all.
    """
    if not isinstance(vocabulary, np.ndarray | Tensor):
        raise ModelError(f'{name} must be a (K, D) tensor, got {type(vocabulary).__name__}')
    if isinstance(vocabulary, Tensor):
        vocabulary = vocabulary.detach().cpu().float().numpy()
    if vocabulary.ndim != 2 or vocabulary.size == 0 or vocabulary.dtype.kind not in 'fiu':
        raise ModelError(
            f'{name} must be (K, D) numbers with at least 1 centre, got {vocabulary.shape} of '
            f'{vocabulary.dtype}'
        )
    vocabulary = np.ascontiguousarray(vocabulary, np.float32)
    if not np.isfinite(vocabulary).all():
        bad = int(np.count_nonzero(~np.isfinite(vocabulary).all(axis=1)))
        raise ModelError(f'{name} has {bad} centres that are not finite: fit it again')
    return vocabulary


def read_vocabulary(path: str | Path) -> np.ndarray:
    """
    Return the (K, D) float32 centres in ``c_centers.pt`` (a tensor) or an ``.npy`` file.

    :raises ModelError: if the file is missing, damaged, holds code, or no such centres.
    """
    path = Path(path)
    try:
        check_input(path)
        if path.suffix == '.npy':
            content = np.load(path, allow_pickle=False)
        else:
            content = torch.load(path, map_location='cpu', weights_only=True)
    except OSError as error:
        raise ModelError(f'cannot read vocabulary {path}: {error.strerror or error}') from error
    except Exception as error:  # damaged pickles raise nearly anything
        raise ModelError(
            f'{path} is no vocabulary that is safe to read: it must hold a (K, D) tensor'
        ) from error
    return check_vocabulary(content, f'vocabulary {path}')


def fit_vocabulary(patches: np.ndarray, num_clusters: int, seed: int) -> np.ndarray:
    """
    Return centres fitted by spherical k-means: each the mean of the unit rows nearest to it.

    :param patches: (M, D), M >= num_clusters.
    :return: (num_clusters, D) float32; a mean of unit vectors is shorter than one.
    :raises ModelError: if there are too few patches or some are not finite.
    """
    faiss = import_optional('faiss', 'faiss is needed to fit a vocabulary: pip install faiss-cpu')
    patches = np.ascontiguousarray(patches, np.float32)
    if patches.ndim != 2 or len(patches) < num_clusters or patches.shape[1] == 0:
        raise ModelError(
            f'patches to fit {num_clusters} centres on must be (M, D) with at least as many rows, '
            f'got {patches.shape}: give more, or set vlad.num_clusters lower'
        )
    if not np.isfinite(patches).all():
        raise ModelError('patches to fit a vocabulary on must be finite: check the checkpoint')
    patches = patches / np.maximum(np.linalg.norm(patches, axis=1, keepdims=True), 1e-12)
    kmeans = faiss.Kmeans(
        patches.shape[1],
        num_clusters,
        niter=_ITERATIONS,
        seed=seed,
        spherical=True,
        gpu=False,
        min_points_per_centroid=1,
        max_points_per_centroid=len(patches),  # never subsample
    )
    kmeans.train(patches)
    directions = kmeans.centroids
    nearest = np.argmax(patches @ directions.T, axis=1)
    counts = np.bincount(nearest, minlength=num_clusters)
    sums = np.zeros(directions.shape)
    np.add.at(sums, nearest, patches)
    means = sums / np.maximum(counts, 1)[:, None]
    return np.where(counts[:, None] > 0, means, directions).astype(np.float32)
