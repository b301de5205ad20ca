# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The tiles that a build has described so far, on the disk, so that it can continue."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import hashlib
import json
import logging
from pathlib import Path
import shutil
import time
from typing import Any

import numpy as np
from visual_navsat.files import write_json
from visual_navsat.index.build.growing_npy import GrowingNpy, rows_in

logger = logging.getLogger(__name__)

_RECORD_EVERY_S = 1.0  # the work that a killed build loses; syncing takes time too


class DescribedRows:
    """
    ``descriptors.npy`` and ``gsds.npy`` in a folder, which grow by one row per tile.

    ``build.json`` beside them says which tiles are described and how, ``progress.json`` how many
    rows are surely on the disk.

    :param folder: in that of the index.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.index = folder, folder.parent
        self.descriptors = folder / 'descriptors.npy'
        self.fingerprint = ''  # SHA-256 of all that the descriptors are made from
        self.total = self.count = self.recorded = 0  # tiles: all, described, surely on the disk
        self._gsds = folder / 'gsds.npy'
        self._outputs: list[GrowingNpy] = []
        self._recorded_at = 0.0

    def start(
        self, identity: dict[str, Any], tile_stamps: Sequence[str], dimension: int, batch_size: int
    ) -> int:
        """
        Open the files for appending, and return how many tiles are done already.

        Rows of an earlier build are kept if its identity is the same, up to the first tile that
        differs. They are cut to whole batches, since a backbone's last bits depend on the rest of
        the batch: a resumed build equals one that was never interrupted.

        :param tile_stamps: one text per tile that changes whenever its descriptor would.
        """
        plan = {'identity': identity, 'tiles': list(tile_stamps)}
        self.total = len(tile_stamps)
        self.fingerprint = plan_fingerprint(identity, tile_stamps)
        kept = self._rows_to_keep(plan, dimension)
        self.count = kept if kept == self.total else kept // batch_size * batch_size
        # First, so that no count ever belongs to the other plan.
        self._record_count()
        self._write_json('build.json', plan)
        self._outputs = [
            GrowingNpy(self.descriptors, (self.total, dimension), self.count),
            GrowingNpy(self._gsds, (self.total, 1), self.count),
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
            self._record()

    def read_back(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all (N, d) descriptors, memory-mapped, and (N,) metres per pixel."""
        self._record()
        return np.load(self.descriptors, mmap_mode='r'), np.load(self._gsds)[:, 0]

    def close(self) -> None:
        """Close the files."""
        if self._outputs:
            # On a full disk, the record before this one still holds.
            with contextlib.suppress(OSError):
                self._record()
        for output in self._outputs:
            output.close()
        self._outputs = []

    def discard(self) -> None:
        """Delete the folder and all in it."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _rows_to_keep(self, plan: dict[str, Any], dimension: int) -> int:
        """Return how many rows of an earlier build are the same as those of ``plan``."""
        earlier, progress = self._read_json('build.json'), self._read_json('progress.json')
        if earlier is None or progress is None:
            return 0
        if earlier['identity'] != plan['identity']:
            before = earlier['identity']
            changed = [key for key, value in plan['identity'].items() if before.get(key) != value]
            logger.warning('starting again: %s changed since %s', ', '.join(changed), self.folder)
            return 0
        whole = rows_in(self.descriptors, dimension), rows_in(self._gsds, 1)
        rows = min(int(progress['count']), *whole)
        pairs = zip(earlier['tiles'][:rows], plan['tiles'], strict=False)
        same = next((row for row, (old, new) in enumerate(pairs) if old != new), rows)
        kept = min(same, rows, len(plan['tiles']))
        if kept < rows:
            logger.warning('tile %d changed since %s: continuing there', kept + 1, self.folder)
        return kept

    def _record(self) -> None:
        """Record how many rows are done, once they are on the disk."""
        for output in self._outputs:
            output.sync()
        self._record_count()

    def _record_count(self) -> None:
        self._write_json('progress.json', {'count': self.count})
        self.recorded = self.count
        self._recorded_at = time.monotonic()

    def _write_json(self, name: str, values: dict[str, Any]) -> None:
        write_json(self.folder / name, values, durable=True, indent=None)

    def _read_json(self, name: str) -> dict[str, Any] | None:
        try:
            values: dict[str, Any] = json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError):
            return None
        return values


def plan_fingerprint(identity: dict[str, Any], tile_stamps: Sequence[str]) -> str:
    """Return the SHA-256 of all that descriptors are made from."""
    plan = {'identity': identity, 'tiles': list(tile_stamps)}
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()
