# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The blocks of a segment's fields, on the disk as they come, and the files of the index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import shutil

import numpy as np
from visual_navsat.index.field_codec import PART_LEVELS


class FieldFiles:
    """
    Encoded blocks, one after another.

    The index has the first parts of all blocks before their second ones: each has a file of its
    own until all are there.

    :param folder: of those files.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / f'fields{part}.partial' for part in range(len(PART_LEVELS))]
        # Unbuffered: close must not try again to write what a full disk refused.
        self._files = [path.open('wb', buffering=0) for path in self._paths]
        self._sizes: list[list[int]] = []

    def add(self, parts: Sequence[bytes]) -> None:
        """Append the parts of the next block, as encode_block returns them."""
        for file, part in zip(self._files, parts, strict=True):
            rest = memoryview(part)
            while rest:
                written = file.write(rest)
                rest = rest[written:]
        self._sizes.append([len(part) for part in parts])

    def write(self, content_path: Path, sizes_path: Path) -> None:
        """Write all blocks as the two .npy files that StoredFields reads."""
        sizes = np.array(self._sizes, np.uint32).reshape(-1, len(PART_LEVELS)).T
        np.save(sizes_path, np.ascontiguousarray(sizes))
        header = {'descr': '|u1', 'fortran_order': False, 'shape': (int(sizes.sum()),)}
        with content_path.open('wb') as content:
            np.lib.format.write_array_header_1_0(content, header)
            for path in self._paths:
                with path.open('rb') as file:
                    shutil.copyfileobj(file, content)

    def close(self) -> None:
        """Close the files, and remove them."""
        for file, path in zip(self._files, self._paths, strict=True):
            file.close()
            path.unlink(missing_ok=True)
