# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""One thread that always works on the newest camera image."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any


class FrameWorker:
    """
    Call ``handle(frame)`` in a thread of its own, for the newest frame only.

    A frame that arrives while another waits takes its place: late answers about old images are
    worth less than a timely one about the newest.
    """

    def __init__(self, handle: Callable[[Any], None]) -> None:
        self._handle = handle
        self._changed = threading.Condition()
        self._waiting: Any = None
        self._stopping = False
        # A daemon: a query that hangs must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name='localizer_worker', daemon=True)
        self._thread.start()

    def submit(self, frame: Any) -> bool:
        """Hand over a frame; return whether it displaced one that was still waiting."""
        with self._changed:
            displaced = self._waiting is not None
            self._waiting = frame
            self._changed.notify()
        return displaced

    def clear(self) -> bool:
        """Forget the frame that waits; return whether there was one."""
        with self._changed:
            was_waiting, self._waiting = self._waiting is not None, None
        return was_waiting

    def stop(self, timeout_s: float | None = None) -> bool:
        """
        End the thread once it has finished the frame that it works on.

        :param timeout_s: seconds to wait for it; None: no limit.
        :return: whether the thread has ended.
        """
        with self._changed:
            self._stopping = True
            self._waiting = None
            self._changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._stopping)
                if self._stopping:
                    return
                frame, self._waiting = self._waiting, None
            self._handle(frame)
            del frame  # with all that it holds, such as the map it is answered on
