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
from visual_navsat.index.arrays import ByteFile, load_array
from visual_navsat.index.manifest import (
    BLOCKS,
    DESCRIPTORS,
    FIELDS,
    GSDS,
    Manifest,
    RAW_FIELDS_FORMAT,
    REMEDY,
    REMOVED,
    Segment,
    TILES,
)
from visual_navsat.index.raw_fields import RawFields
from visual_navsat.index.stored_code import StoredCode
from visual_navsat.index.stored_fields import StoredFields
from visual_navsat.maps.metadata_csv import read_tiles


@dataclass(frozen=True)
class StoredSegment:
    """A segment that was opened; rows are numbered as stored, removed ones included."""

    entry: Segment
    code: StoredCode
    codes: np.ndarray  # (rows, width), memory-mapped
    exact: np.ndarray | None  # (rows, d) float32, memory-mapped, if it is kept beside the codes
    tiles: Sequence[TileMetadata]  # rows
    fields: StoredFields | RawFields  # of the patches
    live: np.ndarray | None  # row numbers that are left, ascending; None: all
    gsds: np.ndarray  # (rows,) float32, metres per pixel as the backbone saw them; NaN if unknown

    @classmethod
    def open(  # noqa: A003
        cls, folder: Path, entry: Segment, manifest: Manifest, code: StoredCode
    ) -> StoredSegment:
        """Return a segment of an index; raise IndexFolderError if it is damaged."""
        exact = None
        if code.keeps_exact:
            exact = load_array(folder / f'{entry.key}.{DESCRIPTORS}', 'float32', 2, mapped=True)
        codes = folder / f'{entry.key}.{code.file}'
        return cls(
            entry,
            code,
            load_array(codes, code.tile.dtype.name, 2, mapped=True),
            exact,
            stored_tiles(folder, entry),
            _open_fields(folder, entry, manifest),
            live_rows(folder, entry) if entry.removed else None,
            load_array(folder / f'{entry.key}.{GSDS}', 'float32', None).ravel(),
        )

    def check(self, folder: Path) -> None:
        """Raise IndexFolderError unless the files are as large as the manifest says."""
        key, tile = self.entry.key, self.code.tile
        for name, array, width in (
            (self.code.file, self.codes, tile.width),
            (DESCRIPTORS, self.exact, tile.dimension),
        ):
            expected = (self.entry.rows, width)
            if array is not None and array.shape != expected:
                raise IndexFolderError(
                    f'{key}.{name} of index {folder} has shape {array.shape}, its manifest says '
                    f'{expected}: {REMEDY}'
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
        """Return (n, k) decoded descriptors by their (n,) numbers among those that are left."""
        return self.code.tile.decode(self.stored(numbers))

    def stored(self, numbers: np.ndarray) -> np.ndarray:
        """Return (n, width) codes by their (n,) numbers among those that are left, copied."""
        return np.asarray(self.codes[self._places(numbers)])

    def exact_rows(self, numbers: np.ndarray) -> np.ndarray:
        """Return (n, d) exact descriptors by their (n,) numbers; there must be some."""
        assert self.exact is not None
        return np.asarray(self.exact[self._places(numbers)])

    def _places(self, numbers: np.ndarray) -> np.ndarray:
        return numbers if self.live is None else self.live[numbers]

    @property
    def live_tiles(self) -> list[TileMetadata]:
        """Return the tiles that are left."""
        rows = range(self.entry.rows) if self.live is None else self.live
        return [self.tiles[row] for row in rows]


def stored_tiles(folder: Path, entry: Segment) -> Sequence[TileMetadata]:
    """Return all tiles of a segment; raise IndexFolderError if its table is damaged."""
    try:
        return read_tiles(folder / f'{entry.key}.{TILES}')
    except MapError as error:
        raise IndexFolderError(f'index {folder} is damaged ({error}): {REMEDY}') from error


def _open_fields(folder: Path, entry: Segment, manifest: Manifest) -> StoredFields | RawFields:
    path, boxes = folder / f'{entry.key}.{FIELDS}', [patch.box for patch in entry.patches]
    try:
        if manifest.format_version == RAW_FIELDS_FORMAT:
            return RawFields.of(load_array(path, 'int8', 1, mapped=True), boxes)
        sizes = load_array(folder / f'{entry.key}.{BLOCKS}', 'uint32', 2)
        return StoredFields.of(ByteFile(path), sizes, boxes)
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
