# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Finish or remove at start what a crash left, and say so."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
import re
import shutil

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from visual_navsat.service.store.chunks import Chunks
from visual_navsat.service.store.database import Database
from visual_navsat.service.store.pictures import Pictures
from visual_navsat.service.store.tables import ChunkRow, ImageRow, RemovalRow

_REMEMBERED = timedelta(days=1)  # removals: who missed one finds out by itself
_OURS = re.compile(r'[0-9a-f]{32}\.[a-z0-9]{2,4}(\.partial)?')


def sweep(database: Database, pictures: Pictures, chunks: Chunks) -> list[str]:
    """
    Remove pictures, thumbnails and files of descriptors without a row, and finish deletions.

    :return: what was done, a line each.
    """
    abandoned = pictures.abandoned()
    for folder in abandoned:
        shutil.rmtree(folder, ignore_errors=True)
    # As long as we write, nobody else is between a picture and its row.
    with database.writing() as session:
        strays = _strays(session, pictures, chunks)
        cleared = _finish_removals(session, chunks)
    lines = (
        (len(abandoned), 'folders of interrupted uploads removed'),
        (strays['pictures'], 'pictures without a record removed'),
        (strays['thumbnails'], 'thumbnails without a record removed'),
        (strays['chunks'], 'files of descriptors without a record removed'),
        (cleared, 'descriptors of deleted images cleared'),
    )
    return [f'{count} {what}' for count, what in lines if count]


def known_pictures(session: Session) -> set[str]:
    """Return the names of the pictures that there should be."""
    return {
        f'{file_id}.{extension}'
        for file_id, extension in session.execute(select(ImageRow.file_id, ImageRow.extension))
    }


def _strays(session: Session, pictures: Pictures, chunks: Chunks) -> dict[str, int]:
    """Remove files without a row; return how many of each kind."""
    known = known_pictures(session)
    # Other files in the folder are not ours.
    names = [
        name for name in pictures.store.names() if name not in known and _OURS.fullmatch(name)
    ]
    for name in names:
        pictures.store.remove(name)
    ids = {name.partition('.')[0] for name in known}
    thumbnails = [path for path in pictures.kept_thumbnails() if path.stem not in ids]
    files = chunks.strays(set(session.scalars(select(ChunkRow.number))))
    for path in (*thumbnails, *files):
        path.unlink(missing_ok=True)
    return {'pictures': len(names), 'thumbnails': len(thumbnails), 'chunks': len(files)}


def _finish_removals(session: Session, chunks: Chunks) -> int:
    """Clear the descriptors of deleted images again, as a crash may have come between."""
    kept = set(session.scalars(select(ChunkRow.number)))
    waiting = session.scalars(select(RemovalRow).where(RemovalRow.is_cleared.is_(False))).all()
    cleared = 0
    for removal in waiting:
        if removal.chunk in kept and chunks.read(removal.chunk, removal.row).any():
            chunks.clear(removal.chunk, removal.row)
            cleared += 1
    session.execute(update(RemovalRow).values(is_cleared=True))
    old = datetime.now(timezone.utc) - _REMEMBERED
    session.execute(delete(RemovalRow).where(RemovalRow.removed < old))
    return cleared
