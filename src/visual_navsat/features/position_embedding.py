# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Resize the position embedding to the grid of patches that an image has."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def resize_position_embedding(
    embedding: Tensor, rows: int, columns: int, offset: float, antialias: bool
) -> Tensor:
    """
    Return the position embedding for a grid of ``rows`` x ``columns`` patches.

    :param embedding: (1, 1 + side * side, D): the class token's, then the grid's, row by row.
    :param offset: 0.1 samples as DINOv2's models without registers were trained, at a scale of
        (rows + 0.1) / side rather than rows / side; 0.0 samples by size.
    :param antialias: low-pass when shrinking, and bicubic with a = -0.5 instead of -0.75.
    :return: (1, 1 + rows * columns, D) float32; the input where the grid is side x side already.

    Source: interpolate_pos_encoding of the official DINOv2 code.
    """
    embedding = embedding.float()
    side = round((embedding.shape[1] - 1) ** 0.5)
    if rows == columns == side:
        return embedding
    grid = embedding[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    if offset:
        factor = ((rows + offset) / side, (columns + offset) / side)
        resized = F.interpolate(grid, scale_factor=factor, mode='bicubic', antialias=antialias)
    else:
        resized = F.interpolate(grid, (rows, columns), mode='bicubic', antialias=antialias)
    patches = resized.permute(0, 2, 3, 1).flatten(1, 2)
    return torch.cat([embedding[:, :1], patches], dim=1)
