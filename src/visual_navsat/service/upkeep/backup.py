# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Copy a library while it is in use: the copy is a library of one moment, which opens as it is."""

from __future__ import annotations

import contextlib
from pathlib import Path
import shutil

from sqlalchemy import delete, insert, select
from visual_navsat.errors import LibraryError
from visual_navsat.files import sync, write_folder
from visual_navsat.service.library import Library
from visual_navsat.service.store.database import Database
from visual_navsat.service.store.records import ImageRecord
from visual_navsat.service.store.row_file import RowFile
from visual_navsat.service.store.sweep import known_pictures
from visual_navsat.service.store.tables import Base, ChunkRow, ImageRow

_ROWS_AT_ONCE = 1000
_NUMBERS_AT_ONCE = 1 << 22  # of descriptors: 16 MiB


def back_up(library: Library, target: Path) -> int:
    """
    Copy a library into a new folder, which opens with ``DATA_DIR`` set to it.

    :return: how many images are in it.
    :raises VisualNavsatError: if something is at ``target``, or the library is damaged.
    """
    with write_folder(target) as folder:
        database = Database(f'sqlite:///{folder / "library.db"}')
        try:
            database.upgrade()
            _copy_rows(library.database, database)
            # The rows are of one moment; the files are copied after it, and some may be gone.
            _copy_chunks(library, database, folder / 'features')
            kept = _copy_pictures(library, database, folder / 'uploads')
        finally:
            database.close()
        for name in ('library.db-wal', 'library.db-shm'):
            (folder / name).unlink(missing_ok=True)
    return kept


def _copy_rows(source: Database, target: Database) -> None:
    options = {} if source.is_sqlite else {'isolation_level': 'REPEATABLE READ'}
    with source.reading() as reading, target.writing() as writing:
        connection = reading.connection(execution_options=options)
        for table in Base.metadata.sorted_tables:
            rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table))
            for part in rows.mappings().partitions(_ROWS_AT_ONCE):
                writing.execute(insert(table), [dict(row) for row in part])


def _copy_chunks(library: Library, database: Database, folder: Path) -> None:
    with database.reading() as session:
        chunks = session.scalars(select(ChunkRow)).all()
    block = max(1, _NUMBERS_AT_ONCE // library.dimension)
    for chunk in chunks:
        path = folder / library.chunks.path(chunk.number).name
        RowFile.create(path, (chunk.capacity, library.dimension))
        copy = RowFile(path, library.dimension)
        for first in range(0, chunk.used, block):
            count = min(block, chunk.used - first)
            try:
                rows = library.chunks.read(chunk.number, first, count)
            except LibraryError as error:
                raise LibraryError(
                    f'{error}; if the library is being compacted, back it up afterwards'
                ) from error
            copy.write(first, rows, is_durable=False)
        copy.sync()
        copy.close()


def _copy_pictures(library: Library, database: Database, folder: Path) -> int:
    """Copy pictures; take those that were deleted meanwhile out of the copy."""
    folder.mkdir()
    with database.reading() as session:
        records = [ImageRecord.of(row) for row in session.scalars(select(ImageRow))]
    missing = []
    for record in records:
        target = folder / record.picture_name
        try:
            with library.open_picture(record) as picture, target.open('wb') as copy:
                shutil.copyfileobj(picture, copy, 1 << 20)
        except LibraryError as error:
            missing.append((record, error))
    with library.database.reading() as session:
        now = known_pictures(session)
    for record, reason in missing:
        if record.picture_name in now:
            raise reason
    # A descriptor is cleared after its picture is gone: of these, both may be halves.
    gone = [record for record in records if record.picture_name not in now]
    with database.writing() as session:
        for record in gone:
            session.execute(delete(ImageRow).where(ImageRow.id == record.id))
    for record in gone:
        with contextlib.suppress(FileNotFoundError):
            (folder / record.picture_name).unlink()
    for path in folder.iterdir():
        sync(path)
    return len(records) - len(gone)
