# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The autopilot that is flown: one that runs somewhere, or the simulator's own behind a port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import math
import socket

from visual_navsat.autopilot.local_ned import Origin
from visual_navsat.autopilot.parameter_check import ParameterCheck
from visual_navsat.autopilot.parameters import Wanted
from visual_navsat.autopilot.target import find_target, Target
from visual_navsat.autopilot.vehicle import ARDUPILOT
from visual_navsat.errors import ConfigError
from visual_navsat_sim.autopilot.guided_autopilot import GuidedAutopilot
from visual_navsat_sim.autopilot.guided_flight import GuidedFlight
from visual_navsat_sim.autopilot.served_autopilot import ServedAutopilot
from visual_navsat_sim.demo.flight_site import HOME_LAT, HOME_LONG

_HOME = Origin(HOME_LAT, HOME_LONG, 488.0)
_COMPASS_ERROR_DEG = 1.5


@contextmanager
def own_autopilot(kind: str, way: str | None, seed: int, slower: float = 1.0) -> Iterator[str]:
    """Yield the endpoint of a fake autopilot that stands on the ground, set up as it should be."""
    autopilot = GuidedAutopilot(kind, GuidedFlight(seed), _HOME)
    autopilot.compass_error_rad = math.radians(_COMPASS_ERROR_DEG)
    switch_on(autopilot, find_target(kind, way))
    with ServedAutopilot(autopilot, slower=slower) as served:
        yield served.endpoint


def switch_on(autopilot: GuidedAutopilot, target: Target) -> None:
    """Set the parameters that a way into it needs."""
    for wanted in target.wanted:
        name = wanted.name(autopilot.parameters)
        if name in autopilot.parameters:
            autopilot.parameters[name] = wanted.to_write(autopilot.parameters)


def checked_target(endpoint: str, way: str | None, slower: float = 1.0) -> Target:
    """
    Return the way into the autopilot behind an endpoint.

    :param slower: how many times slower than life it shall be from now on; 1: it stays as it is.
    :raises ConfigError: if its parameters would let nothing be fused, or it cannot be slowed.
    :raises VisualNavsatError: if nobody answers, or this autopilot has no such way.
    """
    check = ParameterCheck(endpoint, way)
    try:
        wrong = check.wrong()
        if wrong:
            names = ', '.join(wanted.name(check.vehicle.parameters) for wanted in wrong)
            raise ConfigError(
                f'{names} must be set before this can fly: visual-navsat doctor --autopilot '
                f'{endpoint}{f" --as {way}" if way else ""} --set'
            )
        if slower != 1.0:
            _slow_down(check, slower)
        return check.target
    finally:
        check.close()


def _slow_down(check: ParameterCheck, slower: float) -> None:
    speed = 1.0 / slower
    if check.vehicle.kind != ARDUPILOT:
        raise ConfigError(
            f'{check.vehicle.kind} cannot be slowed down from here: start it with '
            f'PX4_SIM_SPEED_FACTOR={speed:.3g}, and leave --slower out'
        )
    wanted = Wanted(
        ('SIM_SPEEDUP',), speed, 'slower than life', low=0.999 * speed, high=1.001 * speed
    )
    if not check.put([wanted]):
        raise ConfigError('--slower: the autopilot does not take SIM_SPEEDUP; is it a simulation?')


def free_udp_port() -> int:
    """Return a port of this machine that nobody has bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(('127.0.0.1', 0))
        return int(found.getsockname()[1])
