# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Find tiles that retrieval may confuse: more like a distant tile than neighbours are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.geodesy import wrap_long
from visual_navsat.geometry.tile import TileMetadata

_MAX_TILES = 20_000  # compared with each other: minutes at most
_BLOCK = 256  # tiles at a time


@dataclass(frozen=True)
class Lookalikes:
    """Of each tile, the similarity of the best tile that shows none of its ground."""

    similarity: np.ndarray  # (N,) NaN for a tile that was left out
    neighbour: float  # median similarity of a tile to the best that overlaps it; NaN without any
    compared: int  # tiles

    def is_alike(self, tile: int) -> bool:
        """Return whether a tile is more similar to a distant one than tiles are to neighbours."""
        return bool(self.similarity[tile] > self.neighbour)


def find_lookalikes(
    rows_of: Callable[[np.ndarray], np.ndarray], tiles: Sequence[TileMetadata]
) -> Lookalikes:
    """
    Return how similar each tile is to other ground.

    :param rows_of: returns the (n, d) unit rows of n tiles, given by their numbers. Of more than
        20000 tiles an even sample is compared.
    """
    stride = -(-len(tiles) // _MAX_TILES)
    chosen = np.arange(0, len(tiles), stride)
    rows = rows_of(chosen)
    sample = tiles[::stride]
    lats = np.array([tile.center_lat for tile in sample])
    longs = np.array([tile.center_long for tile in sample])
    heights = np.array([tile.top_left_lat - tile.bottom_right_lat for tile in sample])
    widths = np.array([tile.span_long for tile in sample])
    apart, overlapping = np.full(len(chosen), np.nan), []
    for first in range(0, len(chosen), _BLOCK):
        block = np.arange(first, min(first + _BLOCK, len(chosen)))
        similarity = rows[block] @ rows.T
        down = np.abs(lats[block, None] - lats) < (heights[block, None] + heights) / 2 * 0.999
        across = np.abs(wrap_long(longs[block, None] - longs))
        overlaps = down & (across < (widths[block, None] + widths) / 2 * 0.999)
        others = np.where(overlaps, -np.inf, similarity).max(axis=1)
        apart[block] = np.where(np.isfinite(others), others, np.nan)
        overlaps[np.arange(len(block)), block] = False
        best = np.where(overlaps, similarity, -np.inf).max(axis=1)
        overlapping.append(best[np.isfinite(best)])
    of_all = np.full(len(tiles), np.nan)
    of_all[chosen] = apart
    best = np.concatenate(overlapping)
    return Lookalikes(of_all, float(np.median(best)) if len(best) else np.nan, len(chosen))
