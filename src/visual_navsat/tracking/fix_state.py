# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""FIX, DEGRADED or NO_FIX: one word for how localization is doing, which does not flicker."""

from __future__ import annotations

from enum import Enum

# One image proves little either way.
_IN_A_ROW = 2


class FixState(Enum):
    """How localization is doing."""

    FIX = 'FIX'  # images give positions
    DEGRADED = 'DEGRADED'  # some do
    NO_FIX = 'NO_FIX'  # none has for some time


class FixStateMachine:
    """
    Follow what becomes of each image.

    Two fixes in a row make FIX, and two refusals in a row end it; a time without any fix makes
    NO_FIX, also when no image comes at all.
    """

    def __init__(self, no_fix_after_s: float) -> None:
        self._no_fix_after_s = no_fix_after_s
        self._state = FixState.NO_FIX
        self._last_fix_s: float | None = None
        self._run = 0  # fixes in a row if positive, refusals if negative

    def note(self, is_fix: bool, now_s: float) -> None:
        """Take what became of an image; ``now_s`` is of the clock that :meth:`at` asks by."""
        before = self.at(now_s)
        sign = 1 if is_fix else -1
        goes_on = self._run * sign > 0 and before is not FixState.NO_FIX
        self._run = self._run + sign if goes_on else sign
        self._state = before
        if is_fix:
            self._last_fix_s = now_s
            if self._run >= _IN_A_ROW:
                self._state = FixState.FIX
            elif before is FixState.NO_FIX:
                self._state = FixState.DEGRADED
        elif self._run <= -_IN_A_ROW and before is FixState.FIX:
            self._state = FixState.DEGRADED

    def at(self, now_s: float) -> FixState:
        """Return the state at a time; a clock that went back has seen no fix yet."""
        if self._last_fix_s is None or not 0 <= now_s - self._last_fix_s <= self._no_fix_after_s:
            return FixState.NO_FIX
        return self._state
