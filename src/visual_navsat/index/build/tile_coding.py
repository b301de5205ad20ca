# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Choose and learn the code of an index, and write what it keeps of descriptors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from visual_navsat.errors import IndexFolderError
from visual_navsat.index.manifest import COMPACT, COMPACT_EXACT, EXACT, INT8
from visual_navsat.index.stored_code import StoredCode
from visual_navsat.retrieval.projection import learn_projection
from visual_navsat.retrieval.tile_code import CompactCode, ExactCode, Int8Code

_LEARNED_FROM = 20_000  # tiles at most, evenly spread: more do not turn the directions
_ROWS_PER_BLOCK = 1024


def make_code(name: str, descriptors: np.ndarray) -> StoredCode:
    """
    Return the code of a new index.

    :param name: ``retrieval.code``.
    :param descriptors: (N, d) float32 of all tiles, memory-mapped; read block by block.
    :raises IndexFolderError: if a compact one cannot be learned from them.
    """
    count, dimension = descriptors.shape
    if name == 'auto':
        name = INT8  # which loses nothing that is measured
    if name in (COMPACT, COMPACT_EXACT):
        stride = -(-count // _LEARNED_FROM)
        projection = learn_projection(lambda: _blocks(descriptors[::stride]), dimension)
        if projection is None:
            raise IndexFolderError(
                f'{count} tiles differ in too few directions for the code {name}: use --code '
                f'{INT8} or {EXACT}'
            )
        return StoredCode(name, CompactCode(projection))
    return StoredCode(name, Int8Code(dimension) if name == INT8 else ExactCode(dimension))


def write_codes(path: Path, code: ExactCode, descriptors: np.ndarray) -> None:
    """Write the codes of (N, d) descriptors, which may be memory-mapped, as an .npy file."""
    with path.open('wb') as file:
        header = {
            'descr': np.lib.format.dtype_to_descr(code.dtype),
            'fortran_order': False,
            'shape': (len(descriptors), code.width),
        }
        np.lib.format.write_array_header_1_0(file, header)
        for block in _blocks(descriptors):
            file.write(code.encode(block).tobytes())


def _blocks(descriptors: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(descriptors), _ROWS_PER_BLOCK):
        yield np.asarray(descriptors[start:][:_ROWS_PER_BLOCK])
