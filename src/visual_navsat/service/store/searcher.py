# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Find the stored images most like a descriptor, in step with what other processes change."""

from __future__ import annotations

from collections.abc import Mapping
import threading
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session
from visual_navsat.errors import LibraryError, ShapeError
from visual_navsat.service.store.chunks import Chunks
from visual_navsat.service.store.code_table import Candidates, CodeTable
from visual_navsat.service.store.database import Database
from visual_navsat.service.store.queries import conditions
from visual_navsat.service.store.records import Filters, ImageRecord, Similar
from visual_navsat.service.store.similarity import MAX_ROWS, Ranker
from visual_navsat.service.store.tables import ImageRow, LibraryRow, RemovalRow
from visual_navsat.service.store.writer import check_identity

_TRIES = 20  # of a search whose results are deleted or moved meanwhile


class Searcher:
    """
    Keeps the codes of all images up to date and ranks by them.

    :param identity: of what makes the descriptors.
    :param is_exact: compare with every image.
    """

    def __init__(
        self,
        database: Database,
        chunks: Chunks,
        identity: Mapping[str, Any],
        is_exact: bool = False,
    ) -> None:
        self._database, self._chunks, self._is_exact = database, chunks, is_exact
        self._identity = identity
        self._table = CodeTable()
        self._ranker = Ranker(chunks)
        self._seen = -1  # revision up to which the table is right
        self._lock = threading.Lock()

    def similar(
        self, descriptor: np.ndarray, top_k: int, filters: Filters, leave_out: str | None
    ) -> list[Similar]:
        """Return the most similar images, best first."""
        query = self._checked(descriptor)
        for _ in range(_TRIES):
            with self._database.reading() as session:
                self.refresh(session)
                among = _among(session, filters)
                without = (
                    None
                    if leave_out is None
                    else session.scalar(select(ImageRow.id).where(ImageRow.file_id == leave_out))
                )
            code = None if self._is_exact else self._chunks.coder.encode(query[np.newaxis])[0]
            limit = None if self._is_exact else MAX_ROWS
            candidates = self._table.candidates(code, among, without, limit)
            try:
                order, cosines = self._ranker.best(query, candidates, top_k, self._is_exact)
            except LibraryError:
                if not self._has_moved(candidates):
                    raise
                continue
            records = self._current(candidates, order)
            if records is not None:
                pairs = zip(records, cosines.tolist(), strict=True)
                return [Similar(record, cosine) for record, cosine in pairs]
        raise LibraryError('the images change faster than they can be searched: ask again')

    def refresh(self, session: Session) -> None:
        """Take in what has changed since the last time."""
        with self._lock:
            revision, stored = session.execute(
                select(LibraryRow.revision, LibraryRow.identity)
            ).one()
            check_identity(stored, self._identity)
            if revision == self._seen:
                return
            rows = session.execute(
                select(ImageRow.chunk, ImageRow.row, ImageRow.id)
                .where(ImageRow.revision > self._seen)
                .order_by(ImageRow.chunk, ImageRow.row)
            ).all()
            self._take_in(np.array([tuple(row) for row in rows], np.int64).reshape(-1, 3))
            vacated = select(RemovalRow.chunk, RemovalRow.row).where(
                RemovalRow.revision > self._seen
            )
            for chunk, row in session.execute(vacated):
                self._table.vacate(chunk, row)
            self._seen = revision

    def _take_in(self, places: np.ndarray) -> None:
        """Add images, (n, 3) chunk, row and number, sorted."""
        numbers, starts = np.unique(places[:, 0], return_index=True)
        for number, part in zip(numbers.tolist(), np.split(places, starts[1:]), strict=False):
            rows = part[:, 1]
            codes = self._chunks.read_codes(number, rows)
            self._table.put(number, self._chunks.capacity(number), rows, part[:, 2], codes)

    def _current(self, candidates: Candidates, order: np.ndarray) -> list[ImageRecord] | None:
        """Return the records of results; None if one is gone or has moved: search again."""
        wanted = candidates.images[order].tolist()
        with self._database.reading() as session:
            rows = session.scalars(select(ImageRow).where(ImageRow.id.in_(wanted)))
            found = {row.id: ImageRecord.of(row) for row in rows}
        is_current = True
        for image, place in zip(wanted, order, strict=True):
            chunk, row = int(candidates.chunks[place]), int(candidates.rows[place])
            if image not in found or (found[image].chunk, found[image].row) != (chunk, row):
                self._table.vacate(chunk, row)
                is_current = False
        return [found[image] for image in wanted] if is_current else None

    def _has_moved(self, candidates: Candidates) -> bool:
        """Return whether chunks were compacted since the candidates were chosen."""
        before = self._seen
        with self._database.reading() as session:
            self.refresh(session)
        return self._seen != before

    def _checked(self, descriptor: np.ndarray) -> np.ndarray:
        """Return a descriptor as a unit vector, or zeros."""
        query = np.asarray(descriptor, np.float32)
        if query.shape != (self._chunks.dimension,) or not np.isfinite(query).all():
            raise ShapeError(
                f'the descriptor must be {self._chunks.dimension} finite numbers, got '
                f'{query.shape}'
            )
        norm = float(np.linalg.norm(query))
        return query / norm if norm > 0 else query


def _among(session: Session, filters: Filters) -> set[int] | None:
    """Return the numbers of the images that filters leave; None for all."""
    if not filters:
        return None
    return set(session.scalars(select(ImageRow.id).where(*conditions(filters))))
