# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Describe all pictures of a library anew, with another model; goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
import hashlib
import json
import os
from pathlib import Path
import shutil
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from visual_navsat.errors import LibraryError
from visual_navsat.service.library import Library
from visual_navsat.service.store.chunks import Chunks
from visual_navsat.service.store.records import ImageRecord
from visual_navsat.service.store.tables import ChunkRow, ImageRow, LibraryRow
from visual_navsat.service.store.writer import next_revision

_DESCRIBED_AT_ONCE = 8
FOLDER = 'reindex'  # of what is done so far, among the descriptors

Describe = Callable[[Sequence[ImageRecord]], np.ndarray]


def reindex_library(
    library: Library,
    identity: Mapping[str, Any],
    dimension: int,
    describe: Describe,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """
    Give every image a descriptor of another model; no service may run on the library meanwhile.

    :param describe: returns the descriptors (n, dimension) of some images.
    :param on_progress: is told how many of how many images are done.
    :return: how many images were described now; others were before it was stopped.
    """
    check_unused(library)
    chunks = _Rebuilt(library.settings.features_path / FOLDER, identity, dimension)
    with library.database.reading() as session:
        rows = session.scalars(select(ImageRow).order_by(ImageRow.chunk, ImageRow.row))
        records = [ImageRecord.of(row) for row in rows]
        capacities = {row.number: row.capacity for row in session.scalars(select(ChunkRow))}
    waiting = [one for one in records if not chunks.holds(one, capacities[one.chunk])]
    done = len(records) - len(waiting)
    for batch in _batches(waiting):
        for record, descriptor in zip(batch, describe(batch), strict=True):
            chunks.chunks.write(record.chunk, record.row, descriptor)
        done += len(batch)
        on_progress(done, len(records))
    check_unused(library)
    _switch(library, chunks, dict(identity))
    shutil.rmtree(chunks.folder.parent)
    return len(waiting)


def check_unused(library: Library) -> None:
    """Raise LibraryError if another process has the library open."""
    if library.pictures.others():
        raise LibraryError('the library is in use: stop the service, then run it again')


class _Rebuilt:
    """The chunks of the new model, with the rows of the old: a code says that its row is done."""

    def __init__(self, parent: Path, identity: Mapping[str, Any], dimension: int) -> None:
        key = hashlib.sha256(json.dumps(dict(identity), sort_keys=True).encode()).hexdigest()[:16]
        self.folder = parent / key
        if parent.is_dir():  # work towards another model is of no use any more
            for other in parent.iterdir():
                if other != self.folder:
                    shutil.rmtree(other)
        self.chunks = Chunks(self.folder, dimension)

    def holds(self, record: ImageRecord, capacity: int) -> bool:
        """Return whether an image is described; its chunk is made if it is not there."""
        if not self.chunks.path(record.chunk).exists():
            self.chunks.create(record.chunk, capacity)
        return self.chunks.has_code(record.chunk, record.row)


def _batches(records: Sequence[ImageRecord]) -> Iterator[Sequence[ImageRecord]]:
    for start in range(0, len(records), _DESCRIBED_AT_ONCE):
        yield records[start:][:_DESCRIBED_AT_ONCE]


def _switch(library: Library, rebuilt: _Rebuilt, identity: dict[str, Any]) -> None:
    """Make the new descriptors those of the library, in one transaction."""
    features = library.settings.features_path
    final = Chunks(features, rebuilt.chunks.dimension)
    with library.database.writing() as session:
        old = session.scalars(select(ChunkRow)).all()
        for row in old:
            _adopt(session, row, rebuilt.chunks, final)
        for row in old:
            session.delete(row)
        stored = session.scalars(select(LibraryRow)).one()
        stored.identity, stored.dimension = identity, rebuilt.chunks.dimension
    for row in old:
        library.chunks.remove(row.number)


def _adopt(session: Session, old: ChunkRow, source: Chunks, final: Chunks) -> None:
    """Put a chunk of the new model under a new number in the place of an old one."""
    images = session.scalars(select(ImageRow).where(ImageRow.chunk == old.number)).all()
    if not images:
        return
    number = (session.scalar(select(func.max(ChunkRow.number))) or 0) + 1
    for path, new in (
        (source.path(old.number), final.path(number)),
        (source.codes_path(old.number), final.codes_path(number)),
    ):
        new.unlink(missing_ok=True)
        os.link(path, new)  # if this is stopped before the commit, the work is still there
    session.add(
        ChunkRow(number=number, capacity=old.capacity, used=old.used, is_retired=old.is_retired)
    )
    session.flush()
    for image in images:
        image.chunk = number
        image.revision = next_revision(session)
    session.flush()
