# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The DINOv2 vision transformer, with the parameter names of the official checkpoints."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn, Tensor
from torch.nn import functional as F
from visual_navsat.features.model_zoo import ModelSpec, PATCH_SIZE
from visual_navsat.features.position_embedding import resize_position_embedding

FACETS = ('query', 'key', 'value', 'token')

# Rotated queries come in many sizes; a drone that turns must not fill the memory with them.
_MAX_CACHED_SIZES = 64


class VisionTransformer(nn.Module):
    """
    A ViT that is read at its last block; build it on the meta device and fill it afterwards.

    Source: Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", TMLR
    2024; registers: Darcet et al., "Vision Transformers Need Registers", ICLR 2024.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.cls_token = nn.Parameter(torch.empty(1, 1, spec.dim))
        self.pos_embed = nn.Parameter(torch.empty(1, 1 + spec.grid_side**2, spec.dim))
        self.mask_token = nn.Parameter(torch.empty(1, spec.dim))
        if spec.num_registers:
            self.register_tokens = nn.Parameter(torch.empty(1, spec.num_registers, spec.dim))
        self.patch_embed = PatchEmbedding(spec.dim)
        self.blocks = nn.ModuleList(Block(spec) for _ in range(spec.depth))
        self.norm = nn.LayerNorm(spec.dim, eps=1e-6)
        self._positions: dict[tuple[int, int], Tensor] = {}

    def keep_blocks(self, layer: int) -> None:
        """Drop later blocks than ``layer``, the final norm and the mask token: all unused."""
        self.blocks = self.blocks[: layer + 1]
        del self.norm, self.mask_token

    def forward(self, images: Tensor, facet: str) -> Tensor:
        """
        Return one facet of the last block's patch tokens.

        :param images: (B, 3, h, w) ImageNet-normalised, sides are multiples of 14.
        :param facet: one of FACETS.
        :return: (B, h/14 * w/14, D), row by row from the top left, not normalised.
        """
        tokens = self._embed(images)
        last_block: Any = self.blocks[-1]
        for block in self.blocks[:-1]:
            tokens = block(tokens)
        first_patch = 1 + self.spec.num_registers
        if facet == 'token':
            return last_block(tokens)[:, first_patch:]
        return last_block.project(tokens[:, first_patch:], facet)

    def _embed(self, images: Tensor) -> Tensor:
        """Return (B, 1 + registers + N, D) tokens: class, registers, patches."""
        patches = self.patch_embed(images)
        rows, columns = images.shape[-2] // PATCH_SIZE, images.shape[-1] // PATCH_SIZE
        positions = self._positions_of(rows, columns)
        batch = len(images)
        parts = [(self.cls_token + positions[:, :1]).expand(batch, -1, -1)]
        if self.spec.num_registers:
            parts.append(self.register_tokens.expand(batch, -1, -1))
        parts.append(patches + positions[:, 1:])
        return torch.cat(parts, dim=1)

    def _positions_of(self, rows: int, columns: int) -> Tensor:
        """Return (1, 1 + rows * columns, D) position embedding, computed once per size."""
        size = (rows, columns)
        if size not in self._positions:
            if len(self._positions) >= _MAX_CACHED_SIZES:
                del self._positions[next(iter(self._positions))]
            resized = resize_position_embedding(
                self.pos_embed, rows, columns, self.spec.position_offset, self.spec.antialias
            )
            self._positions[size] = resized.to(self.cls_token.dtype)
        return self._positions[size]


class PatchEmbedding(nn.Module):
    """One linear map per 14 x 14 patch."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, kernel_size=PATCH_SIZE, stride=PATCH_SIZE)

    def forward(self, images: Tensor) -> Tensor:
        """Return (B, N, D) patch tokens of (B, 3, h, w) images."""
        return self.proj(images).flatten(2).transpose(1, 2)


class Block(nn.Module):
    """Attention, then a feed-forward net, each normalised before and scaled after."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(spec.dim, eps=1e-6)
        self.attn = Attention(spec.dim, spec.heads)
        self.ls1 = LayerScale(spec.dim)
        self.norm2 = nn.LayerNorm(spec.dim, eps=1e-6)
        self.mlp = SwiGLU(spec.dim) if spec.ffn == 'swiglu' else MLP(spec.dim)
        self.ls2 = LayerScale(spec.dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, T, D) tokens after this block."""
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        return tokens + self.ls2(self.mlp(self.norm2(tokens)))

    def project(self, tokens: Tensor, facet: str) -> Tensor:
        """Return (B, T, D) queries, keys or values of tokens, and compute nothing else."""
        dim = tokens.shape[-1]
        start = FACETS.index(facet) * dim
        qkv = self.attn.qkv
        rows = slice(start, start + dim)
        return F.linear(self.norm1(tokens), qkv.weight[rows], qkv.bias[rows])


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, T, D) for (B, T, D)."""
        batch, count, dim = tokens.shape
        qkv = self.qkv(tokens).reshape(batch, count, 3, self.heads, dim // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        attended = F.scaled_dot_product_attention(query, key, value)
        return self.proj(attended.transpose(1, 2).reshape(batch, count, dim))


class MLP(nn.Module):
    """Two linear maps with GELU between; four times as wide inside."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, T, D) for (B, T, D)."""
        return self.fc2(F.gelu(self.fc1(tokens)))


class SwiGLU(nn.Module):
    """
    Gated feed-forward net of ViT-g.

    Source: Shazeer, "GLU Variants Improve Transformer", 2020.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        hidden = -(-int(4 * dim * 2 / 3) // 8) * 8  # as wide as the MLP in parameters
        self.w12 = nn.Linear(dim, 2 * hidden)
        self.w3 = nn.Linear(hidden, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, T, D) for (B, T, D)."""
        gate, content = self.w12(tokens).chunk(2, dim=-1)
        return self.w3(F.silu(gate) * content)


class LayerScale(nn.Module):
    """A learned factor per channel."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.empty(dim))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, T, D) for (B, T, D)."""
        return tokens * self.gamma
