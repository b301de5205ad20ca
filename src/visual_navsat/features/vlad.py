# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The VLAD step: patch descriptors -> one descriptor per image."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from visual_navsat.errors import ShapeError
from visual_navsat.features.vocabulary import check_vocabulary, fit_vocabulary, read_vocabulary

# A float32 sum of N equal unit vectors is wrong by up to 1e-8 N of itself. A mean residual below
# this is rounding (of up to 10,000 patches), and normalising it would turn noise into a direction.
_SMALLEST_MEAN_RESIDUAL = 1e-4


class VLADAggregator:
    """
    Sum the residuals of patches from their centre, per centre, and normalise.

    Residuals are normalised per centre, so repeated texture (fields, roofs) cannot dominate.

    Source: Arandjelovic and Zisserman, "All About VLAD", CVPR 2013 (intra-normalisation).
    """

    def __init__(
        self,
        vocabulary: np.ndarray | Tensor,
        soft_assignment: bool = False,
        temperature: float = 10.0,
        device: str | torch.device = 'cpu',
    ) -> None:
        """
        Take the centres, which need not have unit norm.

        :param vocabulary: (K, D) the centres, finite.
        :param soft_assignment: share each patch among all centres, by
            softmax(temperature * cosine).
        :raises ModelError: if the vocabulary is empty, not finite or not (K, D).
        """
        array = check_vocabulary(vocabulary, 'the vocabulary')
        self.vocabulary = torch.tensor(array, device=device)
        self.vocabulary_sha256 = hashlib.sha256(array.astype('<f4').tobytes()).hexdigest()
        self.soft_assignment = soft_assignment
        self.temperature = temperature
        self._unit_centres = F.normalize(self.vocabulary, dim=1)

    @classmethod
    def fit(cls, patches: np.ndarray, num_clusters: int, seed: int = 0) -> VLADAggregator:
        """
        Return an aggregator with a vocabulary fitted by k-means on patch descriptors.

        :param patches: (M, D) float32, M >= num_clusters; normalised here if they are not.
        :param seed: the same seed and patches give the same vocabulary.
        :raises ModelError: if there are too few patches or some are not finite.
        """
        return cls(fit_vocabulary(patches, num_clusters, seed))

    @classmethod
    def load(cls, path: str | Path) -> VLADAggregator:
        """
        Return an aggregator with the vocabulary in ``c_centers.pt`` or an ``.npy`` file.

        :raises ModelError: if the file is missing, damaged, or holds no (K, D) finite numbers.
        """
        return cls(read_vocabulary(path))

    @property
    def dimension(self) -> int:
        """Length of a descriptor, K * D."""
        return self.vocabulary.numel()

    @torch.inference_mode()
    def aggregate(self, patches: Tensor, mask: Tensor | None = None) -> Tensor:
        """
        Return the VLAD descriptors of a batch of images.

        :param patches: (B, N, D) float32, one row per patch, N >= 1; normalised here if not yet.
        :param mask: (B, N) bool, True where the patch counts; None counts all.
        :return: (B, K * D) float32 on the vocabulary's device, unit norm, in centre order; a
            centre without patches contributes zeros, an image without residuals is all zeros.
        :raises ShapeError: if a shape is wrong.
        """
        self._check_shapes(patches, mask)
        patches = patches.to(self.vocabulary)
        lengths = torch.linalg.vector_norm(patches, dim=-1).clamp_min(1e-12)
        if mask is None:
            mask = torch.ones(patches.shape[:2], dtype=torch.bool)
        mask = mask.to(patches.device)
        sum_patches = self._sum_soft if self.soft_assignment else self._sum_hard
        sums, totals = sum_patches(patches, lengths, mask)
        # The sum of w (p - c) is the sum of w p less (sum of w) c: no (N, K, D) residuals.
        residuals = sums - totals * self.vocabulary
        norms = torch.linalg.vector_norm(residuals, dim=-1, keepdim=True)
        is_residual = norms > _SMALLEST_MEAN_RESIDUAL * totals
        residuals = torch.where(is_residual, residuals / norms, torch.zeros_like(residuals))
        return F.normalize(residuals.flatten(1), dim=1)

    def _sum_soft(self, patches: Tensor, lengths: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, K, D) weighted sums of unit patches, and (B, K, 1) sums of the weights."""
        cosines = patches @ self._unit_centres.T / lengths.unsqueeze(-1)
        weights = torch.softmax(self.temperature * cosines, dim=-1) * mask.unsqueeze(-1)
        sums = (weights / lengths.unsqueeze(-1)).transpose(1, 2) @ patches
        return sums, weights.sum(dim=1).unsqueeze(-1)

    def _sum_hard(self, patches: Tensor, lengths: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B, K, D) sums of the unit patches of each centre, and (B, K, 1) their number."""
        batch, num_centres = len(patches), len(self.vocabulary)
        nearest = (patches @ self._unit_centres.T).argmax(dim=-1)
        # One bag per image and centre, and a last one for the patches that do not count.
        bags = nearest + num_centres * torch.arange(batch, device=nearest.device).unsqueeze(-1)
        bags = torch.where(mask, bags, batch * num_centres).flatten()
        order = bags.argsort(stable=True)
        # bincount would wait for the device, to know how long its answer is.
        counts = bags.new_zeros(batch * num_centres + 1)
        counts.index_add_(0, bags, torch.ones_like(bags))
        # Reads each row once; a product with a one-hot matrix takes nine times as long.
        sums = F.embedding_bag(
            order,
            patches.flatten(0, 1),
            counts.cumsum(0) - counts,
            mode='sum',
            per_sample_weights=lengths.flatten().reciprocal()[order],
        )
        shape = (batch, num_centres, -1)
        return sums[:-1].reshape(shape), counts[:-1].reshape(shape).to(sums.dtype)

    def _check_shapes(self, patches: Tensor, mask: Tensor | None) -> None:
        dim = self.vocabulary.shape[1]
        if patches.ndim != 3 or patches.shape[1] == 0 or patches.shape[2] != dim:
            raise ShapeError(
                f'patches must be (B, N, {dim}) with N at least 1, got {tuple(patches.shape)}'
            )
        if mask is not None and (mask.shape != patches.shape[:2] or mask.dtype != torch.bool):
            raise ShapeError(
                f'mask must be {tuple(patches.shape[:2])} of torch.bool, got '
                f'{tuple(mask.shape)} of {mask.dtype}'
            )
