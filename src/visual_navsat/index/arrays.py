# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Read the arrays of an index, each of the type, size and length that its header says."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path

import numpy as np
from visual_navsat.errors import IndexFolderError
from visual_navsat.files import check_input
from visual_navsat.index.manifest import REMEDY

_MAX_HEADER_BYTES = 10_000


class ByteFile:
    """
    The bytes of a one-dimensional uint8 array in a .npy file, read piece by piece.

    It stays readable when the file is replaced or deleted, any thread or child process may read,
    and nothing is mapped: a file that is cut short then fails a read and not the process, and what
    was read once does not count as memory of the process for ever.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; raise IndexFolderError if it is missing, damaged or another array."""
        self._start, self._size = _array_layout(path, 'uint8', 1)
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise IndexFolderError(
                f'{path} cannot be read ({error.strerror}): {REMEDY}'
            ) from error

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> np.ndarray:
        """Return (n,) uint8; raise ValueError if the file does not have them any more."""
        start, stop, _ = part.indices(self._size)
        chunks = []
        while start < stop:
            chunk = os.pread(self._descriptor, stop - start, self._start + start)
            if not chunk:
                raise ValueError(f'{self._path.name} was cut short')
            chunks.append(chunk)
            start += len(chunk)
        return np.frombuffer(b''.join(chunks), np.uint8)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            os.close(self._descriptor)


def load_array(path: Path, dtype: str, dimensions: int | None, mapped: bool = False) -> np.ndarray:
    """
    Return the array in a .npy file; nothing is read or allocated before its size is known.

    :param dtype: that it must have, such as ``float32``.
    :param dimensions: how many it must have; None: any number.
    :param mapped: map the file into memory instead of reading it.
    :raises IndexFolderError: if the file is missing, damaged or another array.
    """
    _array_layout(path, dtype, dimensions)
    where = f'{path.name} of index {path.parent}'
    try:
        array: np.ndarray = np.load(path, mmap_mode='r' if mapped else None, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IndexFolderError(f'{where} is damaged ({error}): {REMEDY}') from error
    return array


def _array_layout(path: Path, dtype: str, dimensions: int | None) -> tuple[int, int]:
    """Return where the numbers of an array begin and their bytes; raise as :func:`load_array`."""
    where = f'{path.name} of index {path.parent}'
    try:
        check_input(path)
        with path.open('rb') as file:
            version = np.lib.format.read_magic(file)
            read_header = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[version]
            shape, _, found = read_header(file, max_header_size=_MAX_HEADER_BYTES)
            start = file.tell()
        size = path.stat().st_size - start
    except OSError as error:
        raise IndexFolderError(f'cannot read {where} ({error.strerror}): {REMEDY}') from error
    except Exception as error:  # damaged headers make numpy raise nearly anything
        raise IndexFolderError(f'{where} is damaged (no array): {REMEDY}') from error
    if found != np.dtype(dtype) or dimensions not in (None, len(shape)):
        raise IndexFolderError(
            f'{where} must hold {dtype} in {dimensions} dimensions, it has {found} of shape '
            f'{shape}: {REMEDY}'
        )
    if math.prod(shape) * found.itemsize != size:
        raise IndexFolderError(
            f'{where} is damaged: it has {size} bytes of an array of shape {shape}; {REMEDY}'
        )
    return start, size
