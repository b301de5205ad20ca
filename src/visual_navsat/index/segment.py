# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One segment of an index on disk: tiles that were added together, and which of them are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from visual_navsat.errors import IndexFolderError, MapError
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.arrays import load_array
from visual_navsat.index.manifest import (
    BLOCKS,
    DESCRIPTORS,
    FIELDS,
    GSDS,
    REMEDY,
    REMOVED,
    Segment,
    TILES,
)
from visual_navsat.index.stored_fields import StoredFields
from visual_navsat.maps.metadata_csv import read_tiles


@dataclass(frozen=True)
class StoredSegment:
    """A segment that was opened; rows are numbered as stored, removed ones included."""

    entry: Segment
    descriptors: np.ndarray  # (rows, d) float32, memory-mapped
    tiles: Sequence[TileMetadata]  # rows
    fields: StoredFields  # of the patches
    live: np.ndarray | None  # row numbers that are left, ascending; None: all
    gsds: np.ndarray  # (rows,) float32, metres per pixel as the backbone saw them; NaN if unknown

    @classmethod
    def open(cls, folder: Path, entry: Segment) -> StoredSegment:  # noqa: A003
        """Return a segment of an index; raise IndexFolderError if it is damaged."""
        try:
            tiles = read_tiles(folder / f'{entry.key}.{TILES}')
        except MapError as error:
            raise IndexFolderError(f'index {folder} is damaged ({error}): {REMEDY}') from error
        return cls(
            entry,
            load_array(folder / f'{entry.key}.{DESCRIPTORS}', 'float32', 2, mapped=True),
            tiles,
            _open_fields(folder, entry),
            live_rows(folder, entry) if entry.removed else None,
            load_array(folder / f'{entry.key}.{GSDS}', 'float32', None).ravel(),
        )

    def check(self, folder: Path, dimension: int) -> None:
        """Raise IndexFolderError unless the files are as large as the manifest says."""
        key, expected = self.entry.key, (self.entry.rows, dimension)
        if self.descriptors.shape != expected:
            raise IndexFolderError(
                f'{key}.{DESCRIPTORS} of index {folder} has shape {self.descriptors.shape}, its '
                f'manifest says {expected}: {REMEDY}'
            )
        if len(self.tiles) != self.entry.rows:
            raise IndexFolderError(
                f'{key}.{TILES} of index {folder} has {len(self.tiles)} tiles, its manifest says '
                f'{self.entry.rows}: {REMEDY}'
            )
        if len(self.gsds) != self.entry.rows:
            raise IndexFolderError(
                f'{key}.{GSDS} of index {folder} has {len(self.gsds)} numbers, its manifest says '
                f'{self.entry.rows}: {REMEDY}'
            )

    @property
    def count(self) -> int:
        """Return the number of tiles that are left."""
        return self.entry.rows - self.entry.removed

    @property
    def live_gsds(self) -> np.ndarray:
        """(n,) metres per pixel of the tiles that are left."""
        return self.gsds if self.live is None else self.gsds[self.live]

    def rows(self, numbers: np.ndarray) -> np.ndarray:
        """Return (n, d) descriptors by their (n,) numbers among those that are left, copied."""
        return np.asarray(self.descriptors[numbers if self.live is None else self.live[numbers]])

    def similarities(self, descriptor: np.ndarray) -> np.ndarray:
        """Return the inner products of all descriptors that are left with one (d,)."""
        products = np.asarray(self.descriptors @ descriptor)
        return products if self.live is None else products[self.live]

    @property
    def live_tiles(self) -> list[TileMetadata]:
        """Return the tiles that are left."""
        rows = range(self.entry.rows) if self.live is None else self.live
        return [self.tiles[row] for row in rows]


def _open_fields(folder: Path, entry: Segment) -> StoredFields:
    content = load_array(folder / f'{entry.key}.{FIELDS}', 'uint8', 1, mapped=True)
    sizes = load_array(folder / f'{entry.key}.{BLOCKS}', 'uint32', 2)
    try:
        return StoredFields.of(content, sizes, [patch.box for patch in entry.patches])
    except ValueError as error:
        raise IndexFolderError(
            f'{entry.key}.{FIELDS} of index {folder} does not fit its areas ({error}): {REMEDY}'
        ) from error


def live_rows(folder: Path, entry: Segment) -> np.ndarray:
    """
    Return the rows of a segment that are left, ascending.

    :raises IndexFolderError: if its list of removed ones is damaged or the manifest differs.
    """
    removed = load_array(folder / f'{entry.key}.{REMOVED}', 'int64', 1)
    is_live = np.ones(entry.rows, bool)
    is_row = (removed >= 0) & (removed < entry.rows)
    if len(np.unique(removed)) != entry.removed or not is_row.all():
        raise IndexFolderError(
            f'{entry.key}.{REMOVED} of index {folder} does not fit its manifest: {REMEDY}'
        )
    is_live[removed] = False
    return np.flatnonzero(is_live)
