# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A clock that may go slower than the one on the wall, for computers that cannot keep up."""

from __future__ import annotations

import time


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
