# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Tell a late image from a clock that jumped back, by the stamps alone."""

from __future__ import annotations

from enum import Enum

# Networks reorder messages by milliseconds; a bag that loops or a clock that is set goes further.
RESTART_BACKWARD_NS = 1_000_000_000


class StampVerdict(Enum):
    """What an image's stamp says about it."""

    NEXT = 'next'  # newer than all before
    STALE = 'stale'  # the same image again, or one that was overtaken
    RESTART = 'restart'  # so much older that a new sequence has begun


class StampOrder:
    """Judge each stamp against the last one that was not stale."""

    def __init__(self) -> None:
        self.last_ns: int | None = None

    def clear(self) -> None:
        """Accept any stamp next."""
        self.last_ns = None

    def judge(self, stamp_ns: int) -> StampVerdict:
        """Return the verdict on an image's stamp (nanoseconds), and remember it unless stale."""
        back_ns = -1 if self.last_ns is None else self.last_ns - stamp_ns
        if 0 <= back_ns < RESTART_BACKWARD_NS:
            return StampVerdict.STALE
        self.last_ns = stamp_ns
        return StampVerdict.NEXT if back_ns < 0 else StampVerdict.RESTART
