# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Times at which the localizer stands still, as on a computer that has too much to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import signal
from typing import Protocol

from visual_navsat.errors import ConfigError
from visual_navsat.session.records import event_record, Record

_SECOND_NS = 1_000_000_000


class Node(Protocol):
    """What can be paused."""

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""


@dataclass(frozen=True)
class Pause:
    """One of them."""

    start_s: float  # after GNSS was lost
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Pause:
        """
        Return the pause of ``60,5``: 60 s after the loss, for 5 s.

        :raises ConfigError: if it is none.
        """
        try:
            start_s, seconds = map(float, text.split(','))
        except ValueError:
            start_s = seconds = -1.0
        if not (0.0 <= start_s < 1e6 and 0.0 < seconds < 1e6):
            raise ConfigError(f'a pause must be AT,SECONDS such as 60,5, got {text!r}')
        return cls(start_s, seconds)


class Pauses:
    """Stop a node and let it go on, when it is time."""

    def __init__(
        self, pauses: Sequence[Pause], node: Node, record: Callable[[Record], None]
    ) -> None:
        """:param record: is given what happens."""
        self._pauses, self._node, self._record = pauses, node, record
        self._is_paused = False

    def step(self, now_ns: int, lost_ns: int | None) -> None:
        """Do what is due; nothing before GNSS is lost."""
        if lost_ns is None:
            return
        flown_s = (now_ns - lost_ns) / _SECOND_NS
        is_due = any(0.0 <= flown_s - pause.start_s < pause.seconds for pause in self._pauses)
        if is_due != self._is_paused:
            self._turn(is_due)
            words = 'the localizer is paused' if is_due else 'the localizer goes on'
            self._record(event_record(now_ns / _SECOND_NS, words))

    def end(self) -> None:
        """Let the node go on, whatever time it is: one that stands still cannot be stopped."""
        if self._is_paused:
            self._turn(False)

    def _turn(self, is_paused: bool) -> None:
        self._is_paused = is_paused
        self._node.send_signal(signal.SIGSTOP if is_paused else signal.SIGCONT)
