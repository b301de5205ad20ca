# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Jobs that take many pictures in, one after the other; they go on after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
import logging
from pathlib import Path
import threading
from typing import Any
import uuid

from sqlalchemy import or_, select, update
from visual_navsat.errors import LibraryError, one_line, traceback_text, VisualNavsatError
from visual_navsat.service.import_sources import (
    Entry,
    MissingSourceError,
    open_source,
    OutsideSourceError,
)
from visual_navsat.service.intake import take_in
from visual_navsat.service.library import Library
from visual_navsat.service.model_queue import ModelQueue
from visual_navsat.service.store.records import Added
from visual_navsat.service.store.tables import ImportRow

WAITING, RUNNING, DONE, FAILED, CANCELLED = 'waiting', 'running', 'done', 'failed', 'cancelled'
ENDED = (DONE, FAILED, CANCELLED)
_STALE = timedelta(seconds=30)  # without a sign of life, a job is another process's to go on with
_LOOK_S = 2.0
_BLOCK_BYTES = 1 << 20
_log = logging.getLogger(__name__)


class UnknownImportError(LibraryError, KeyError):
    """No import has this id."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f'no import has the id {job_id!r:.80}')

    __str__ = Exception.__str__


class Importer:
    """Works on the imports of a library in a thread; several processes share them out."""

    def __init__(self, library: Library, queue: ModelQueue) -> None:
        self._library, self._queue = library, queue
        self._me = uuid.uuid4().hex
        self._wake = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name='imports', daemon=True)

    def start(self) -> None:
        """Begin to work, with what an earlier process left first."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the picture that is under way; the job goes on at the next start."""
        self._is_closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._library.database.writing() as session:
            session.execute(
                update(ImportRow)
                .where(ImportRow.owner == self._me, ImportRow.state == RUNNING)
                .values(owner='', heartbeat=None)
            )

    def add(self, word: str, tags: Sequence[str] = ()) -> ImportRow:
        """
        Add a job.

        :param word: a path relative to IMPORT_DIR.
        :raises SourceError: if it leads out of there, or to nothing that can be taken in.
        """
        source = open_source(self._path(word))
        now = datetime.now(timezone.utc)
        row = ImportRow(
            id=uuid.uuid4().hex,
            kind=source.kind,
            source=word,
            state=WAITING,
            total=len(source),
            created=now,
            updated=now,
            options={'tags': list(tags)},
        )
        with self._library.database.writing() as session:
            session.add(row)
        self._wake.set()
        return self.get(row.id)

    def get(self, job_id: str) -> ImportRow:
        """Return a job; raise UnknownImportError if there is none."""
        with self._library.database.reading() as session:
            row = session.get(ImportRow, job_id)
            if row is None:
                raise UnknownImportError(job_id)
            return row

    def newest(self, limit: int = 100) -> list[ImportRow]:
        """Return the newest jobs."""
        with self._library.database.reading() as session:
            query = select(ImportRow).order_by(ImportRow.created.desc()).limit(limit)
            return list(session.scalars(query))

    def cancel(self, job_id: str) -> ImportRow:
        """Ask a job to stop; what it has taken in stays."""
        self._change(job_id, is_cancelled=True)
        with self._library.database.writing() as session:
            # Nobody works on it yet.
            session.execute(
                update(ImportRow)
                .where(ImportRow.id == job_id, ImportRow.state == WAITING)
                .values(state=CANCELLED)
            )
        return self.get(job_id)

    def _path(self, word: str) -> Path:
        root = self._library.settings.imports_path.resolve()
        if '\0' in word:
            raise MissingSourceError('path must not hold a null character')
        path = (root / word).resolve()
        if not path.is_relative_to(root):
            raise OutsideSourceError(f'path must lie below IMPORT_DIR, got {word!r:.80}')
        return path

    def _change(self, job_id: str, **values: Any) -> ImportRow:
        now = datetime.now(timezone.utc)
        with self._library.database.writing() as session:
            row = session.get(ImportRow, job_id)
            if row is None:
                raise UnknownImportError(job_id)
            for name, value in values.items():
                setattr(row, name, value)
            row.updated = now
            return row

    def _work(self) -> None:
        while not self._is_closing:
            try:
                job = self._claim()
                if job is not None:
                    self._run(job)
                    continue
            except Exception as error:  # such as a database that does not answer
                _log.error('imports: %s', traceback_text(error))
            self._wake.wait(_LOOK_S)
            self._wake.clear()

    def _claim(self) -> ImportRow | None:
        """Return a job that nobody works on, now ours."""
        now = datetime.now(timezone.utc)
        free = or_(
            ImportRow.state == WAITING,
            (ImportRow.state == RUNNING)
            & or_(ImportRow.heartbeat.is_(None), ImportRow.heartbeat < now - _STALE),
        )
        with self._library.database.reading() as session:
            if session.scalar(select(ImportRow.id).where(free).limit(1)) is None:
                return None
        with self._library.database.writing() as session:
            row = session.scalar(
                select(ImportRow).where(free).order_by(ImportRow.created).limit(1)
            )
            if row is not None:
                row.state, row.owner, row.heartbeat = RUNNING, self._me, now
            return row

    def _run(self, job: ImportRow) -> None:
        try:
            source = open_source(self._path(job.source))
            counts = {'added': job.added, 'known': job.known, 'failed': job.failed}
            message = job.message
            for number, entry in enumerate(source.entries(job.done), start=job.done + 1):
                outcome, fault = self._take(entry, job.options.get('tags', ()))
                counts[outcome] += 1
                message = fault or message
                now = datetime.now(timezone.utc)
                row = self._change(
                    job.id,
                    done=number,
                    message=message,
                    heartbeat=now,
                    total=len(source),
                    **counts,
                )
                if row.is_cancelled or self._is_closing:
                    break
            row = self.get(job.id)
            if row.is_cancelled:
                self._change(job.id, state=CANCELLED)
            elif row.done >= len(source):
                self._change(job.id, state=DONE)
        except VisualNavsatError as error:
            self._change(job.id, state=FAILED, message=one_line(error))
        except Exception as error:
            _log.error('import %s: %s', job.id, traceback_text(error))
            self._change(job.id, state=FAILED, message=one_line(error))

    def _take(self, entry: Entry, tags: Sequence[str]) -> tuple[str, str]:
        """Return added, known or failed, and why it failed."""
        try:
            staging = self._library.stage(self._library.settings.max_file_size)
            try:
                with entry.open() as file:
                    while block := file.read(_BLOCK_BYTES):
                        staging.write(block)
            except BaseException:
                staging.discard()
                raise
            added: Added = take_in(
                self._library, self._queue, staging.finish(entry.name), entry.name, tags
            )
        except (VisualNavsatError, OSError, EOFError) as error:
            return 'failed', f'{entry.name}: {one_line(error)}'
        return ('added' if added.is_new else 'known'), ''
