# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The beat of the diagnostics: once a second, whatever the rest of the node is busy with."""

from __future__ import annotations

from collections.abc import Callable
import threading
import traceback

PERIOD_S = 1.0


class DiagnosticsThread:
    """
    Call ``publish()`` once a second, in a thread of its own, until stopped.

    Not a timer of the executor: that stands still while a transition loads the map, and not the
    node's clock: a bag that is paused must not silence the diagnostics.
    """

    def __init__(self, publish: Callable[[], None]) -> None:
        self._publish = publish
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name='diagnostics', daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; nothing is published once this returns."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(PERIOD_S):
            try:
                self._publish()
            # It may meet the shutdown; after a fault the next may fare better.
            except Exception:  # noqa: PERF203 (each turn is guarded by itself)
                if not self._ending.is_set():
                    traceback.print_exc()
