# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Write a session as JSON, one record a line: whatever ends the process, the lines stay."""

from __future__ import annotations

from collections.abc import Callable
import json
import logging
import os
from pathlib import Path
import threading
import time

from visual_navsat import __version__
from visual_navsat.errors import FileWriteError, reason_of
from visual_navsat.files import check_absent
from visual_navsat.session.records import Record, start_record

_LOGGER = logging.getLogger(__name__)
_SYNC_S = 5.0  # what a power cut may take


class SessionWriter:
    """
    A session that is being written; for every thread.

    Unlike all other files it is there from the start, so that a crash leaves what was flown.
    """

    def __init__(self, path: str | Path, clock: Callable[[], float] = time.time) -> None:
        """
        Begin a file.

        :raises VisualNavsatError: if there is something at the path already.
        :raises FileWriteError: if it cannot be written.
        """
        check_absent(path)
        self.path = Path(path)
        self._lock = threading.Lock()
        self._synced_at = time.monotonic()
        self._has_failed = False
        try:
            self._file = self.path.open('xb')
        except OSError as error:
            raise FileWriteError(error.errno, error.strerror, str(path)) from error
        self.add(start_record(clock(), f'visual_navsat {__version__}'))

    def add(self, record: Record) -> None:
        """
        Append a record; once the disk refuses one, that is logged and the rest is left out.

        :raises ValueError: if it holds a NaN.
        """
        line = json.dumps(record, allow_nan=False, separators=(',', ':')) + '\n'
        with self._lock:
            if self._has_failed or self._file.closed:
                return
            try:
                self._file.write(line.encode())
                self._file.flush()
                self._sync()
            except OSError as error:
                self._has_failed = True
                _LOGGER.error('the session %s ends here: %s', self.path, reason_of(error))

    def close(self) -> None:
        """End the file."""
        with self._lock:
            self._file.close()

    def _sync(self) -> None:
        if time.monotonic() - self._synced_at > _SYNC_S:
            self._synced_at = time.monotonic()
            os.fdatasync(self._file.fileno())
