"""The hidden folder in which an index grows: locked, resumable, published when it is complete."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import logging
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO
from zipfile import BadZipFile

import numpy as np

from visual_navsat.errors import IndexFolderError
from visual_navsat.files import write_bytes, write_json
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.index.build.growing_npy import GrowingNpy, rows_in
from visual_navsat.index.build.index_writer import finish_index, link, link_segments
from visual_navsat.index.manifest import DESCRIPTORS, GSDS, Manifest, Segment
from visual_navsat.index.build.publish import (
    check_replaceable,
    publish_folder,
    restore_interrupted,
)
from visual_navsat.index.segment import file_names, write_segment_files

logger = logging.getLogger(__name__)

_RECORD_EVERY_S = 1.0  # how much work a killed build loses; waiting for the disk costs time too
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BuildFolder:
    """
    ``.NAME.building`` beside the target ``NAME``; use it as a context manager.

    ``build.json`` in it says what is built of what, ``progress.json`` how many rows of
    ``descriptors.npy`` and ``gsds.npy`` are surely on the disk; a fitted vocabulary may lie there
    too. ``index/`` is the index to be, made when all rows are there.

    :raises IndexFolderError: on entering, if another build of the target runs or the target
        is something else than an index.
    """

    def __init__(self, target: str | os.PathLike) -> None:
        # Resolved: where the target is a link, the folder that it points to is replaced.
        self.target = Path(target).resolve()
        self.path = self.target.with_name(f'.{self.target.name}.building')
        self.count = 0
        self._recorded = 0
        self._total = 0
        self.fingerprint = ''  # SHA-256 of all that the descriptors are made from
        self._index = self.path / 'index'
        self._outputs: list[GrowingNpy] = []
        self._recorded_at = 0.0

    def __enter__(self) -> BuildFolder:
        check_replaceable(self.target)
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self._lock_path = self.target.with_name(f'.{self.target.name}.lock')
        self._lock = _lock(self._lock_path, self.target)
        restore_interrupted(self.target)
        self.path.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_) -> None:
        if self._outputs:
            # Where the disk is full, what was recorded before stands.
            with contextlib.suppress(OSError):
                self._record_progress()
            self._close_outputs()
        self._lock_path.unlink(missing_ok=True)
        self._lock.close()

    def saved_vocabulary(self, key: str) -> np.ndarray | None:
        """Return the vocabulary that was saved for the same ``key``, or None."""
        try:
            with np.load(self.path / 'vocabulary.npz', allow_pickle=False) as saved:
                return saved['vocabulary'] if str(saved['key']) == key else None
        except (OSError, ValueError, KeyError, BadZipFile):
            return None

    def save_vocabulary(self, key: str, vocabulary: np.ndarray) -> None:
        """Keep a fitted vocabulary; ``key`` says what it was fitted on."""
        content = io.BytesIO()
        np.savez(content, key=key, vocabulary=vocabulary)
        write_bytes(self.path / 'vocabulary.npz', content.getvalue(), durable=True)

    def start(
        self, identity: dict[str, Any], tile_stamps: Sequence[str], dimension: int, batch_size: int
    ) -> int:
        """
        Open the descriptors for appending, and return how many tiles are done already.

        What an earlier build left is kept as far as it was made of the same: all of the identity,
        and the first tiles. It is cut to whole batches, since a backbone's last bits depend on
        what else is in the batch: a resumed build equals one that was never interrupted.

        :param tile_stamps: one text per tile that changes whenever its descriptor would.
        """
        stamps = list(tile_stamps)
        plan = {'identity': identity, 'tiles': stamps}
        self._total = len(stamps)
        self.fingerprint = plan_fingerprint(identity, stamps)
        kept = self._rows_to_keep(plan, dimension)
        self.count = kept if kept == self._total else kept // batch_size * batch_size
        # What a build that was killed as it published had put aside or not yet in place.
        shutil.rmtree(self._index, ignore_errors=True)
        # First, so that neither file ever counts rows of the other plan.
        self._record_count()
        self._write_json('build.json', plan)
        self._outputs = [
            GrowingNpy(self.path / DESCRIPTORS, (self._total, dimension), self.count),
            GrowingNpy(self.path / GSDS, (self._total, 1), self.count),
        ]
        return self.count

    def append(self, descriptors: np.ndarray, gsds_m_per_px: Sequence[float]) -> None:
        """
        Add the next tiles.

        :param descriptors: (n, d) float32.
        :param gsds_m_per_px: n, of the tiles as the backbone saw them; NaN if unknown.
        """
        output, gsd_output = self._outputs
        output.append(descriptors)
        gsd_output.append(np.array(gsds_m_per_px)[:, np.newaxis])
        self.count += len(descriptors)
        if time.monotonic() - self._recorded_at >= _RECORD_EVERY_S:
            self._record_progress()

    def read_back(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all (N, d) descriptors, memory-mapped, and (N,) metres per pixel."""
        self._record_progress()
        descriptors = np.load(self.path / DESCRIPTORS, mmap_mode='r')
        return descriptors, np.load(self.path / GSDS)[:, 0]

    def stage(self, base: Path | None = None, kept: Sequence[Segment] = ()) -> dict[str, str]:
        """
        Begin the index to be, with segments of an index that is there.

        :param base: that index, or None.
        :param kept: the segments of it that stay.
        :return: the checksums of their files.
        """
        shutil.rmtree(self.staged, ignore_errors=True)
        self.staged.mkdir()
        return link_segments(base, self.staged, tuple(kept)) if base is not None else {}

    @property
    def staged(self) -> Path:
        """The folder that is to take the target's place."""
        return self._index

    def stage_segment(
        self, key: str, tiles: Sequence[TileMetadata], fields: Sequence[np.ndarray]
    ) -> None:
        """
        Add the tiles that were described to the index to be.

        :param fields: (3, rows, columns) int8, one per patch of the segment.
        """
        _, gsds_m_per_px = self.read_back()
        self._close_outputs()
        write_segment_files(self.staged, key, tiles, gsds_m_per_px, fields)
        link(self.path / DESCRIPTORS, self.staged / file_names(key)[DESCRIPTORS])

    def publish(
        self,
        manifest: Manifest,
        vocabulary: np.ndarray | None = None,
        checksums: dict[str, str] | None = None,
    ) -> None:
        """
        Complete the index to be and put it in its target's place.

        :param vocabulary: (K, D); None: that of the index which it was begun with.
        :param checksums: as :meth:`stage` returned them.
        """
        finish_index(self.staged, manifest, vocabulary, checksums)
        publish_folder(self.staged, self.target)
        shutil.rmtree(self.path)

    def discard(self) -> None:
        """Delete what was built."""
        shutil.rmtree(self.path, ignore_errors=True)

    def explain(self, error: OSError) -> IndexFolderError:
        """Return what to raise for an error of the disk while the folder was written."""
        kept = f'{self._recorded} of {self._total} tiles are kept in {self.path}'
        if error.errno in _DISK_FULL:
            return IndexFolderError(
                f'no space left to build {self.target}: {kept}; free some and run the same again'
            )
        name = error.filename or self.path
        return IndexFolderError(
            f'cannot use {name} ({error.strerror}): {kept}; mend that and run the same again'
        )

    def _rows_to_keep(self, plan: dict[str, Any], dimension: int) -> int:
        """Return how many rows of an earlier build are those that ``plan`` would make."""
        earlier, progress = self._read_json('build.json'), self._read_json('progress.json')
        if earlier is None or progress is None:
            return 0
        if earlier['identity'] != plan['identity']:
            changed = [
                key
                for key, value in plan['identity'].items()
                if earlier['identity'].get(key) != value
            ]
            logger.warning('starting anew: %s changed since %s', ', '.join(changed), self.path)
            return 0
        rows = min(
            progress['count'],
            rows_in(self.path / DESCRIPTORS, dimension),
            rows_in(self.path / GSDS, 1),
        )
        pairs = zip(earlier['tiles'][:rows], plan['tiles'], strict=False)
        same = next((row for row, (old, new) in enumerate(pairs) if old != new), rows)
        kept = min(same, rows, len(plan['tiles']))
        if kept < rows:
            logger.warning('tile %d changed since %s: going on from there', kept + 1, self.path)
        return kept

    def _record_progress(self) -> None:
        """Say how many rows are done, once they surely are."""
        for output in self._outputs:
            output.sync()
        self._record_count()

    def _record_count(self) -> None:
        self._write_json('progress.json', {'count': self.count})
        self._recorded = self.count
        self._recorded_at = time.monotonic()

    def _close_outputs(self) -> None:
        for output in self._outputs:
            output.close()
        self._outputs = []

    def _write_json(self, name: str, values: dict[str, Any]) -> None:
        write_json(self.path / name, values, durable=True, indent=None)

    def _read_json(self, name: str) -> dict[str, Any] | None:
        try:
            return json.loads((self.path / name).read_bytes())
        except (OSError, ValueError):
            return None


def plan_fingerprint(identity: dict[str, Any], tile_stamps: Sequence[str]) -> str:
    """Return the SHA-256 of all that descriptors are made from."""
    plan = {'identity': identity, 'tiles': list(tile_stamps)}
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()


def _lock(path: Path, target: Path) -> TextIO:
    """Return the open lock file, held until it is closed or the process ends."""
    while True:
        file = path.open('w')
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise IndexFolderError(
                f'another build of {target} is running: wait for it to end, or name another folder'
            ) from error
        # The build that held the lock deletes the file as it ends: that one guards nothing.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
        file.close()
