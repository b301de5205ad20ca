# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What may be removed from the folder of an index: only files of indexes."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from pathlib import Path
import re

from visual_navsat.errors import IndexFolderError
from visual_navsat.index.manifest import is_index_file, MANIFEST
from visual_navsat.index.versions import CURRENT, current_folder, version_folders, VERSION_NAME

BUILDING = '.building'  # the work of a build so far
LOCK = '.build.lock'

_CURRENT_PARTIAL = re.compile(rf'{CURRENT}\.\d+\.partial')
_BUILDING_FILE = re.compile(
    r'(build|progress)\.json|(descriptors|gsds)\.npy|vocabulary\.npz|.*\.partial'
)


def check_replaceable(target: Path) -> None:
    """Raise IndexFolderError if ``target`` exists, and is neither empty nor an index."""
    if not target.exists():
        return
    if not target.is_dir():
        raise IndexFolderError(f'{target} is a file: name a folder for the index')
    names = {path.name for path in target.iterdir()}
    strangers = sorted(_strangers(target))
    if strangers or (names and not names & {CURRENT, MANIFEST, BUILDING, LOCK}):
        raise IndexFolderError(
            f'{target} is no index folder, it holds {(strangers or sorted(names))[0]}: name '
            'another folder for the index, or empty this one'
        )


def remove_leftovers(target: Path) -> None:
    """Remove the versions of an index that do not count, and the rest of killed builds."""
    for path in target.iterdir():
        if _CURRENT_PARTIAL.fullmatch(path.name):
            path.unlink()
    try:
        current = current_folder(target)
    except IndexFolderError:
        return  # it is not known which version counts
    if not current.is_dir():
        return
    for folder in version_folders(target):
        if folder != current:
            _remove_index_files(folder)
            # The folder stays if it holds anything else.
            with contextlib.suppress(OSError):
                folder.rmdir()
    if current != target:
        _remove_index_files(target)  # of format 3


def _remove_index_files(folder: Path) -> None:
    for path in folder.iterdir():
        if is_index_file(path.name):
            path.unlink()


def _strangers(target: Path) -> Iterator[str]:
    """Yield what is in the folder of an index and does not belong to one."""
    for path in target.iterdir():
        is_known = _BUILDING_FILE.fullmatch if path.name == BUILDING else is_index_file
        if path.name == BUILDING or VERSION_NAME.fullmatch(path.name):
            if path.is_dir() and not path.is_symlink():
                yield from (
                    f'{path.name}/{inner.name}'
                    for inner in path.iterdir()
                    if not is_known(inner.name)
                )
            else:
                yield path.name
        elif not (
            path.name in (CURRENT, LOCK)
            or _CURRENT_PARTIAL.fullmatch(path.name)
            or is_index_file(path.name)
        ):
            yield path.name
