# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What retrieval answers: ranked tiles."""

from __future__ import annotations

from dataclasses import dataclass

from visual_navsat.geometry.tile import TileMetadata


@dataclass(frozen=True)
class RetrievalResult:
    """One ranked map tile; rank 1 is the most similar."""

    rank: int
    similarity_score: float  # inner product of unit vectors, -1 to 1
    tile_metadata: TileMetadata
    descriptor_idx: int  # row of the tile in the index
