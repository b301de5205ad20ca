# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Turn a bridge on a clock; whoever has something for it hands it over from its own thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import queue
import time

from visual_navsat.autopilot.bridge import Bridge
from visual_navsat.autopilot.health_facts import State

# What arrives meanwhile waits in the kernel: to be woken by each message costs more than it says.
_TICK_S = 0.1
_LEAST_S = 0.002
_LOOK_S = 0.5

Work = Callable[[Bridge, int], None]


class Runner:
    """
    Step a bridge, and look at how it goes twice a second.

    Only the thread that calls :meth:`turn` touches the bridge.
    """

    def __init__(
        self,
        bridge: Bridge,
        look: Callable[[Sequence[State], int], None],
        clock: Callable[[], int] = time.time_ns,
        poll: Work | None = None,
    ) -> None:
        """
        Start nothing yet.

        :param look: is given the states and the time of each look.
        :param clock: nanoseconds, the clock of the stamps of images and odometry.
        :param poll: is done to the bridge in every turn, before its step.
        """
        self._bridge, self._look, self._clock, self._poll = bridge, look, clock, poll
        self._work: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._looked_at = -_LOOK_S  # on the monotonic clock
        self._stepped_ns = 0

    def submit(self, work: Work) -> None:
        """Let this be done to the bridge in the next turn; it is given the bridge and the time."""
        self._work.put(work)

    def turn(self) -> None:
        """Wait a moment, do what was submitted, then step the bridge."""
        wait_s = self._bridge.sender.wait_s(self._stepped_ns)
        time.sleep(min(max(wait_s, _LEAST_S), _TICK_S))
        self._stepped_ns = now_ns = self._clock()
        while not self._work.empty():
            self._work.get()(self._bridge, now_ns)
        if self._poll is not None:
            self._poll(self._bridge, now_ns)
        self._bridge.step(now_ns)
        if time.monotonic() - self._looked_at >= _LOOK_S:
            self._looked_at = time.monotonic()
            self._look(self._bridge.states(now_ns), now_ns)
