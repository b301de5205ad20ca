# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The autopilot's clock on ours."""

from __future__ import annotations

_SPAN_NS = 5_000_000_000
_RESTART_NS = 5_000_000_000


class ClockOffset:
    """
    Learn how far our clock is ahead of one that counts since boot.

    A message can only be late, so the smallest difference seen is the best; that of the last five
    to ten seconds, as either clock may be set, or drift.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None  # the smallest of this span, and of the one before
        self._before_ns: int | None = None
        self._began_ns = 0

    def ours(self, theirs_ns: int, now_ns: int) -> int:
        """Return the time on our clock of a message that arrived now."""
        seen_ns = now_ns - theirs_ns
        known_ns = self._smallest()
        if known_ns is None or abs(seen_ns - known_ns) >= _RESTART_NS:
            self._offset_ns, self._before_ns, self._began_ns = seen_ns, None, now_ns
        elif now_ns - self._began_ns >= _SPAN_NS or now_ns < self._began_ns:
            self._offset_ns, self._before_ns, self._began_ns = seen_ns, self._offset_ns, now_ns
        elif self._offset_ns is None or seen_ns < self._offset_ns:
            self._offset_ns = seen_ns
        return theirs_ns + (self._smallest() or 0)

    def _smallest(self) -> int | None:
        known = [ns for ns in (self._offset_ns, self._before_ns) if ns is not None]
        return min(known, default=None)
