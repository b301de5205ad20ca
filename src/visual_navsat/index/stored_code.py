# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The code of an index's descriptors: what its name in the manifest stands for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from visual_navsat.errors import IndexFolderError
from visual_navsat.index.arrays import load_array
from visual_navsat.index.manifest import (
    CODE_FILES,
    CODES,
    COMPACT,
    COMPACT_EXACT,
    DESCRIPTORS,
    INT8,
    Manifest,
    PROJECTION,
    REMEDY,
)
from visual_navsat.retrieval.projection import Projection
from visual_navsat.retrieval.tile_code import CompactCode, ExactCode, Int8Code, PER_BYTE


@dataclass(frozen=True)
class StoredCode:
    """How the descriptors of an index are stored."""

    name: str  # see CODE_FILES
    tile: ExactCode

    @classmethod
    def open(cls, folder: Path, manifest: Manifest) -> StoredCode:  # noqa: A003
        """Return the code of a version; raise IndexFolderError if it is damaged."""
        dimension = manifest.dimension
        if manifest.code in (COMPACT, COMPACT_EXACT):
            matrix = load_array(folder / PROJECTION, 'int8', 2)
            if matrix.shape[1] != dimension or not len(matrix) or len(matrix) % PER_BYTE:
                raise IndexFolderError(
                    f'{PROJECTION} of index {folder} has shape {matrix.shape}, its manifest says '
                    f'{dimension} numbers: {REMEDY}'
                )
            return cls(manifest.code, CompactCode(Projection(matrix)))
        code = Int8Code(dimension) if manifest.code == INT8 else ExactCode(dimension)
        return cls(manifest.code, code)

    @property
    def file(self) -> str:
        """Name of the file of a segment that holds its codes, after the key."""
        return CODE_FILES[self.name][0]

    @property
    def keeps_exact(self) -> bool:
        """Whether exact descriptors lie beside the codes."""
        return CODE_FILES[self.name] == (CODES, DESCRIPTORS)

    @property
    def bytes_per_tile(self) -> int:
        """Bytes of a tile on the disk, all that is kept of its descriptor."""
        exact = 4 * self.tile.dimension if self.keeps_exact else 0
        return self.tile.width * self.tile.dtype.itemsize + exact
