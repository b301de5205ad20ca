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
from visual_navsat.geometry.tile import TileMetadata
from visual_navsat.retrieval.growing_npy import GrowingNpy, rows_in
from visual_navsat.retrieval.publish import (
    check_replaceable,
    publish_folder,
    restore_interrupted,
    write_atomically,
)
from visual_navsat.retrieval.store import DESCRIPTORS, MANIFEST, Manifest, write_index_files

logger = logging.getLogger(__name__)

_RECORD_EVERY_S = 1.0  # how much work a killed build loses; waiting for the disk costs time too
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BuildFolder:
    """
    ``.NAME.building`` beside the target ``NAME``; use it as a context manager.

    ``index/`` in it is the index to be; beside that lie ``build.json`` (what is built of what),
    ``progress.json`` (rows that are surely on the disk), ``gsd.npy`` and a fitted vocabulary.

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
        self._fingerprint = ''
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
        write_atomically(self.path / 'vocabulary.npz', content.getvalue())

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
        self._fingerprint = hashlib.sha256(json.dumps(plan).encode()).hexdigest()
        kept = self._rows_to_keep(plan, dimension)
        self.count = kept if kept == self._total else kept // batch_size * batch_size
        if self.count == 0:
            shutil.rmtree(self._index, ignore_errors=True)
        self._index.mkdir(exist_ok=True)
        # First, so that neither file ever counts rows of the other plan.
        self._record_count()
        self._write_json('build.json', plan)
        self._outputs = [
            GrowingNpy(self._index / DESCRIPTORS, (self._total, dimension), self.count),
            GrowingNpy(self.path / 'gsd.npy', (self._total, 1), self.count),
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
        descriptors = np.load(self._index / DESCRIPTORS, mmap_mode='r')
        return descriptors, np.load(self.path / 'gsd.npy')[:, 0]

    def publish(
        self,
        tiles: Sequence[TileMetadata],
        vocabulary: np.ndarray,
        fields: Sequence[np.ndarray] = (),
        **manifest_fields: Any,
    ) -> None:
        """
        Complete the index and put it in its target's place.

        :param fields: (3, rows, columns) int8, one per area of the manifest.
        """
        self._record_progress()
        self._close_outputs()
        manifest = Manifest(
            count=self._total, build_fingerprint=self._fingerprint, **manifest_fields
        )
        write_index_files(self._index, manifest, tiles, vocabulary, fields)
        publish_folder(self._index, self.target)
        shutil.rmtree(self.path)

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
        if not self._holds_this_build():
            return 0
        rows = min(
            progress['count'],
            rows_in(self._index / DESCRIPTORS, dimension),
            rows_in(self.path / 'gsd.npy', 1),
        )
        pairs = zip(earlier['tiles'][:rows], plan['tiles'], strict=False)
        same = next((row for row, (old, new) in enumerate(pairs) if old != new), rows)
        kept = min(same, rows, len(plan['tiles']))
        if kept < rows:
            logger.warning('tile %d changed since %s: going on from there', kept + 1, self.path)
        return kept

    def _holds_this_build(self) -> bool:
        """
        Return whether ``index/`` is a part or the whole of this very build.

        A build that was killed right after it had published holds the index that was there before.
        """
        path = self._index / MANIFEST
        if not path.exists():
            return True
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return json.loads(path.read_text())['build_fingerprint'] == self._fingerprint
        return False

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
        write_atomically(self.path / name, json.dumps(values).encode())

    def _read_json(self, name: str) -> dict[str, Any] | None:
        try:
            return json.loads((self.path / name).read_bytes())
        except (OSError, ValueError):
            return None


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
