# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The localizer under fire, and what is done to it beside the messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGSTOP
import time
from typing import Any

from bench.fire.gunner import Gunner
from bench.fire.watch import Vitals
from lifecycle_msgs.msg import Transition
from visual_navsat.ros.node_process import LocalizerProcess

_DOWN = Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP
_UP = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE
_PAUSE_S = 0.3
_READY_S = 60.0


@dataclass
class Target:
    """A running localizer and the node that fires at it."""

    process: LocalizerProcess
    gunner: Gunner
    index: Path
    transport: str = 'raw'

    def use_transport(self, transport: str) -> None:
        """Take it down and up again, with images of this transport."""
        self._change(*_DOWN)
        wait = self.gunner.wait_for
        if not self.gunner.caller.set_parameter('node.image_transport', transport, wait):
            raise RuntimeError('node.image_transport cannot be set')
        self.transport = transport
        self._change(*_UP)
        self._wait_until_heard()

    def circles(self, count: int) -> dict[str, Any]:
        """Go through the whole lifecycle, with an image in each tenth circle."""
        before, seconds, answered = Vitals.of(self.process.pid), [], 0
        for number in range(count):
            started = time.monotonic()
            self._change(*_DOWN)
            seconds.append(time.monotonic() - started)
            self._change(*_UP)
            self._wait_until_heard()
            if number % 10 == 0:
                answered += self.gunner.answer_one(self.transport)
        return {
            'count': count,
            'unanswered': len(range(0, count, 10)) - answered,
            'down_seconds_most': round(max(seconds), 3),
            **_growth(before, Vitals.of(self.process.pid)),
        }

    def pauses(self, count: int) -> dict[str, Any]:
        """Stop the process in the middle of its work, and let it go on."""
        before, answered = Vitals.of(self.process.pid), 0
        for _ in range(count):
            self.process.send_signal(SIGSTOP)
            self.gunner.rest(_PAUSE_S)
            self.process.send_signal(SIGCONT)
            answered += self.gunner.answer_one(self.transport)
        after = Vitals.of(self.process.pid)
        return {'count': count, 'unanswered': count - answered, **_growth(before, after)}

    def without_map(self) -> dict[str, bool]:
        """Delete the map's folder and bring it back: under a running node, and before a load."""
        away = self.index.with_name('away')
        self.index.rename(away)
        answered = self.gunner.answer_one(self.transport)
        self._change(*_DOWN)
        refused = not self._changed(Transition.TRANSITION_CONFIGURE)
        explained = str(self.index) in self.gunner.diagnosis()['last_problem']
        away.rename(self.index)
        self._change(*_UP)
        self._wait_until_heard()
        return {
            'answered_without_its_folder': answered,
            'configure_refused': refused,
            'reason_names_the_folder': explained,
            'answered_after': self.gunner.answer_one(self.transport),
        }

    def _change(self, *transitions: int) -> None:
        for number in transitions:
            if not self._changed(number):
                raise RuntimeError(f'transition {number} failed')

    def _changed(self, number: int) -> bool:
        return self.gunner.caller.change_state(number, self.gunner.wait_for)

    def _wait_until_heard(self) -> None:
        if not self.gunner.wait_until(lambda: self.gunner.is_heard(self.transport), _READY_S):
            raise RuntimeError('the node does not listen')


def _growth(before: Vitals, after: Vitals) -> dict[str, Any]:
    return {
        'rss_mb': [round(before.rss_mb, 1), round(after.rss_mb, 1)],
        'anonymous_mb': [round(before.anonymous_mb, 1), round(after.anonymous_mb, 1)],
        'threads': [before.threads, after.threads],
        'descriptors': [before.descriptors, after.descriptors],
    }
