# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The library: pictures with their descriptors, found again by likeness, name, time and place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import contextlib
from datetime import datetime, timezone
import fcntl
import logging
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from sqlalchemy import select
from visual_navsat.errors import ConfigError, LibraryError, ShapeError
from visual_navsat.service.settings import Settings
from visual_navsat.service.store.chunks import Chunks
from visual_navsat.service.store.database import Database
from visual_navsat.service.store.history import History, read_stats
from visual_navsat.service.store.pictures import Pictures, StagedPicture, Staging
from visual_navsat.service.store.queries import read_page
from visual_navsat.service.store.records import (
    Added,
    Filters,
    ImageRecord,
    Page,
    Similar,
    Stats,
    UnknownImageError,
)
from visual_navsat.service.store.searcher import Searcher
from visual_navsat.service.store.sweep import sweep
from visual_navsat.service.store.tables import ImageRow, LibraryRow
from visual_navsat.service.store.writer import Writer

_ALL = Filters()
_log = logging.getLogger(__name__)


class Library:
    """One library on disk; every method may be called from any thread, and waits for the disk."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        pictures: Pictures,
        chunks: Chunks,
        identity: Mapping[str, Any],
    ) -> None:
        """Take the parts; :meth:`open` makes them."""
        self.settings, self.identity = settings, identity
        self.pictures, self.database, self.chunks = pictures, database, chunks
        self.swept: list[str] = []  # what a crash had left, a line each
        self.writer = Writer(database, pictures, chunks, settings.max_images_per_chunk, identity)
        self._searcher = Searcher(database, chunks, identity, settings.exact)
        self._history = History(database)

    @classmethod
    def open(  # noqa: A003
        cls,
        settings: Settings,
        identity: Mapping[str, Any] | None = None,
        dimension: int | None = None,
        is_swept: bool = True,
    ) -> Library:
        """
        Return the library of some settings, made if it is new, swept if it is not.

        :param identity: of the describer; None opens what another has made.
        :param dimension: of its descriptors.
        :param is_swept: finish or remove what a crash left.
        :raises LibraryError: if another model made the library, or it is damaged.
        """
        database = Database(settings.database)
        try:
            with _alone(settings.data_dir):
                database.upgrade()
                stored, stored_dimension = _identify(database, identity, dimension)
                pictures = Pictures(settings.uploads, settings.data_dir)
                chunks = Chunks(settings.features_path, stored_dimension)
                library = cls(settings, database, pictures, chunks, stored)
                if is_swept:
                    library.swept = sweep(database, pictures, chunks)
        except BaseException:
            database.close()
            raise
        for line in library.swept:
            _log.warning('after a crash: %s', line)
        return library

    @property
    def dimension(self) -> int:
        """Numbers of a descriptor."""
        return self.chunks.dimension

    def stage(self, limit: int | None = None) -> Staging:
        """Return an upload to write into; ``limit`` in bytes."""
        return self.pictures.stage(limit)

    def add(
        self,
        staged: StagedPicture,
        descriptor: np.ndarray,
        *,
        filename: str,
        tags: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Added:
        """
        Take a picture in, durably; the same bytes again give the record that is there.

        :param descriptor: (d,) float32, unit norm or zeros.
        :param filename: as the client named it, any text.
        """
        if descriptor.shape != (self.dimension,) or not np.isfinite(descriptor).all():
            raise ShapeError(
                f'the descriptor must be {self.dimension} finite numbers, got {descriptor.shape}'
            )
        try:
            return self.writer.add(staged, descriptor, filename, tags, metadata or {})
        finally:
            staged.discard()

    def get(self, file_id: str) -> ImageRecord:
        """Return a record; raise UnknownImageError if there is none."""
        with self.database.reading() as session:
            row = session.scalar(select(ImageRow).where(ImageRow.file_id == file_id))
            if row is None:
                raise UnknownImageError(file_id)
            return ImageRecord.of(row)

    def by_sha256(self, sha256: str) -> ImageRecord | None:
        """Return the record of a picture with this content, None if there is none."""
        with self.database.reading() as session:
            row = session.scalar(select(ImageRow).where(ImageRow.sha256 == sha256))
            return None if row is None else ImageRecord.of(row)

    def descriptor(self, file_id: str) -> np.ndarray:
        """Return (d,) float32 of an image; raise UnknownImageError if there is none."""
        record = self.get(file_id)
        try:
            descriptor = self.chunks.read(record.chunk, record.row)[0]
        except LibraryError:
            descriptor = None
        again = self.get(file_id)  # gone or moved meanwhile?
        if descriptor is None or (again.chunk, again.row) != (record.chunk, record.row):
            descriptor = self.chunks.read(again.chunk, again.row)[0]
        return descriptor

    def similar(
        self,
        descriptor: np.ndarray,
        top_k: int,
        filters: Filters = _ALL,
        leave_out: str | None = None,
    ) -> list[Similar]:
        """
        Return the images most like a descriptor, best first.

        :param descriptor: (d,).
        :param leave_out: the id of an image that does not count: the query itself.
        """
        return self._searcher.similar(descriptor, top_k, filters, leave_out)

    def search(
        self,
        filters: Filters = _ALL,
        sort: str = '-upload_time',
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page:
        """
        Return a page of the images that filters leave.

        :param sort: upload_time, filename, file_size or taken; a minus for descending order.
        :raises LibraryError: if ``sort`` or ``cursor`` is wrong.
        """
        with self.database.reading() as session:
            return read_page(session, filters, sort, cursor, limit)

    def delete(self, file_id: str) -> ImageRecord:
        """Take an image out and return what it was; raise UnknownImageError if there is none."""
        return self.writer.delete(file_id)

    def note_search(
        self,
        kind: str,
        milliseconds: float,
        found: int,
        top_k: int | None = None,
        query_file_id: str | None = None,
    ) -> None:
        """Remember a search for the statistics; written with others a little later."""
        self._history.note(kind, milliseconds, found, top_k, query_file_id)

    def stats(self) -> Stats:
        """Return what is in the library, and how it was used."""
        self._history.flush()
        with self.database.reading() as session:
            return read_stats(session, self.identity, self.settings.max_images_per_chunk)

    def picture_path(self, record: ImageRecord) -> Path | None:
        """Return the file of a picture; None if it is not on this machine."""
        return self.pictures.store.path(record.picture_name)

    def open_picture(self, record: ImageRecord) -> BinaryIO:
        """Return a picture, to be read and closed; raise LibraryError if it is lost."""
        return self.pictures.store.open(record.picture_name)

    def thumbnail(self, record: ImageRecord) -> bytes:
        """Return a small JPEG of a picture."""
        return self.pictures.thumbnail(record)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is to be written, and let everything go."""
        with contextlib.suppress(LibraryError):
            self._history.flush()
        self.pictures.close()
        self.database.close()


