# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Take pictures in and out: picture, descriptor and row together, or none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
import json
from typing import Any
import uuid

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session
from visual_navsat.errors import LibraryError
from visual_navsat.service.store.chunks import Chunks
from visual_navsat.service.store.database import Database
from visual_navsat.service.store.pictures import Pictures, StagedPicture
from visual_navsat.service.store.queries import search_text, tags_json
from visual_navsat.service.store.records import Added, ImageRecord, UnknownImageError
from visual_navsat.service.store.tables import ChunkRow, ImageRow, LibraryRow, RemovalRow


class Writer:
    """
    Changes a library, one change at a time over all processes.

    :param rows_per_chunk: of new chunks.
    :param identity: of what makes the descriptors.
    """

    def __init__(
        self,
        database: Database,
        pictures: Pictures,
        chunks: Chunks,
        rows_per_chunk: int,
        identity: Mapping[str, Any],
    ) -> None:
        self._database, self._pictures, self._chunks = database, pictures, chunks
        self._identity = identity
        self._rows_per_chunk = rows_per_chunk

    def add(
        self,
        staged: StagedPicture,
        descriptor: np.ndarray,
        filename: str,
        tags: Sequence[str],
        metadata: Mapping[str, Any],
    ) -> Added:
        """Take a picture in; the same bytes again are the image that is there."""
        image = _new_row(staged, filename, tags, metadata)
        try:
            with self._database.writing() as session:
                known = session.scalar(select(ImageRow).where(ImageRow.sha256 == staged.sha256))
                if known is not None:
                    return Added(ImageRecord.of(known), is_new=False)
                image.revision = next_revision(session, self._identity)
                image.chunk, image.row = self.claim(session)
                self._chunks.write(image.chunk, image.row, descriptor)
                session.add(image)
                session.flush()
                record = ImageRecord.of(image)
                # Last, so that what fails before leaves none. If the commit itself fails it may
                # have happened all the same: the next sweep finds out.
                self._pictures.store.put(staged.path, record.picture_name)
        except BaseException:
            if image.chunk is not None:  # another process may make this chunk anew
                self._chunks.forget(image.chunk)
            raise
        return Added(record, is_new=True)

    def delete(self, file_id: str) -> ImageRecord:
        """Take a picture out; raise UnknownImageError if there is none."""
        with self._database.writing() as session:
            image = session.scalar(select(ImageRow).where(ImageRow.file_id == file_id))
            if image is None:
                raise UnknownImageError(file_id)
            record = ImageRecord.of(image)
            session.delete(image)
            vacate(session, record.chunk, record.row)
        # The row is gone for good: what a crash leaves of the rest, the next sweep removes.
        self._pictures.remove(record)
        self._chunks.clear(record.chunk, record.row)
        return record

    def claim(self, session: Session) -> tuple[int, int]:
        """Return chunk and row for another descriptor; a row is given away only once."""
        newest = select(ChunkRow).order_by(ChunkRow.number.desc()).limit(1)
        chunk = session.scalar(newest)
        if chunk is None or chunk.used == chunk.capacity or chunk.is_retired:
            number = 0 if chunk is None else chunk.number + 1
            self._chunks.create(number, self._rows_per_chunk)
            chunk = ChunkRow(
                number=number, capacity=self._rows_per_chunk, used=0, is_retired=False
            )
            session.add(chunk)
            session.flush()
        chunk.used += 1
        return chunk.number, chunk.used - 1


def check_identity(stored: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """Raise LibraryError if the library was reindexed since this process opened it."""
    if stored != identity:
        raise LibraryError(
            f'the library is of another model now, {stored.get("model")}: start the service again'
        )


def next_revision(session: Session, identity: Mapping[str, Any] | None = None) -> int:
    """
    Return the number of a change; each is larger than those that were committed before.

    :param identity: what made the descriptor that is added.
    """
    library = session.scalars(select(LibraryRow)).one()
    if identity is not None:
        check_identity(library.identity, identity)
    library.revision += 1
    return library.revision


def vacate(session: Session, chunk: int, row: int) -> None:
    """Tell the other processes that a row of a chunk has no image any more."""
    session.add(
        RemovalRow(
            revision=next_revision(session),
            chunk=chunk,
            row=row,
            removed=datetime.now(timezone.utc),
            is_cleared=False,
        )
    )


def _new_row(
    staged: StagedPicture, filename: str, tags: Sequence[str], metadata: Mapping[str, Any]
) -> ImageRow:
    facts = staged.facts
    return ImageRow(
        file_id=uuid.uuid4().hex,
        sha256=staged.sha256,
        filename=filename,
        search_name=search_text(filename),
        extension=facts.extension,
        file_size=staged.size,
        width=facts.width,
        height=facts.height,
        upload_time=datetime.now(timezone.utc),
        taken=facts.taken,
        latitude=facts.photo.latitude,
        longitude=facts.photo.longitude,
        tags=tags_json(tags),
        metadata_json=json.dumps(metadata, ensure_ascii=False),
    )
