# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What nobody expected: one line on the terminal, and the traceback in a file."""

from __future__ import annotations

from datetime import datetime, timezone
import os
from pathlib import Path
import platform
import sys
import tempfile

from visual_navsat import __version__
from visual_navsat.errors import one_line, shortened, traceback_text
from visual_navsat.files import state_folder, write_text

DEBUG = 'VISUAL_NAVSAT_DEBUG'  # set to anything but 0: tracebacks on the terminal
_FILE = 'last_traceback.txt'  # the next one replaces it
_MAX_MESSAGE = 300


def explain_unexpected(error: Exception) -> str:
    """Return one line about an error, and write its traceback into a file that the line names."""
    where = _write(error)
    hint = f'its traceback is in {where}' if where else f'set {DEBUG}=1 for its traceback'
    return f'{_message(error)}; {hint}'


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f'cannot use {error.filename!r}: {error.strerror}'
    if isinstance(error, MemoryError):
        return 'the memory does not suffice: use smaller images or a smaller map'
    return shortened(one_line(error), _MAX_MESSAGE)


def _write(error: Exception) -> Path | None:
    """Return the file with the traceback, in the state folder or else a temporary one."""
    lines = [
        f'visual_navsat {__version__}, Python {platform.python_version()}, {platform.platform()}',
        f'{datetime.now(timezone.utc).isoformat(timespec="seconds")}  {" ".join(sys.argv)!a}',
        traceback_text(error),
    ]
    text = '\n'.join(lines).encode('utf-8', 'backslashreplace').decode()
    for folder in (state_folder, _temporary_folder):
        try:
            path = folder() / _FILE
            write_text(path, text)
        except (OSError, RuntimeError):  # no home, or a full disk
            continue
        return path
    return None


def _temporary_folder() -> Path:
    return Path(tempfile.gettempdir()) / f'visual_navsat-{os.getuid()}'
