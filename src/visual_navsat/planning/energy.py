# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The energy that this machine takes while something is done, where it tells its power."""

from __future__ import annotations

from pathlib import Path
import threading
import time

from visual_navsat.board import BoardMonitor

_PERIOD_S = 0.1


class EnergyMeter:
    """Joules from entering to leaving, over all that the machine does."""

    def __init__(self, root: Path = Path('/')) -> None:
        """:param root: of /proc and /sys."""
        self._board = BoardMonitor(root)
        self.joules: float | None = None  # None if the machine does not tell
        self._last_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> EnergyMeter:
        self._last_s = time.monotonic()
        self._board.read(self._last_s)  # a counter of energy counts from here
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._add()

    def _run(self) -> None:
        while not self._stop.wait(_PERIOD_S):
            self._add()

    def _add(self) -> None:
        """Add what was taken since the last time; power is that of this moment, or since then."""
        now_s = time.monotonic()
        watts = self._board.read(now_s)['power_w']
        if watts is not None:
            self.joules = (self.joules or 0.0) + watts * (now_s - self._last_s)
        self._last_s = now_s
