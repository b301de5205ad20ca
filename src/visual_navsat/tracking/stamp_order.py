"""Tell a late image from a clock that jumped back, by the stamps alone."""

from __future__ import annotations

from enum import Enum

# Networks reorder images by milliseconds; a bag that loops or a clock that is set goes further.
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
        """Take the next stamp whatever it is."""
        self.last_ns = None

    def judge(self, stamp_ns: int) -> StampVerdict:
        """Return the verdict on an image's stamp (nanoseconds), and remember it unless stale."""
        if self.last_ns is None or stamp_ns > self.last_ns:
            verdict = StampVerdict.NEXT
        elif self.last_ns - stamp_ns < RESTART_BACKWARD_NS:
            return StampVerdict.STALE
        else:
            verdict = StampVerdict.RESTART
        self.last_ns = stamp_ns
        return verdict
