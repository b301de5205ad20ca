# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An index that is being built or changed: locked, resumable, and full disks explained."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import errno
import fcntl
import os
from pathlib import Path

from visual_navsat.errors import IndexFolderError
from visual_navsat.files import sync
from visual_navsat.index.build.described_rows import DescribedRows
from visual_navsat.index.build.leftovers import BUILDING, check_replaceable, LOCK, remove_leftovers

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def open_build(target: str | os.PathLike[str]) -> Iterator[DescribedRows]:
    """
    Give what a build of an index has described so far, kept in the index's ``.building``.

    The folder of the index is made if there is none.

    :raises IndexFolderError: if another build of the target runs, the target is something other
        than an index, or the disk fails; what is done is kept, and the index does not change.
    """
    if '\0' in str(target):
        raise IndexFolderError(f'{str(target)!r} is no name of a folder: give another')
    # Resolved: where the target is a link, the folder that it points to is changed.
    target = Path(target).resolve()
    rows = DescribedRows(target / BUILDING)
    try:
        check_replaceable(target)
        if not target.exists():
            target.mkdir(parents=True, exist_ok=True)
            sync(target.parent)
        with _locked(target), contextlib.closing(rows):
            remove_leftovers(target)
            rows.folder.mkdir(exist_ok=True)
            yield rows
    except OSError as error:
        raise _explained(error, target, rows) from error


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Keep other builds out until the block, or the process, ends."""
    with (target / LOCK).open('w') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise IndexFolderError(
                f'another build of {target} is running: wait for it to end, or name another folder'
            ) from error
        yield


def _explained(error: OSError, target: Path, rows: DescribedRows) -> IndexFolderError:
    """Return what to raise for an error of the disk."""
    kept = f'{rows.recorded} of {rows.total} tiles are kept in {rows.folder}'
    if error.errno in _DISK_FULL:
        return IndexFolderError(
            f'no space left to build {target}: {kept}; free some and run the same command again'
        )
    name = error.filename or rows.folder
    return IndexFolderError(
        f'cannot use {name} ({error.strerror}): {kept}; fix that and run the same command again'
    )
