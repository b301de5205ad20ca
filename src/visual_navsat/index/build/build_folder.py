"""An index that is being built or changed: locked, resumable, and full disks explained."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from visual_navsat.errors import IndexFolderError
from visual_navsat.files import sync
from visual_navsat.index.build.described_rows import DescribedRows
from visual_navsat.index.build.leftovers import (
    BUILDING,
    LOCK,
    check_replaceable,
    remove_leftovers,
)
from visual_navsat.index.build.new_version import NewVersion
from visual_navsat.index.manifest import Manifest

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class BuildFolder:
    """``.building`` in the folder of an index, where a build keeps what it has done."""

    target: Path  # the index
    rows: DescribedRows

    @property
    def path(self) -> Path:
        """The folder itself; it goes when the index is published."""
        return self.rows.folder

    def begin_version(self) -> NewVersion:
        """Return the version that is to be."""
        return NewVersion(self.target)

    def publish(self, version: NewVersion, manifest: Manifest) -> None:
        """Make a version the one that counts, and forget what was built."""
        version.publish(manifest)
        self.discard()

    def discard(self) -> None:
        """Delete what was built."""
        self.rows.close()
        shutil.rmtree(self.path, ignore_errors=True)


@contextlib.contextmanager
def open_build(target: str | os.PathLike[str]) -> Iterator[BuildFolder]:
    """
    Give the build folder of an index, made if there is none.

    :raises IndexFolderError: if another build of the target runs, the target is something else
        than an index, or the disk refuses: what is done is kept then, and the index stays as it
        is.
    """
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
            yield BuildFolder(target, rows)
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
            f'no space left to build {target}: {kept}; free some and run the same again'
        )
    name = error.filename or rows.folder
    return IndexFolderError(
        f'cannot use {name} ({error.strerror}): {kept}; mend that and run the same again'
    )
