"""Put a finished folder in its place at once: a reader sees the old one or the new, never half."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
from pathlib import Path

from visual_navsat.errors import IndexFolderError
from visual_navsat.files import sync
from visual_navsat.index.manifest import CHECKSUMS, MANIFEST, VOCABULARY

# What indexes of this format and of earlier ones hold.
_NAMES = re.compile(r'(\d+\.)?(descriptors|gsds|fields|removed)\.npy|(\d+\.)?tiles\.csv')

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
# What says that the C library, the kernel or the file system cannot exchange two folders.
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def check_replaceable(target: Path) -> None:
    """Raise IndexFolderError if putting an index at ``target`` would delete something else."""
    if not target.exists():
        return
    if not target.is_dir():
        raise IndexFolderError(f'{target} is a file: name a folder for the index')
    names = sorted(entry.name for entry in target.iterdir())
    known = (MANIFEST, VOCABULARY, CHECKSUMS)
    strangers = [name for name in names if name not in known and not _NAMES.fullmatch(name)]
    if strangers or (names and MANIFEST not in names):
        raise IndexFolderError(
            f'{target} is no index folder, it holds {(strangers or names)[0]}: name another '
            'folder for the index, or empty this one'
        )


def publish_folder(folder: Path, target: Path) -> None:
    """
    Move ``folder`` to ``target``, durably; what was there is deleted after it was replaced.

    :param folder: on the file system of ``target``.
    :raises IndexFolderError: if ``target`` is something else than an index.
    :raises OSError: if the disk refuses; ``target`` is then as it was.
    """
    check_replaceable(target)
    _sync_folder(folder)
    if not target.exists():
        folder.rename(target)
    elif _exchange(folder, target):
        shutil.rmtree(folder)
    else:
        # Between these two renames there is no index: the next best where there is no exchange.
        aside = _aside(target)
        shutil.rmtree(aside, ignore_errors=True)
        target.rename(aside)
        folder.rename(target)
        shutil.rmtree(aside)
    sync(target.parent)


def restore_interrupted(target: Path) -> None:
    """Bring back the index that :func:`publish_folder` had put aside when it was killed."""
    aside = _aside(target)
    if aside.is_dir() and not target.exists():
        aside.rename(target)


def _aside(target: Path) -> Path:
    return target.with_name(f'.{target.name}.old')


def _sync_folder(folder: Path) -> None:
    for path in folder.iterdir():
        sync(path)
    sync(folder)


def _exchange(first: Path, second: Path) -> bool:
    """Swap the names of two folders in one step; return False where that is not possible."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), 'renameat2', None)
    if renameat2 is None:
        return False
    names = os.fsencode(first), os.fsencode(second)
    if renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(second))
