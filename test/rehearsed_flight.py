# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Flights of the fake autopilot on fixes that come late, irregularly or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
import heapq

import numpy as np
from visual_navsat.autopilot.bridge import BridgeConfig
from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.target import find_target
from visual_navsat.geometry.geodesy import LocalFrame
from visual_navsat.localization.position import PositionEstimate, Refusal
from visual_navsat_sim.autopilot.fake_autopilot import FakeAutopilot
from visual_navsat_sim.autopilot.rehearsal import Rehearsal
from visual_navsat_sim.autopilot.wind_flight import WindFlight

START = Origin(47.4, 8.5, 400.0)
SIGMA_M = 3.0
ON = {
    'vision': {'VISO_TYPE': 1, 'EK3_SRC2_POSXY': 6, 'EK3_SRC2_YAW': 1, 'VISO_DELAY_MS': 20},
    'gps': {'GPS1_TYPE': 14, 'GPS1_DELAY_MS': 20, 'EK3_SRC1_VELXY': 0, 'EK3_SRC1_VELZ': 0},
    'sensor': {'EKF2_AGP0_CTRL': 1, 'EKF2_AGP0_GATE': 5},
}
ON['odometry'] = ON['vision']


def switched_on(kind, way, seed=1, **options):
    """Return an autopilot that is set up as it should be."""
    autopilot = FakeAutopilot(kind, WindFlight(seed), START, **options)
    autopilot.parameters |= {name: float(value) for name, value in ON.get(way, {}).items()}
    autopilot.source_set = 2 if way in ('vision', 'odometry') else 1
    return autopilot


def rehearse(autopilot, way, loop='closed', **options):
    """Return the autopilot with a bridge to it."""
    target = find_target(autopilot.kind, way)
    return Rehearsal(autopilot, target, BridgeConfig(loop=loop, **options))


class FixMaker:
    """Take images, refuse a share of them, and deliver fixes late and irregularly."""

    def __init__(self, rehearsal, seed=1, refused=0.4, late_s=(0.3, 3.0), sigma_m=SIGMA_M):
        self._rehearsal, self._random = rehearsal, np.random.default_rng(seed)
        self._refused, self._late_s, self._sigma_m = refused, late_s, sigma_m
        self._under_way = []
        self._next_ns = 0
        self.is_paused = False
        self.errors_m = []  # of the fixes, at the time of their images
        self.shift_en_m = np.zeros(2)  # of a localizer that is wrong

    def step(self):
        now_ns, truth_m = self._rehearsal.now_ns, self._rehearsal.autopilot.flight.position_en_m
        if now_ns >= self._next_ns and not self.is_paused:
            self._next_ns = now_ns + round(self._random.uniform(0.5, 1.2) * 1e9)
            late_ns = round(self._random.uniform(*self._late_s) * 1e9)
            error_m = self._sigma_m * self._random.standard_normal(2)
            position = Refusal('no_match')
            if self._random.random() > self._refused:
                self.errors_m.append(float(np.linalg.norm(error_m)))
                position = place(truth_m + error_m + self.shift_en_m, self._sigma_m)
            heapq.heappush(self._under_way, (now_ns + late_ns, now_ns, position))
        while self._under_way and self._under_way[0][0] <= now_ns:
            _, stamp_ns, position = heapq.heappop(self._under_way)
            self._rehearsal.bridge.offer(position, stamp_ns, now_ns)

    def run(self, seconds):
        for _ in range(round(seconds / 0.02)):
            self._rehearsal.step()
            self.step()


def place(east_north_m, sigma_m=SIGMA_M):
    """Return a fix at metres from the start."""
    lat, long = START.geodetic_from_ned(float(east_north_m[1]), float(east_north_m[0]))
    return PositionEstimate.from_horizontal(lat, long, sigma_m**2 * np.eye(2), 10.0)


@dataclass
class Flown:
    """What was sent, against the truth at the time of sending."""

    fix_errors_m: list = field(default_factory=list)
    sent_errors_m: list = field(default_factory=list)
    along_m: list = field(default_factory=list)
    nees: list = field(default_factory=list)
    ekf_errors_m: list = field(default_factory=list)

    def summary(self):
        return {
            'ratio': np.median(self.sent_errors_m) / np.median(self.fix_errors_m),
            'anees': np.mean(self.nees) / 2,
            'along': np.mean(self.along_m),
            'ekf': np.median(self.ekf_errors_m),
            'ekf_p95': np.percentile(self.ekf_errors_m, 95),
            'sent': len(self.nees),
        }


def fly(kind, way, seed, seconds=300.0, **options):
    """Return what was sent on a flight with late fixes, and how the estimator fared."""
    rehearsal = rehearse(switched_on(kind, way, seed), way, **options)
    maker = FixMaker(rehearsal, seed + 100)
    flown = Flown(maker.errors_m)
    flight = rehearsal.autopilot.flight

    def watch(outgoing):
        here = START.geodetic_from_ned(*flight.position_en_m[::-1])
        position = outgoing.position
        frame = LocalFrame(*here)
        error_m = frame.enu_from_geodetic(position.latitude, position.longitude)
        flown.sent_errors_m.append(float(np.linalg.norm(error_m)))
        flown.nees.append(position.sigmas_to(*here) ** 2)
        speed = float(np.linalg.norm(flight.velocity_en))
        flown.along_m.append(float(error_m @ flight.velocity_en) / speed)

    rehearsal.bridge.watch = watch
    while rehearsal.now_ns < 1_800_000_000_000_000_000 + seconds * 1e9:
        maker.run(0.2)
        flown.ekf_errors_m.append(rehearsal.autopilot.error_m)
    return flown
