# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Rank the tiles of a map by their similarity to a photo, over all of its copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.retrieval.indexer import FAISSIndexer
from visual_navsat.retrieval.result import RetrievalResult


@dataclass(frozen=True, eq=False)
class Ranking:
    """The tiles that look like a photo, most similar first, at least one."""

    tiles: tuple[RetrievalResult, ...]
    descriptor: np.ndarray  # (d,) of the copy of the photo that is most similar to the first
    rows: np.ndarray | None = None  # (R,) of the tiles that were ranked; None: all

    def by_row(self, values: np.ndarray) -> dict[int, float]:
        """
        Return values of the ranked tiles by their rows in the index.

        :param values: one per tile that was ranked, in the order of ``rows``.
        """
        rows = np.arange(len(values)) if self.rows is None else self.rows
        return dict(zip(rows.tolist(), values.tolist(), strict=True))


def rank_tiles(
    index: FAISSIndexer,
    tiles: Sequence[TileMetadata],
    descriptors: np.ndarray,
    count: int,
    rows: np.ndarray | None = None,
) -> Ranking:
    """
    Return the most similar tiles over all copies of a photo.

    :param descriptors: (C, d) of the copies.
    :param count: of tiles to return, at most.
    :param rows: (R,) of the tiles to rank, at least one; None: all.
    """
    similarities, indices = index.search(descriptors, count, rows)
    best_copy = int(similarities[:, 0].argmax())
    ranked: dict[int, float] = {}
    for flat in np.argsort(-similarities, axis=None, kind='stable'):
        # The first copy that found a tile is the one most similar to it.
        ranked.setdefault(int(indices.flat[flat]), float(similarities.flat[flat]))
    results = tuple(
        RetrievalResult(rank, similarity, tiles[row], row)
        for rank, (row, similarity) in enumerate(list(ranked.items())[:count], start=1)
    )
    return Ranking(results, descriptors[best_copy], rows)
