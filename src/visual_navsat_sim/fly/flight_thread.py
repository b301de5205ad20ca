# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A flight in a thread of its own."""

from __future__ import annotations

from visual_navsat.lives_within import LivesWithin
from visual_navsat_sim.fly.flight import Flight
from visual_navsat_sim.fly.pace import Clock

_WAIT_S = 0.02


class FlightThread(LivesWithin):
    """Turns a flight until it is over; a context manager."""

    def __init__(self, flight: Flight, pace: Clock) -> None:
        super().__init__('flight')
        self._flight, self._pace = flight, pace
        self._error: Exception | None = None

    def check(self) -> None:
        """Raise what the flight has raised."""
        if self._error is not None:
            raise self._error

    def _live(self) -> None:
        try:
            while not self._has_ended.is_set():
                self._flight.turn(self._pace.now_ns(), _WAIT_S)
        except Exception as error:
            self._error = error
