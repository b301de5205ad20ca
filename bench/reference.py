# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The recipe as published, to be measured against: DINOv2 with a hook, VLAD with a loop.

Written from the papers' description, on its own, and from nothing of ``visual_navsat``. It does
what AnyLoc's released code and aerial_map_retrieval do at query time: the whole network runs in
float32, a forward hook keeps the qkv output of one block, the position embedding is resized for
each image, attention is spelled out, VLAD makes the residual of every patch to every centre and
loops over the centres in Python, and FAISS searches a flat index.

Source: Oquab et al., "DINOv2", TMLR 2024; Keetha et al., "AnyLoc", RA-L 2023; Arandjelovic and
Zisserman, "All About VLAD", CVPR 2013.
"""

from __future__ import annotations

import faiss
import numpy as np
import torch
from torch import nn, Tensor
from torch.nn import functional as F

PATCH = 14
GRID = 37  # patches along one side of the position embedding


class PublishedDinoV2(nn.Module):
    """A DINOv2 ViT without registers; parameter names of the official files."""

    def __init__(self, dim: int, depth: int, heads: int, is_swiglu: bool = False) -> None:
        """:param is_swiglu: as ViT-g has it, instead of an MLP."""
        super().__init__()
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, dim))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 1 + GRID**2, dim))
        self.mask_token = nn.Parameter(torch.zeros(1, dim))
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, dim, PATCH, stride=PATCH)
        self.blocks = nn.ModuleList(_Block(dim, heads, is_swiglu) for _ in range(depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, 1 + N, D) tokens after the last block and norm."""
        patches = self.patch_embed.proj(images).flatten(2).mT
        tokens = torch.cat([self.cls_token.expand(len(images), -1, -1), patches], dim=1)
        tokens = tokens + self._positions(images.shape[-2] // PATCH, images.shape[-1] // PATCH)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens)

    def _positions(self, rows: int, columns: int) -> Tensor:
        of_class, of_patches = self.pos_embed[:, :1], self.pos_embed[:, 1:]
        if (rows, columns) != (GRID, GRID):
            grid = of_patches.reshape(1, GRID, GRID, -1).permute(0, 3, 1, 2)
            scale = ((rows + 0.1) / GRID, (columns + 0.1) / GRID)
            grid = F.interpolate(grid, scale_factor=scale, mode='bicubic')
            of_patches = grid.flatten(2).mT
        return torch.cat([of_class, of_patches], dim=1)


class _Block(nn.Module):
    """Attention, then an MLP or SwiGLU, each added to what came in."""

    def __init__(self, dim: int, heads: int, is_swiglu: bool) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = _Attention(dim, heads)
        self.ls1 = _Scale(dim)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = _SwiGLU(dim) if is_swiglu else _MLP(dim)
        self.ls2 = _Scale(dim)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class _MLP(nn.Module):
    """Four times as wide inside."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class _SwiGLU(nn.Module):
    """A gated layer; its width is two thirds of the MLP's, to a multiple of 8."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        hidden = (int(4 * dim * 2 / 3) + 7) // 8 * 8
        self.w12, self.w3 = nn.Linear(dim, 2 * hidden), nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.w12(x).chunk(2, dim=-1)
        return self.w3(F.silu(gate) * value)


class _Attention(nn.Module):
    """Attention of every token to every token."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, count, dim = x.shape
        qkv = self.qkv(x).view(batch, count, 3, self.heads, dim // self.heads)
        q, k, v = (qkv[:, :, i].transpose(1, 2) for i in range(3))
        weights = torch.softmax(q * q.shape[-1] ** -0.5 @ k.mT, dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, count, dim))


class _Scale(nn.Module):
    """One learned factor per channel."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class PublishedExtractor:
    """Run the whole network and keep the values of one block by a forward hook on its qkv."""

    def __init__(self, network: PublishedDinoV2, layer: int) -> None:
        self._network = network.eval()
        self._qkv: Tensor | None = None
        network.blocks[layer].attn.qkv.register_forward_hook(self._keep)

    def __call__(self, images: Tensor) -> Tensor:
        """Return (B, N, D) unit value vectors of the patches of (B, 3, h, w) images."""
        with torch.no_grad():
            self._network(images)
        values = self._qkv[:, 1:].chunk(3, dim=-1)[2]
        return F.normalize(values, dim=-1)

    def _keep(self, module: nn.Module, inputs: tuple, output: Tensor) -> None:
        self._qkv = output


def published_vlad(patches: Tensor, vocabulary: Tensor) -> Tensor:
    """
    Return the (K * D,) VLAD descriptor of one image.

    :param patches: (N, D) patch descriptors.
    :param vocabulary: (K, D) centres.
    """
    patches = F.normalize(patches, dim=-1)
    labels = (patches @ F.normalize(vocabulary, dim=-1).T).argmax(dim=-1)
    residuals = patches[:, None] - vocabulary[None]  # (N, K, D)
    num_centers, dim = vocabulary.shape
    descriptor = torch.zeros(num_centers, dim, device=patches.device)
    for center in set(labels.tolist()):
        total = residuals[labels == center, center].sum(dim=0)
        descriptor[center] = F.normalize(total, dim=0)
    return F.normalize(descriptor.flatten(), dim=0)


class PublishedSearch:
    """A flat inner-product index of FAISS."""

    def __init__(self, descriptors: np.ndarray) -> None:
        self._index = faiss.IndexFlatIP(descriptors.shape[1])
        self._index.add(descriptors)

    def __call__(self, descriptor: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (k,) similarities and row numbers, best first."""
        similarities, rows = self._index.search(descriptor[None], k)
        return similarities[0], rows[0]
