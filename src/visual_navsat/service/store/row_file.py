# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An .npy file of a fixed number of rows, made whole at once and written row by row in place."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
from visual_navsat.errors import LibraryError
from visual_navsat.files import sync


class RowFile:
    """
    Rows on disk, read and written by place, from any thread.

    Nothing is mapped: what is read from a mapped file counts as memory of the process.

    :param path: an .npy file that :meth:`create` made.
    :raises LibraryError: if it is missing, damaged or of another shape.
    """

    def __init__(self, path: Path, columns: int, dtype: str = '<f4') -> None:
        self.path, self.columns, self.dtype = path, columns, np.dtype(dtype)
        self._row_bytes = columns * self.dtype.itemsize
        try:
            self._descriptor = os.open(path, os.O_RDWR)
        except OSError as error:
            raise LibraryError(f'cannot open {path}: {error.strerror}') from error
        try:
            self.count, self._offset = self._layout()
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path, shape: tuple[int, int], dtype: str = '<f4') -> None:
        """Make a file of zeros, which take no place on the disk, whole or not at all."""
        partial = path.with_name(f'{path.name}.partial')
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open('wb') as file:
            np.lib.format.write_array_header_1_0(
                file, {'descr': dtype, 'fortran_order': False, 'shape': shape}
            )
            file.truncate(file.tell() + shape[0] * shape[1] * np.dtype(dtype).itemsize)
        sync(partial)
        partial.replace(path)
        sync(path.parent)

    def read(self, first: int, count: int = 1, out: np.ndarray | None = None) -> np.ndarray:
        """
        Return (count, columns) rows.

        :param out: an array of that shape to read into.
        """
        rows = np.empty((count, self.columns), self.dtype) if out is None else out
        view = memoryview(rows.data).cast('B')
        place = self._offset + first * self._row_bytes
        done = 0
        while done < len(view):
            got = os.preadv(self._descriptor, [view[done:]], place + done)
            if got == 0:
                raise LibraryError(f'{self.path} ends before row {first + count}: restore it')
            done += got
        return rows

    def write(self, first: int, rows: np.ndarray, is_durable: bool = True) -> None:
        """Write (count, columns) rows; with ``is_durable`` wait for the disk."""
        content = np.ascontiguousarray(rows, self.dtype).data.cast('B')
        place = self._offset + first * self._row_bytes
        done = 0
        while done < len(content):
            done += os.pwrite(self._descriptor, content[done:], place + done)
        if is_durable:
            self.sync()

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

    def _layout(self) -> tuple[int, int]:
        """Return the number of rows, and where they begin."""
        with open(self._descriptor, 'rb', closefd=False) as file:
            try:
                if np.lib.format.read_magic(file) != (1, 0):
                    raise ValueError('another version of .npy')
                shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
                if len(shape) != 2 or shape[1] != self.columns or dtype != self.dtype:
                    raise ValueError(f'it holds {shape} {dtype}, not (n, {self.columns})')
                if is_fortran:
                    raise ValueError('it is stored by columns')
            except ValueError as error:
                raise LibraryError(f'{self.path} is damaged ({error}): restore it') from error
            offset = file.tell()
        size, needed = os.fstat(self._descriptor).st_size, offset + shape[0] * self._row_bytes
        if size != needed:
            raise LibraryError(f'{self.path} must have {needed} bytes, got {size}: restore it')
        return shape[0], offset
