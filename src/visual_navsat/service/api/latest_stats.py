# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is in the library, as health says it: at once, whatever else the service does."""

from __future__ import annotations

import asyncio
from typing import Any

from anyio import CapacityLimiter, to_thread
from visual_navsat.service.api.schemas import DatabaseStats
from visual_navsat.service.running import Running

_WAIT_S, _FIRST_S = 0.03, 1.0


class LatestStats:
    """
    The statistics of the library, a little old where the database is busy.

    They have a thread of their own, so that no other request is in their way.
    """

    def __init__(self, running: Running) -> None:
        self._running = running
        self._thread = CapacityLimiter(1)
        self._task: asyncio.Task[dict[str, Any]] | None = None
        self._values: dict[str, Any] | None = None

    async def soon(self) -> dict[str, Any] | None:
        """Return the latest that can be had within a moment; None if none could be read yet."""
        self._keep()
        if self._task is None:
            self._task = asyncio.create_task(self._read())
        await asyncio.wait({self._task}, timeout=_FIRST_S if self._values is None else _WAIT_S)
        self._keep()
        return self._values

    def _keep(self) -> None:
        """Take what was read, if it was."""
        task = self._task
        if task is not None and task.done():
            self._task = None
            if not task.cancelled() and task.exception() is None:
                self._values = task.result()

    async def _read(self) -> dict[str, Any]:
        return await to_thread.run_sync(stats_values, self._running, limiter=self._thread)


def stats_values(running: Running) -> dict[str, Any]:
    """Return the statistics of the library under the names that clients know."""
    found = running.library.stats()
    values = {
        name: getattr(found, name) for name in DatabaseStats.model_fields if name != 'device'
    }
    return {**values, 'device': str(running.queue.describer.extractor.device)}
