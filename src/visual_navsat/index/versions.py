# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""
The index on disk, format 6: version folders that never change, and one file that names one.

::

    DIR/CURRENT                   "v0007" and a newline: the version that is read
    DIR/v0007/manifest.json       what made it, its segments and its areas: index.manifest
    DIR/v0007/vocabulary.npy      (K, D) float32, the centres of VLAD
    DIR/v0007/terrain.npy         (1 or 2, rows, columns) float32 ground heights and geoid, if any
    DIR/v0007/projection.npy      (k, d) int8, the directions of compact codes, if any
    DIR/v0007/0001.codes.npy      what is kept of N descriptors: retrieval.tile_code
    DIR/v0007/0001.descriptors.npy    (N, d) float32, one unit row per tile, where all is kept
    DIR/v0007/0001.tiles.csv      the N tiles, in the same order
    DIR/v0007/0001.gsds.npy       (N, 1) float32, metres per pixel that the backbone saw; or NaN
    DIR/v0007/0001.fields.npy     uint8: the gradient fields of its patches: index.stored_fields
    DIR/v0007/0001.blocks.npy     (3, blocks) uint32: bytes of each block's parts in it
    DIR/v0007/0001.removed.npy    int64, rows that do not count any more, where there are any
    DIR/v0007/checksums.sha256    SHA-256 of all others

Tiles that were added together are a segment: 0001, 0002 and so on. To check an index::

    cd DIR/$(cat DIR/CURRENT) && sha256sum -c checksums.sha256

A build makes the next version beside the present one, with hard links to the files that stay,
then replaces CURRENT in one step, then removes the version before. So a reader finds the old
index or the new one whatever happens to the build. ``DIR/.building`` holds what a build that was
stopped has done, ``DIR/.build.lock`` keeps two builds apart.

Formats 4 and 5 kept all of each descriptor and are read; the fields of format 4 are not in blocks,
and such an index is not changed. Those of format 3 lie in DIR itself and are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
import errno
import os
from pathlib import Path
import re
import stat

from visual_navsat.errors import IndexFolderError
from visual_navsat.files import read_input
from visual_navsat.index.manifest import REMEDY

CURRENT = 'CURRENT'
VERSION_NAME = re.compile(r'v\d{4,}')


def current_folder(path: Path) -> Path:
    """
    Return the folder that holds the files of an index: the version that counts.

    :param path: the index. Without CURRENT it is one of format 3, or none, and returned itself.
    :raises IndexFolderError: if ``path`` is no folder, or CURRENT is damaged.
    """
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except (OSError, ValueError) as error:
        reason = getattr(error, 'strerror', None) or error
        raise IndexFolderError(
            f'no index at {path} ({reason}): build one with visual-navsat build-map'
        ) from error
    try:
        name = read_input(path / CURRENT).decode('ascii').strip()
    except FileNotFoundError:
        return path
    except (OSError, ValueError) as error:
        raise IndexFolderError(f'cannot read {path / CURRENT} ({error}): {REMEDY}') from error
    if not VERSION_NAME.fullmatch(name):
        raise IndexFolderError(f'{path / CURRENT} is damaged, it names no version: {REMEDY}')
    return path / name


def version_folders(path: Path) -> Iterator[Path]:
    """Yield the versions of an index, whether they count or not."""
    for folder in path.iterdir():
        if VERSION_NAME.fullmatch(folder.name) and folder.is_dir():
            yield folder
