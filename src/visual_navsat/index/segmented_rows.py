"""The descriptors of several segments as one matrix that is never put together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class SegmentedRows:
    """
    The rows that are left of several (n, d) arrays, one after the other.

    Rows are read when they are asked for; ``rows[5]``, ``rows[5:90]`` and ``rows[array]`` are
    copies. ``rows @ vector`` works segment by segment.
    """

    ndim = 2

    def __init__(self, parts: Sequence[np.ndarray], live: Sequence[np.ndarray | None]) -> None:
        """
        Join segments.

        :param parts: (n, d) each, memory-mapped or not.
        :param live: row numbers that are left of each part, ascending; None: all.
        """
        self._parts, self._live = parts, live
        counts = [
            len(part) if rows is None else len(rows)
            for part, rows in zip(parts, live, strict=True)
        ]
        self._starts = np.cumsum([0, *counts])
        self.shape = (int(self._starts[-1]), parts[0].shape[1])
        self.dtype = parts[0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key) -> np.ndarray:
        wanted = np.arange(len(self))[key]
        if wanted.ndim == 0:
            return self._take(wanted[np.newaxis])[0]
        return self._take(wanted)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def __matmul__(self, other: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [
                part @ other if rows is None else (part @ other)[rows]
                for part, rows in zip(self._parts, self._live, strict=True)
            ]
        )

    def _take(self, wanted: np.ndarray) -> np.ndarray:
        """Return the rows of given numbers."""
        taken = np.empty((len(wanted), self.shape[1]), self.dtype)
        segments = np.searchsorted(self._starts, wanted, side='right') - 1
        for index in np.unique(segments):
            here = segments == index
            rows = wanted[here] - self._starts[index]
            if self._live[index] is not None:
                rows = self._live[index][rows]
            # A run of rows is read at once, which a memory map does best.
            if len(rows) == rows[-1] - rows[0] + 1 and (np.diff(rows) == 1).all():
                rows = slice(int(rows[0]), int(rows[-1]) + 1)
            taken[here] = self._parts[index][rows]
        return taken
