# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An .npy file that grows row by row on the disk, and can be continued later."""

from __future__ import annotations

import io
import os
from pathlib import Path
import shutil

import numpy as np


class GrowingNpy:
    """
    A float32 (N, d) .npy file under construction; complete when N rows were appended.

    :param path: the file; created again if ``kept`` is 0.
    :param shape: (N, d) of the complete file.
    :param kept: rows at its start to keep, at most :func:`rows_in`.
    """

    def __init__(self, path: Path, shape: tuple[int, int], kept: int = 0) -> None:
        header = _header(shape)
        if kept:
            _make_sole(path)
        else:
            path.unlink(missing_ok=True)
        # Unbuffered: close must not try again to write what a full disk refused.
        self._file = path.open('r+b' if kept else 'w+b', buffering=0)
        self._write(header)
        end = len(header) + kept * shape[1] * 4
        self._file.truncate(end)
        self._file.seek(end)

    def append(self, rows: np.ndarray) -> None:
        """Add (n, d) rows; raise OSError if the disk is full."""
        self._write(rows.astype('<f4').tobytes())

    def sync(self) -> None:
        """Wait until all rows are on the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            written = self._file.write(rest)
            rest = rest[written:]


def rows_in(path: Path, dimension: int) -> int:
    """Return how many whole rows of ``dimension`` numbers a file holds; 0 if it is missing."""
    if not path.is_file():
        return 0
    return max(0, path.stat().st_size - len(_header((0, dimension)))) // (4 * dimension)


def _make_sole(path: Path) -> None:
    """Copy a file that a published index shares, so that the index does not change."""
    if path.stat().st_nlink > 1:
        copy = path.with_name(f'{path.name}.partial')
        shutil.copyfile(path, copy)
        copy.replace(path)


def _header(shape: tuple[int, int]) -> bytes:
    """Return the .npy header, which numpy pads: 128 bytes for every shape."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {'descr': '<f4', 'fortran_order': False, 'shape': shape}
    )
    return header.getvalue()
