# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""What is known of bridge and autopilot at a time, and a state that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import math
from typing import Any, Literal

from visual_navsat.autopilot.frame_check import FramePairs
from visual_navsat.autopilot.gnss_watch import GnssDifference
from visual_navsat.autopilot.origin_check import OriginCheck
from visual_navsat.autopilot.sender import Outgoing
from visual_navsat.autopilot.target import Target
from visual_navsat.autopilot.vehicle import Vehicle


@dataclass(frozen=True)
class State:
    """One thing that is so."""

    name: str
    level: Literal['ok', 'warn', 'error']
    words: str
    remedy: str = ''  # the parameter to change, or what to do

    @property
    def line(self) -> str:
        """Return the words, and what to change."""
        return f'{self.words} -> {self.remedy}' if self.remedy else self.words


@dataclass
class Facts:
    """What the states are told from."""

    now_ns: int
    target: Target
    vehicle: Vehicle
    telemetry: str = 'mavlink'
    link_error: str = ''
    peers: list[str] = field(default_factory=list)
    last: Outgoing | None = None  # what was sent last
    is_sending: bool = True  # False: --loop off
    send_rate_hz: float = math.nan  # NaN before there is one
    silence: str = ''
    refused: str = ''
    sent_fields: Mapping[str, Any] = field(default_factory=dict)  # of the last by MAVLink
    is_unheard: bool = False  # nobody subscribes to the topic of the positions
    gnss: GnssDifference | None = None
    pairs: FramePairs = field(default_factory=FramePairs)
    origins: OriginCheck = field(default_factory=OriginCheck)
