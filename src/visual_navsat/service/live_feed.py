# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is seen of a flight now, for as many browsers as look."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
import threading
from typing import Any

MAX_HISTORY = 6000  # records; half an hour of a flight
MAX_WAITING = 2000  # for a browser that is slow; then it begins anew
_END = None


class LiveFeed:
    """Takes records from any thread, and gives them to the loops of those who look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._history: deque[dict[str, Any]] = deque(maxlen=MAX_HISTORY)
        self._readers: set[_Reader] = set()

    def take(self, record: dict[str, Any]) -> None:
        """Keep a record and pass it on; never waits."""
        with self._lock:
            self._history.append(record)
            readers = list(self._readers)
        for reader in readers:
            reader.offer(record)

    async def records(self) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield what was seen, then what is, as it comes; ends for a reader that is too slow."""
        reader = _Reader(asyncio.get_running_loop())
        with self._lock:
            history = list(self._history)
            self._readers.add(reader)
        try:
            yield history
            while (batch := await reader.next()) is not None:
                yield batch
        finally:
            with self._lock:
                self._readers.discard(reader)


class _Reader:
    """One who looks."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def offer(self, record: dict[str, Any]) -> None:
        """Let a record wait, from any thread."""
        with suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(self._put, record)

    def _put(self, record: dict[str, Any]) -> None:
        if self._queue.qsize() < MAX_WAITING:
            self._queue.put_nowait(record)
        elif self._queue.qsize() == MAX_WAITING:
            self._queue.put_nowait(_END)

    async def next(self) -> list[dict[str, Any]] | None:  # noqa: A003
        """Return all that waits, once something does; None after too much."""
        batch = [await self._queue.get()]
        while not self._queue.empty():
            batch.append(self._queue.get_nowait())
        if _END in batch:
            return None
        return [record for record in batch if record is not None]
