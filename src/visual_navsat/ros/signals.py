# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Let a signal end this process only after it has stopped what it started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
import signal
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Ended(BaseException):
    """A signal to end arrived; not an Exception, so that nothing takes it for a fault."""


class CleanEnding:
    """
    Within ``with``, a signal to end raises, so that ``finally`` clauses run before it ends us.

    For the main thread. A second signal does not interrupt the clean-up.
    """

    def __init__(self) -> None:
        self._signal: signal.Signals | None = None
        self._is_held = False

    def __enter__(self) -> CleanEnding:
        self._before = {number: signal.signal(number, self._end) for number in _ENDING}
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if isinstance(error, _Ended) and self._signal is not None:
            # As if we had not caught it: whoever sent it sees that it ended us.
            if self._signal is signal.SIGINT:
                raise KeyboardInterrupt
            signal.signal(self._signal, signal.SIG_DFL)
            os.kill(os.getpid(), self._signal)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let a signal wait to the end of a short step, such as starting a process."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._signal is not None:
            raise _Ended

    def _end(self, number: int, _: FrameType | None) -> None:
        for each in _ENDING:
            signal.signal(each, signal.SIG_IGN)
        self._signal = signal.Signals(number)
        if not self._is_held:
            raise _Ended
