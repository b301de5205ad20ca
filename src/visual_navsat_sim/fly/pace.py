# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A clock that may go slower than the one on the wall, for computers that cannot keep up."""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol

_AHEAD_NS = 100_000_000  # of what was last told, on the autopilot's own clock


class Clock(Protocol):
    """What tells the time of a flight."""

    def now_ns(self) -> int:
        """Return nanoseconds since 1970."""


class Pace:
    """Nanoseconds since 1970 when it was made, from then on at a share of the real speed."""

    def __init__(self, slower: float = 1.0) -> None:
        """:param slower: how many times; 1 is real time."""
        self.slower = slower
        self._start_ns, self._start = time.time_ns(), time.monotonic_ns()

    def now_ns(self) -> int:
        """Return the time of this clock."""
        passed_ns = time.monotonic_ns() - self._start
        return self._start_ns + (
            passed_ns if self.slower == 1.0 else round(passed_ns / self.slower)
        )


class AutopilotPace:
    """
    The clock of an autopilot in simulation, which goes as fast as its computer lets it.

    It counts nanoseconds since 1970 as :class:`Pace`, never goes back, and stands still while
    the autopilot tells nothing.
    """

    def __init__(self, slower: float = 1.0) -> None:
        """:param slower: how many times it is meant to be; between what is told it goes so."""
        self._slower = slower
        self._lock = threading.Lock()
        self._start_ns = self._last_ns = time.time_ns()
        self._first_ms: int | None = None
        self._told_ns, self._told_at = self._start_ns, time.monotonic_ns()

    def hear(self, message: Any) -> None:
        """Take a message of the autopilot; those without the time since its boot are ignored."""
        boot_ms = getattr(message, 'time_boot_ms', None)
        if not boot_ms:
            return
        with self._lock:
            if self._first_ms is None:
                # From where the clock is, which has gone on by the wall's until now.
                passed_ms = (self._now_ns() - self._start_ns) // 1_000_000
                self._first_ms = int(boot_ms) - passed_ms
            told_ns = self._start_ns + 1_000_000 * (int(boot_ms) - self._first_ms)
            if told_ns > self._told_ns:
                self._told_ns, self._told_at = told_ns, time.monotonic_ns()

    def now_ns(self) -> int:
        """Return the time of this clock."""
        with self._lock:
            return self._now_ns()

    def _now_ns(self) -> int:
        passed_ns = round((time.monotonic_ns() - self._told_at) / self._slower)
        if self._first_ms is not None:
            passed_ns = min(passed_ns, _AHEAD_NS)
        self._last_ns = max(self._last_ns, self._told_ns + passed_ns)
        return self._last_ns
