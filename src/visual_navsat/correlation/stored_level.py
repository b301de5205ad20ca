# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A level of the map that stays in the index: its pieces are read when a search comes by."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import product
import threading

import numpy as np
import torch
from visual_navsat.correlation.gradient_field import as_float, GradientField
from visual_navsat.correlation.map_field import MapField
from visual_navsat.geometry.pixel_grid import PixelBox, PixelGrid

BYTES_PER_PX = 2  # two numbers; which pixels are valid, no search asks
# Pieces begin where the blocks of most indexes do, and are no smaller.
_PIECE_PX, _LEAST_PIECE_PX = 256, 128

Piece = tuple[int, int]  # row and column among the pieces of a level
ReadBox = Callable[[PixelBox], np.ndarray]  # (3, rows, columns) int8: vectors, 1 where valid


class PieceCache:
    """Pieces of levels, as many as fit; those that were used last are kept. Any thread may ask."""

    def __init__(self, max_bytes: float) -> None:
        """Take the limit; infinite: all pieces are kept."""
        self._max_bytes, self._bytes = max_bytes, 0
        self._pieces: OrderedDict[tuple[object, Piece], torch.Tensor] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def num_bytes(self) -> int:
        """Return what the pieces take."""
        return self._bytes

    def get(self, level: object, piece: Piece) -> torch.Tensor | None:
        """Return a piece of a level, if it is kept."""
        with self._lock:
            found = self._pieces.get((level, piece))
            if found is not None:
                self._pieces.move_to_end((level, piece))
            return found

    def put(self, level: object, piece: Piece, vectors: torch.Tensor) -> None:
        """Keep a piece of a level, at the cost of those that were used longest ago."""
        with self._lock:
            if (level, piece) not in self._pieces:
                self._bytes += vectors.nbytes
            self._pieces[level, piece] = vectors
            while self._bytes > self._max_bytes:
                self._bytes -= self._pieces.popitem(last=False)[1].nbytes


class StoredLevel:
    """
    A map's gradient field at one GSD, in an index: its pieces are decoded when they are needed.

    Several threads may cut at once; what both need may then be read twice.
    """

    def __init__(
        self,
        grid: PixelGrid,
        number: int,
        read: ReadBox,
        cache: PieceCache,
        device: torch.device,
    ) -> None:
        """
        Take what reads the level, and what keeps its pieces.

        :param number: of the level, counted from the finest.
        """
        self.grid, self.device = grid, device
        self._read, self._cache = read, cache
        self._side = max(_PIECE_PX >> number, _LEAST_PIECE_PX)

    @property
    def gsd_m_per_px(self) -> float:
        """Return metres per pixel."""
        return self.grid.gsd_m_per_px

    def part(self, box: PixelBox) -> GradientField:
        """Return the field of a box of its pixels, read for this alone: :meth:`MapLevel.part`."""
        inside = box.intersection(self.grid.box)
        if inside.is_empty:
            nothing = torch.zeros(3, *box.shape, dtype=torch.int8, device=self.device)
            return MapField.of(self.grid.part(box), nothing[:2], nothing[2].bool()).field
        planes = torch.from_numpy(self._read(inside)).to(self.device)
        whole = MapField.of(self.grid.part(inside), planes[:2], planes[2].bool())
        return whole.part(box.moved(-inside.top, -inside.left))

    def cut(self, origins: list[tuple[int, int]], size: tuple[int, int]) -> torch.Tensor:
        """Return (B, 2, h, w) float32 pieces, zeros beyond the edge: :meth:`MapLevel.cut`."""
        boxes = [PixelBox(0, 0, *size).moved(*origin) for origin in origins]
        touched = [self._touched(box) for box in boxes]
        pieces = self._pieces(set().union(*touched))
        blocks = torch.zeros(len(boxes), 2, *size, dtype=torch.int8, device=self.device)
        for block, box, names in zip(blocks, boxes, touched, strict=True):
            for name in names:
                place = self._box(name)
                shared = box.intersection(place)
                rows, columns = shared.moved(-place.top, -place.left).slices
                to_rows, to_columns = shared.moved(-box.top, -box.left).slices
                block[:, to_rows, to_columns] = pieces[name][:, rows, columns]
        return as_float(blocks)

    def _touched(self, box: PixelBox) -> list[Piece]:
        """Return the pieces of the level that touch a box."""
        inside = box.intersection(self.grid.box)
        if inside.is_empty:
            return []
        rows = range(inside.top // self._side, (inside.bottom - 1) // self._side + 1)
        columns = range(inside.left // self._side, (inside.right - 1) // self._side + 1)
        return list(product(rows, columns))

    def _box(self, piece: Piece) -> PixelBox:
        """Return the pixels of a piece, without those beyond the edge."""
        row, column = piece
        whole = PixelBox(0, 0, self._side, self._side)
        return whole.moved(row * self._side, column * self._side).intersection(self.grid.box)

    def _pieces(self, wanted: set[Piece]) -> dict[Piece, torch.Tensor]:
        """Return pieces; those that are not kept are read, neighbours in a row together."""
        pieces: dict[Piece, torch.Tensor] = {}
        missing = []
        for piece in sorted(wanted):
            kept = self._cache.get(self, piece)
            if kept is None:
                missing.append(piece)
            else:
                pieces[piece] = kept
        for run in _runs(missing):
            first, last = self._box(run[0]), self._box(run[-1])
            planes = self._read(PixelBox(first.top, first.left, last.bottom, last.right))
            for piece in run:
                rows, columns = self._box(piece).moved(-first.top, -first.left).slices
                vectors = torch.from_numpy(planes[:2, rows, columns].copy()).to(self.device)
                self._cache.put(self, piece, vectors)
                pieces[piece] = vectors
        return pieces


def _runs(pieces: list[Piece]) -> list[list[Piece]]:
    """Return pieces, sorted by row and column, in runs of neighbours in a row."""
    runs: list[list[Piece]] = []
    for row, column in pieces:
        if runs and runs[-1][-1] == (row, column - 1):
            runs[-1].append((row, column))
        else:
            runs.append([(row, column)])
    return runs
