# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is wrong now, by where it comes from, and what was wrong last."""

from __future__ import annotations

import time


class Problems:
    """
    Lines about what is wrong: each holds until the same source does well again.

    Safe to use under the lock of its owner.
    """

    def __init__(self) -> None:
        self._current: dict[str, tuple[str, float]] = {}  # line and time by source, newest last
        self._past: tuple[str, float] | None = None

    def note(self, line: str, source: str) -> None:
        """Take a line about what is wrong with a source."""
        self._current.pop(source, None)  # the newest is last
        self._current[source] = line, time.monotonic()

    def recover(self, source: str) -> None:
        """Note that a source does well: its problem, if it had one, is past."""
        self._past = self._current.pop(source, self._past)

    def clear(self) -> None:
        """Forget all, also what is past."""
        self._current, self._past = {}, None

    @property
    def last(self) -> str:
        """Return the newest line that still holds, empty if all is well."""
        return next((line for line, _ in reversed(self._current.values())), '')

    @property
    def past(self) -> str:
        """Return the newest line that holds no longer, with its age; empty if there was none."""
        if self._past is None:
            return ''
        line, at = self._past
        return f'{time.monotonic() - at:.0f} s ago: {line}'
