# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""How the bridge goes, as a diagnostic_msgs/DiagnosticStatus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import threading
import time

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from visual_navsat.autopilot.health_facts import State
from visual_navsat.ros.problems import Problems

COUNTERS = ('fixes', 'no_fixes', 'odometry', 'inputs_ignored')
_LEVELS = {
    'ok': DiagnosticStatus.OK,
    'warn': DiagnosticStatus.WARN,
    'error': DiagnosticStatus.ERROR,
}
_STALE_S = 5.0  # a TCP connection that does not come takes two


class BridgeHealth:
    """The newest states of the bridge, counters and what is wrong; for every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters = dict.fromkeys(COUNTERS, 0)
        self._problems = Problems()
        self._states: tuple[State, ...] = ()
        self._numbers: dict[str, str] = {}
        self._looked_at = time.monotonic()

    def count(self, counter: str) -> None:
        """Add one to a counter."""
        with self._lock:
            self._counters[counter] += 1

    def note_problem(self, line: str, source: str) -> None:
        """Keep a line about what is wrong until its source does well again."""
        with self._lock:
            self._problems.note(line, source)

    def recover(self, source: str) -> None:
        """Note that a source does well."""
        with self._lock:
            self._problems.recover(source)

    def note_states(self, states: Sequence[State], numbers: Mapping[str, object]) -> bool:
        """Take all that holds now; return whether it differs in more than its numbers."""
        with self._lock:
            before = [state.name for state in self._states]
            self._states, self._looked_at = tuple(states), time.monotonic()
            self._numbers = {key: str(value) for key, value in numbers.items()}
            return before != [state.name for state in states]

    def status(self, name: str) -> DiagnosticStatus:
        """Return the status of now: its message is the first cause with what to change."""
        with self._lock:
            silent_s = time.monotonic() - self._looked_at
            level, message = _judge(self._states)
            if silent_s > _STALE_S:
                level = DiagnosticStatus.STALE
                message = f'the bridge has said nothing for {silent_s:.0f} s'
            values = {
                'states': ' '.join(dict.fromkeys(state.name for state in self._states)),
                **_told(self._states),
                **self._numbers,
                **{counter: str(count) for counter, count in self._counters.items()},
                'last_problem': self._problems.last,
                'past_problem': self._problems.past,
            }
        status = DiagnosticStatus(level=level, name=name, message=message)
        status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
        return status


def _judge(states: Sequence[State]) -> tuple[bytes, str]:
    if not states:
        return DiagnosticStatus.WARN, 'not looked yet'
    first = next((s for s in states if s.level == 'error'), states[0])
    return max(_LEVELS[state.level] for state in states), f'{first.name}: {first.line}'


def _told(states: Sequence[State]) -> dict[str, str]:
    """Return the words of each state by its name, and what to change."""
    told: dict[str, str] = {}
    for state in states:
        told[state.name] = '; '.join(filter(None, (told.get(state.name), state.line)))
    return told
