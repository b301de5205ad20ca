# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Rank stored descriptors by their exact cosine to a query, reading few of them."""

from __future__ import annotations

import threading

import numpy as np
from visual_navsat.service.store.chunks import Chunks
from visual_navsat.service.store.code_table import Candidates
from visual_navsat.service.store.codes import highest_similarity

# Codes that say so little that more rows would have to be read: the answer may then miss some.
MAX_ROWS = 4000


class Ranker:
    """Reads the descriptors of candidates until no other can be among the best."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self._local = threading.local()

    def best(
        self, query: np.ndarray, candidates: Candidates, top_k: int, is_exact: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """
        Return the most similar candidates, best first: their places in the list, and cosines.

        :param query: (d,) float32, unit norm or zeros.
        :param is_exact: compare with all of them.
        """
        count = len(candidates.images)
        cosines = np.full(count, -np.inf, np.float32)
        step, done = max(2 * top_k, 16), 0
        while done < count:
            end = min(done + step, count)
            cosines[done:end] = [self._cosine(query, candidates, n) for n in range(done, end)]
            done = end
            if not is_exact and done < count and done >= top_k:
                worst = float(np.partition(cosines[:done], -top_k)[-top_k])
                if highest_similarity(float(candidates.distances[done])) < worst:
                    break
        order = np.argsort(-cosines[:done], kind='stable')[:top_k]
        return order, cosines[order]

    def _cosine(self, query: np.ndarray, candidates: Candidates, place: int) -> float:
        """Return the cosine of the query to one candidate."""
        number = int(candidates.chunks[place])
        row = self._buffer(len(query))
        self._chunks.read(number, int(candidates.rows[place]), 1, row)
        return float(row[0] @ query)

    def _buffer(self, dimension: int) -> np.ndarray:
        """Return this thread's row: a new one for each would be cold memory."""
        if not hasattr(self._local, 'row'):
            self._local.row = np.empty((1, dimension), np.float32)
        return self._local.row
