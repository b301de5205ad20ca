# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Searches that were answered, and what they and the images add up to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
import threading
import time
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session
from visual_navsat.service.store.database import Database
from visual_navsat.service.store.records import Stats
from visual_navsat.service.store.tables import ChunkRow, ImageRow, LibraryRow, SearchRow

_WAITING = 64  # notes that are written together
_WAIT_S = 2.0
_KEPT = 100_000
_RECENT = 1000  # of which the times are told


class History:
    """Notes of searches, written some at a time: a write each would hold up the uploads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._notes: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._written = time.monotonic()

    def note(
        self,
        kind: str,
        milliseconds: float,
        found: int,
        top_k: int | None,
        query_file_id: str | None,
    ) -> None:
        """Remember a search."""
        note = {
            'kind': kind,
            'time': datetime.now(timezone.utc),
            'milliseconds': milliseconds,
            'query_file_id': query_file_id,
            'top_k': top_k,
            'found': found,
        }
        with self._lock:
            self._notes.append(note)
            is_due = len(self._notes) >= _WAITING or time.monotonic() > self._written + _WAIT_S
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Write what was noted."""
        with self._lock:
            notes, self._notes = self._notes, []
            self._written = time.monotonic()
        if not notes:
            return
        with self._database.writing() as session:
            session.execute(insert(SearchRow), notes)
            newest = session.scalar(select(func.max(SearchRow.id))) or 0
            session.execute(delete(SearchRow).where(SearchRow.id <= newest - _KEPT))


def read_stats(session: Session, identity: Mapping[str, Any], rows_per_chunk: int) -> Stats:
    """Return the statistics of a library."""
    a_day_ago = datetime.now(timezone.utc) - timedelta(days=1)
    images, picture_bytes = session.execute(
        select(func.count(), func.coalesce(func.sum(ImageRow.file_size), 0)).select_from(ImageRow)
    ).one()
    dimension = session.scalar(select(LibraryRow.dimension)) or 0
    latest = select(SearchRow.milliseconds).order_by(SearchRow.id.desc()).limit(_RECENT)
    times = np.array(session.scalars(latest).all() or [0.0])
    return Stats(
        total_images=images,
        total_chunks=session.scalar(select(func.count()).select_from(ChunkRow)) or 0,
        total_searches=session.scalar(select(func.max(SearchRow.id))) or 0,
        total_storage_bytes=int(picture_bytes) + images * dimension * 4,
        recent_uploads_24h=session.scalar(
            select(func.count()).select_from(ImageRow).where(ImageRow.upload_time > a_day_ago)
        )
        or 0,
        recent_searches_24h=session.scalar(
            select(func.count()).select_from(SearchRow).where(SearchRow.time > a_day_ago)
        )
        or 0,
        avg_processing_time_ms=float(times.mean()),
        max_processing_time_ms=float(times.max()),
        p50_processing_time_ms=float(np.percentile(times, 50)),
        p95_processing_time_ms=float(np.percentile(times, 95)),
        feature_dimension=dimension,
        max_images_per_chunk=rows_per_chunk,
        identity=identity,
    )