def _identify(
    database: Database, identity: Mapping[str, Any] | None, dimension: int | None
) -> tuple[dict[str, Any], int]:
    """Return what made the library, which is new if nothing did; raise LibraryError if another."""
    with database.writing() as session:
        library = session.scalar(select(LibraryRow))
        if library is not None:
            _compare(library.identity, identity)
            return library.identity, library.dimension
        if identity is None or dimension is None:
            raise LibraryError(f'there is no library in {database.name}: start the service first')
        created = datetime.now(timezone.utc)
        session.add(
            LibraryRow(
                id=1, identity=dict(identity), dimension=dimension, revision=0, created=created
            )
        )
        return dict(identity), dimension


def _compare(stored: Mapping[str, Any], running: Mapping[str, Any] | None) -> None:
    """Raise LibraryError if another describer made the library."""
    for key, value in (running or {}).items():
        if stored.get(key) != value:
            raise LibraryError(
                f'the library was made with {key} {stored.get(key)!r}, this run has {value!r}: '
                'set the model to match, or run visual-navsat service reindex'
            )


@contextlib.contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Let one process at a time open the library."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / '.opening.lock').open('wb')
    except OSError as error:
        raise ConfigError(f'DATA_DIR {data_dir} cannot be used: {error.strerror}') from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
