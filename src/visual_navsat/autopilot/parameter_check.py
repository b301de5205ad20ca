# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""An autopilot's parameters as a table: is, should be, why; and written where that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import time

from visual_navsat.autopilot.link import Link
from visual_navsat.autopilot.parameters import read_request, set_request, Wanted
from visual_navsat.autopilot.target import find_target, Target
from visual_navsat.autopilot.transport import Endpoint
from visual_navsat.autopilot.vehicle import Vehicle
from visual_navsat.errors import VisualNavsatError

_ASK_S = 1.0


class ParameterCheck:
    """The parameters of one autopilot, read over a link."""

    def __init__(self, endpoint: str, way: str | None, timeout_s: float = 10.0) -> None:
        """
        Connect and read.

        :param way: into the autopilot; None: the usual one of what is heard.
        :raises VisualNavsatError: if no autopilot answers, or it has no such way.
        """
        self._link, self.vehicle = Link(Endpoint.parse(endpoint)), Vehicle()
        self._timeout_s = timeout_s
        if not self._hear(lambda: bool(self.vehicle.kind)):
            self._link.close()
            reason = self._link.error or 'nothing of an autopilot was heard'
            raise VisualNavsatError(f'{endpoint}: {reason} within {timeout_s:g} s')
        self.target: Target = find_target(self.vehicle.kind, way)
        self._read(list(self.target.wanted), min(timeout_s, 5.0))

    def close(self) -> None:
        """Close the link."""
        self._link.close()

    def wrong(self) -> list[Wanted]:
        """Return what is not as it should be; what this version does not have is not wrong."""
        found = ((wanted, wanted.found(self.vehicle.parameters)) for wanted in self.target.wanted)
        return [wanted for wanted, is_ in found if is_ is not None and not wanted.accepts(is_)]

    def lines(self) -> Iterator[str]:
        """Yield the table."""
        yield f'{self.target.autopilot}, by {self.target.way}'
        yield f'{"":2} {"parameter":18} {"is":>9} {"should be":>11}  why'
        wrong = self.wrong()
        for wanted in self.target.wanted:
            value = wanted.found(self.vehicle.parameters)
            is_ = '-' if value is None else f'{value:g}'
            mark = '!!' if wanted in wrong else ''
            name = wanted.name(self.vehicle.parameters)
            yield f'{mark:2} {name:18} {is_:>9} {wanted.should:>11}  {wanted.why}'
        if not self.target.wanted:
            yield 'no parameter matters here'

    def write(self) -> list[str]:
        """Write what is wrong; return the names of what did not take it."""
        self.put(self.wrong())
        return [wanted.name(self.vehicle.parameters) for wanted in self.wrong()]

    def put(self, values: Sequence[Wanted]) -> bool:
        """Write parameters; return whether the autopilot took them all."""
        parameters = self.vehicle.parameters

        def are_taken() -> bool:
            found = ((wanted, wanted.found(parameters)) for wanted in values)
            return all(is_ is not None and wanted.accepts(is_) for wanted, is_ in found)

        for wanted in values:
            vehicle, value = self.vehicle, wanted.to_write(parameters)
            whose = vehicle.kind, vehicle.target
            self._link.send(set_request(wanted.name(parameters), value, *whose, wanted.is_float))
        self._hear(are_taken, 2.0)
        self._read(list(values), 2.0)
        return are_taken()

    def _read(self, wanted: list[Wanted], timeout_s: float) -> None:
        def is_known() -> bool:
            return all(entry.found(self.vehicle.parameters) is not None for entry in wanted)

        ends_at = time.monotonic() + timeout_s
        while time.monotonic() < ends_at:
            for name in (name for entry in wanted for name in entry.names):
                self._link.send(read_request(name, self.vehicle.target))
            if self._hear(is_known, _ASK_S):
                return

    def _hear(self, condition: Callable[[], bool], timeout_s: float | None = None) -> bool:
        ends_at = time.monotonic() + (self._timeout_s if timeout_s is None else timeout_s)
        while not condition():
            if time.monotonic() > ends_at:
                return False
            for message in self._link.receive(0.05):
                self.vehicle.hear(message, time.time_ns())
        return True
