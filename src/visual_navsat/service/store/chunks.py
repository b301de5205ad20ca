# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The descriptors on disk, ``chunk_N.npy``, each with its codes beside it."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
import re
import threading

import numpy as np
from visual_navsat.errors import LibraryError
from visual_navsat.service.store.codes import SignCoder
from visual_navsat.service.store.row_file import RowFile

_OPEN_FILES = 256
_NAME = re.compile(r'chunk_(\d{1,9})(\.codes-[0-9a-f]{8})?\.npy(\.partial)?')


class Chunks:
    """
    Files of descriptors; safe from several threads.

    :param folder: of the files.
    :param dimension: d of the descriptors.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self.folder, self.dimension = folder, dimension
        self.coder = SignCoder(dimension)
        self._files: OrderedDict[tuple[int, bool], RowFile] = OrderedDict()
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def create(self, number: int, capacity: int) -> None:
        """Make the files of a chunk."""
        self.forget(number)
        RowFile.create(self.path(number), (capacity, self.dimension))
        self._create_codes(number, capacity)

    def write(self, number: int, row: int, descriptor: np.ndarray) -> None:
        """Write a descriptor (d,), durably, and its code."""
        self.write_rows(number, row, descriptor[np.newaxis])

    def write_rows(self, number: int, first: int, descriptors: np.ndarray) -> None:
        """Write descriptors (n, d), durably, and their codes."""
        codes = self.coder.encode(descriptors)
        self._file(number).write(first, descriptors)
        # Not waited for: a code that a power failure took is made again.
        self._codes_file(number).write(first, self.coder.stored(codes), is_durable=False)

    def clear(self, number: int, row: int) -> None:
        """Overwrite a descriptor and its code with zeros."""
        self._file(number).write(row, np.zeros((1, self.dimension), np.float32))
        codes = self._codes_file(number)
        codes.write(row, np.zeros((1, self.coder.row_bytes), np.uint8), is_durable=False)

    def read(
        self, number: int, first: int, count: int = 1, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Return (count, d) descriptors, in ``out`` if given."""
        return self._file(number).read(first, count, out)

    def read_codes(self, number: int, rows: np.ndarray) -> np.ndarray:
        """
        Return the codes (n, bytes) of some rows; what is missing is made from the descriptors.

        :param rows: (n,) ascending.
        """
        file = self._codes_file(number)
        if 4 * len(rows) > file.count:
            stored = file.read(0, file.count)[rows]
        else:
            stored = np.concatenate([file.read(int(row)) for row in rows])
        codes, is_whole = self.coder.loaded(stored)
        for place in np.flatnonzero(~is_whole):
            codes[place] = self.coder.encode(self.read(number, int(rows[place])))
            whole = self.coder.stored(codes[place][np.newaxis])
            file.write(int(rows[place]), whole, is_durable=False)
        return codes

    def has_code(self, number: int, row: int) -> bool:
        """Return whether a descriptor was written, and its code after it."""
        _, is_whole = self.coder.loaded(self._codes_file(number).read(row))
        return bool(is_whole[0])

    def remove(self, number: int) -> None:
        """Remove the files of a chunk."""
        self.forget(number)
        for path in (self.codes_path(number), self.path(number)):
            path.unlink(missing_ok=True)

    def forget(self, number: int) -> None:
        """Let the files of a chunk go, which another process may have replaced."""
        with self._lock:
            for key in ((number, False), (number, True)):
                self._files.pop(key, None)

    def path(self, number: int) -> Path:
        """Return the file of a chunk's descriptors."""
        return self.folder / f'chunk_{number}.npy'

    def codes_path(self, number: int) -> Path:
        """Return the file of a chunk's codes."""
        return self.folder / f'chunk_{number}.codes-{self.coder.key}.npy'

    def strays(self, known: set[int]) -> list[Path]:
        """Return files of chunks that are not known, codes of other kinds, and halves."""
        ours = {self.path(n) for n in known} | {self.codes_path(n) for n in known}
        found = (path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))
        return sorted(path for path in found if path not in ours)

    def capacity(self, number: int) -> int:
        """Return how many rows a chunk has."""
        return self._file(number).count

    def _file(self, number: int) -> RowFile:
        with self._lock:
            return self._opened((number, False))

    def _codes_file(self, number: int) -> RowFile:
        count = self.capacity(number)
        with self._lock:
            try:
                file = self._opened((number, True))
                if file.count == count:
                    return file
            except LibraryError:
                pass
            # Lost or damaged: made anew, to be filled by who reads it.
            self._files.pop((number, True), None)
            self._create_codes(number, count)
            return self._opened((number, True))

    def _create_codes(self, number: int, capacity: int) -> None:
        RowFile.create(self.codes_path(number), (capacity, self.coder.row_bytes), '|u1')

    def _opened(self, key: tuple[int, bool]) -> RowFile:
        """Return an open file; one that is not kept is closed when its last reader is done."""
        file = self._files.get(key)
        if file is None:
            number, is_codes = key
            file = self._files[key] = (
                RowFile(self.codes_path(number), self.coder.row_bytes, '|u1')
                if is_codes
                else RowFile(self.path(number), self.dimension)
            )
        self._files.move_to_end(key)
        while len(self._files) > _OPEN_FILES:
            self._files.popitem(last=False)
        return file
