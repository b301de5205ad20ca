# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The codes of all images in memory: which of them may be the most similar ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from visual_navsat.service.store.codes import BITS, distances


@dataclass(frozen=True)
class Candidates:
    """Images by rising distance of their codes."""

    images: np.ndarray  # (n,) int64 numbers of rows of images
    distances: np.ndarray  # (n,) int32, bits; zeros where all are compared
    chunks: np.ndarray  # (n,) int64
    rows: np.ndarray  # (n,) int64


class _ChunkCodes:
    """The codes of a chunk."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.codes = np.zeros((capacity, BITS // 8), np.uint8)
        self.images = np.zeros(capacity, np.int64)  # 0: no image has this row


class CodeTable:
    """Codes by chunk and row; reading needs no lock, as an image counts once its code is there."""

    def __init__(self) -> None:
        self._chunks: dict[int, _ChunkCodes] = {}

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(chunk.images)) for chunk in list(self._chunks.values()))

    def put(
        self, number: int, capacity: int, rows: np.ndarray, images: np.ndarray, codes: np.ndarray
    ) -> None:
        """Add images (n,) with their codes (n, bytes) in rows (n,) of a chunk."""
        chunk = self._chunks.get(number) or _ChunkCodes(capacity)
        chunk.codes[rows] = codes
        chunk.images[rows] = images
        self._chunks[number] = chunk

    def vacate(self, number: int, row: int) -> None:
        """Take the image of a row out."""
        chunk = self._chunks.get(number)
        if chunk is not None:
            chunk.images[row] = 0
            if not chunk.images.any():
                del self._chunks[number]

    def candidates(
        self,
        code: np.ndarray | None,
        among: Collection[int] | None = None,
        without: int | None = None,
        limit: int | None = None,
    ) -> Candidates:
        """
        Return images by rising distance.

        :param code: of the query; None compares with none, so that the order is that of places.
        :param among: numbers of the images that count; None: all do.
        :param without: an image that does not count.
        :param limit: how many of them; None: all.
        """
        parts = [
            (number, chunk.images, None if code is None else distances(code, chunk.codes))
            for number, chunk in sorted(self._chunks.copy().items())
        ]
        allowed = None if among is None else np.fromiter(among, np.int64, len(among))
        images, bits, numbers, rows = [], [], [], []
        for number, chunk_images, found in parts:
            counts = (chunk_images > 0) & (chunk_images != (without or 0))
            if allowed is not None:
                counts &= np.isin(chunk_images, allowed)
            places = np.flatnonzero(counts)
            images.append(chunk_images[places])
            bits.append(np.zeros(len(places), np.int32) if found is None else found[places])
            numbers.append(np.full(len(places), number))
            rows.append(places)
        if not parts:
            nothing = np.zeros(0, np.int64)
            return Candidates(nothing, nothing, nothing, nothing)
        order = _nearest(np.concatenate(bits), limit)
        joined = (np.concatenate(part)[order] for part in (images, bits, numbers, rows))
        return Candidates(*joined)


def _nearest(bits: np.ndarray, limit: int | None) -> np.ndarray:
    """Return the places of the smallest distances, rising; those alike in their order."""
    if limit is None or limit >= len(bits):
        return np.argsort(bits, kind='stable')
    # All that are as near as the last that counts, so that those alike are in order.
    places = np.flatnonzero(bits <= np.partition(bits, limit)[limit])
    return places[np.argsort(bits[places], kind='stable')][:limit]
