# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Move what is left of chunks with gaps together, and give their room back to the disk."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from visual_navsat.service.library import Library
from visual_navsat.service.store.tables import ChunkRow, ImageRow
from visual_navsat.service.store.writer import next_revision, vacate

_MOVED_AT_ONCE = 20  # images for which other writers wait


def compact_library(library: Library) -> tuple[int, int]:
    """
    Remove the gaps that deleted images left; the library may be in use.

    Each image is at its old or its new place at any moment, also if this is killed.

    :return: how many images were moved and how many chunks removed.
    """
    with library.database.writing() as session:
        gaps = _with_gaps(session)
        for number in gaps:
            session.get_one(ChunkRow, number).is_retired = True
    moved = sum(_empty(library, number) for number in gaps)
    removed = [number for number in gaps if _drop(library, number)]
    if library.database.is_sqlite:
        with library.database.engine.connect() as connection:
            connection.connection.driver_connection.execute('VACUUM')  # type: ignore[union-attr]
    return moved, len(removed)


def _with_gaps(session: Session) -> list[int]:
    """Return the chunks with rows that were given away and have no image."""
    numbers = select(ImageRow.chunk, func.count()).group_by(ImageRow.chunk)
    counts = {row[0]: row[1] for row in session.execute(numbers)}
    newest = session.scalar(select(func.max(ChunkRow.number)))
    chunks = session.scalars(select(ChunkRow).order_by(ChunkRow.number)).all()
    # The newest stays while it is empty: its number must not be given again.
    return [
        chunk.number
        for chunk in chunks
        if counts.get(chunk.number, 0) < chunk.used
        and (chunk.number != newest or chunk.number in counts)
    ]


def _empty(library: Library, number: int) -> int:
    """Move the images of a chunk to others; return how many."""
    moved = 0
    while True:
        with library.database.writing() as session:
            batch = session.scalars(
                select(ImageRow)
                .where(ImageRow.chunk == number)
                .order_by(ImageRow.row)
                .limit(_MOVED_AT_ONCE)
            ).all()
            for image in batch:
                descriptor = library.chunks.read(number, image.row)[0]
                vacate(session, number, image.row)
                image.chunk, image.row = library.writer.claim(session)
                library.chunks.write(image.chunk, image.row, descriptor)
                image.revision = next_revision(session)
        if not batch:
            return moved
        moved += len(batch)


def _drop(library: Library, number: int) -> bool:
    """Remove an empty chunk; its number stays in use where it is the newest."""
    with library.database.writing() as session:
        newest = session.scalar(select(func.max(ChunkRow.number)))
        if number == newest or session.scalar(select(ImageRow.id).where(ImageRow.chunk == number)):
            return False
        session.delete(session.get_one(ChunkRow, number))
    library.chunks.remove(number)
    return True
