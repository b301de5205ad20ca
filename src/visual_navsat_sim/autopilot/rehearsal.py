# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A bridge and a fake autopilot on one simulated clock, their messages packed and unpacked."""

from __future__ import annotations

from typing import Any

from visual_navsat.autopilot.bridge import Bridge, BridgeConfig, TopicLink
from visual_navsat.autopilot.dialect import Dialect
from visual_navsat.autopilot.messages import MavlinkMessage
from visual_navsat.autopilot.target import Target
from visual_navsat_sim.autopilot.fake_autopilot import FakeAutopilot

STEP_S = 0.02
_START_NS = 1_800_000_000_000_000_000


class WireLink:
    """A link without sockets: bytes from hand to hand."""

    def __init__(self, *autopilots: FakeAutopilot) -> None:
        self.error = ''
        self.autopilots = autopilots
        self.sent: list[MavlinkMessage] = []
        self._dialect = Dialect()

    def receive(self, timeout_s: float = 0.0) -> list[Any]:
        """Return what the autopilots have said."""
        data = b''.join(autopilot.transmit() for autopilot in self.autopilots)
        return [] if self.error else self._dialect.parse(data)

    def send(self, message: MavlinkMessage) -> bool:
        """Hand a message to the first autopilot."""
        if self.error:
            return False
        self.sent.append(message)
        self.autopilots[0].receive(self._dialect.pack(message))
        return True

    def peers(self) -> list[str]:
        """Return nobody."""
        return []


class Rehearsal:
    """Run both in steps of simulated time."""

    def __init__(
        self,
        autopilot: FakeAutopilot,
        target: Target,
        config: BridgeConfig | None = None,
        topics: TopicLink | None = None,
    ) -> None:
        self.autopilot = autopilot
        self.link = WireLink(autopilot)
        self.bridge = Bridge(self.link, target, config, topics)
        self.now_ns = _START_NS

    def step(self) -> None:
        """Let both do one step."""
        for autopilot in self.link.autopilots:
            autopilot.advance(STEP_S)
        self.now_ns += round(STEP_S * 1e9)
        self.bridge.step(self.now_ns)

    def run(self, seconds: float) -> None:
        """Let both go on."""
        for _ in range(round(seconds / STEP_S)):
            self.step()

    def state_names(self) -> list[str]:
        """Return the names of what the bridge says."""
        return [state.name for state in self.bridge.states(self.now_ns)]
