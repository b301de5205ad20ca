# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""A simulated flight without ROS: fake autopilot and ground station on one simulated clock."""

from __future__ import annotations

from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.target import find_target
from visual_navsat_sim.autopilot.guided_autopilot import GuidedAutopilot
from visual_navsat_sim.autopilot.guided_flight import GuidedFlight
from visual_navsat_sim.autopilot.rehearsal import STEP_S, WireLink
from visual_navsat_sim.fly.flight import Flight
from visual_navsat_sim.fly.pilot import Mission

START = Origin(47.4, 8.5, 400.0)
START_NS = 1_800_000_000_000_000_000
PLACES = tuple(START.geodetic_from_ned(n, e) for n, e in ((60, 60), (60, -60), (-60, -60)))
MISSION = Mission(PLACES, height_m=40.0, speed_m_s=8.0, gnss_s=4.0, without_gnss_s=30.0)


class FlownAlone:
    """A flight that nobody gives fixes to."""

    def __init__(self, kind: str, mission: Mission = MISSION, way: str | None = None) -> None:
        self.autopilot = GuidedAutopilot(kind, GuidedFlight(1), START)
        self.records = []
        link = WireLink(self.autopilot)
        self.flight = Flight(link, find_target(kind, way), mission, self.records.append)
        self.now_ns = START_NS

    def run(self, seconds: float) -> None:
        """Go on for a time, or until the flight is over."""
        for _ in range(round(seconds / STEP_S)):
            if self.flight.pilot.has_ended:
                return
            self.autopilot.advance(STEP_S)
            self.now_ns += round(STEP_S * 1e9)
            self.flight.turn(self.now_ns)
