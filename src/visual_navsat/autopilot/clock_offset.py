# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The autopilot's clock on ours."""

from __future__ import annotations

_RESTART_NS = 5_000_000_000
# What two clocks drift apart: without it the offset would stay at the best of the whole flight.
_LEAK = 1e-4


class ClockOffset:
    """
    Learn how far our clock is ahead of one that counts since boot.

    A message can only be late, so the smallest difference seen is the best.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._seen_ns = 0

    def ours(self, theirs_ns: int, now_ns: int) -> int:
        """Return the time on our clock of a message that arrived now."""
        offset_ns = now_ns - theirs_ns
        if self._offset_ns is not None and abs(offset_ns - self._offset_ns) < _RESTART_NS:
            leaked_ns = self._offset_ns + round(_LEAK * max(now_ns - self._seen_ns, 0))
            offset_ns = min(offset_ns, leaked_ns)
        self._offset_ns, self._seen_ns = offset_ns, now_ns
        return theirs_ns + offset_ns
