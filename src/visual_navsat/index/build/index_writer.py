"""Write an index folder: new segments beside those of an index that is there, by hard links."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from visual_navsat.files import file_sha256
from visual_navsat.index.manifest import (
    CHECKSUMS,
    MANIFEST,
    REMOVED,
    VOCABULARY,
    Manifest,
    Segment,
)
from visual_navsat.index.segment import file_names
from visual_navsat.index.index_folder import read_checksums


def link_segments(base: Path, folder: Path, segments: tuple[Segment, ...]) -> dict[str, str]:
    """
    Put the files of an index's segments, and its vocabulary, into another folder as well.

    :param base: the index folder, on the same file system.
    :param segments: those that stay.
    :return: the checksums of what was linked.
    """
    checksums = read_checksums(base)
    names = [VOCABULARY, *(name for segment in segments for name in segment.files)]
    for name in names:
        link(base / name, folder / name)
    return {name: checksums[name] for name in names if name in checksums}


def write_removed(folder: Path, key: str, rows: np.ndarray) -> None:
    """Note which rows of a segment are removed, in place of what was noted before."""
    path = folder / file_names(key)[REMOVED]
    path.unlink(missing_ok=True)  # it may be a link: the other index keeps its own
    np.save(path, np.asarray(rows, np.int64))


def finish_index(
    folder: Path,
    manifest: Manifest,
    vocabulary: np.ndarray | None = None,
    checksums: dict[str, str] | None = None,
) -> None:
    """
    Complete a folder that holds the segments: write all other files of an index.

    :param vocabulary: (K, D); None: it is there already.
    :param checksums: of files that are known already, and not read again.
    """
    if vocabulary is not None:
        np.save(folder / VOCABULARY, vocabulary.astype(np.float32))
    (folder / MANIFEST).write_text(manifest.to_json(), encoding='utf-8')
    known = checksums or {}
    lines = [
        f'{known.get(name) or file_sha256(folder / name)}  {name}\n'
        for name in manifest.files
        if name != CHECKSUMS
    ]
    (folder / CHECKSUMS).write_text(''.join(lines), encoding='utf-8')


def link(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system cannot, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
