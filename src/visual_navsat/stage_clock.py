# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How long each stage of an answer takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import time


class StageClock:
    """Milliseconds that each stage of an answer took, and all of them."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.stages: dict[str, float] = {}  # milliseconds, in the order of work

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        started = time.perf_counter()
        yield
        self.stages[name] = 1e3 * (time.perf_counter() - started)

    @property
    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by stage, and ``total`` since the start."""
        return {**self.stages, 'total': 1e3 * (time.perf_counter() - self._started)}
