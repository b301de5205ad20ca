# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A flight in a thread of its own."""

from __future__ import annotations

import threading
from types import TracebackType

from visual_navsat_sim.fly.flight import Flight
from visual_navsat_sim.fly.pace import Clock

_WAIT_S = 0.02


class FlightThread:
    """Turns a flight until it is over; a context manager."""

    def __init__(self, flight: Flight, pace: Clock) -> None:
        self._flight, self._pace = flight, pace
        self._ending = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._live, name='flight', daemon=True)

    def __enter__(self) -> FlightThread:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()

    def check(self) -> None:
        """Raise what the flight has raised."""
        if self._error is not None:
            raise self._error

    def _live(self) -> None:
        try:
            while not self._ending.is_set():
                self._flight.turn(self._pace.now_ns(), _WAIT_S)
        except Exception as error:
            self._error = error
