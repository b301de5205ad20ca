# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Let the process keep little memory that it does not use."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Any

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h of glibc
_LARGE_BYTES = 1 << 20


def share_one_arena() -> None:
    """
    Let all threads of this process allocate from one heap; call it before they start.

    By default glibc gives threads heaps of their own, up to eight per core, and each keeps what
    its largest image or map once took: 30 MB more each time that a map was loaded.
    """
    _call('mallopt', _M_ARENA_MAX, 1)


def give_large_blocks_back() -> None:
    """
    Let each block of over 1 MB return to the system once it is free, as of a decoded picture.

    By default glibc keeps blocks of up to 32 MB once it has seen one that large.
    """
    _call('mallopt', _M_MMAP_THRESHOLD, _LARGE_BYTES)


def give_back_memory() -> None:
    """Return free memory to the system, as after a map was unloaded."""
    _call('malloc_trim', 0)


def _call(name: str, *arguments: int) -> Any:
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such function
        return getattr(ctypes.CDLL(None), name)(*arguments)
    return None
