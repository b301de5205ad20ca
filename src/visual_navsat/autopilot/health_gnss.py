# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Whether the autopilot's GNSS agrees with the map."""

from __future__ import annotations

from collections.abc import Iterator
import math

from visual_navsat.autopilot.health_facts import Facts, State


def gnss_states(facts: Facts) -> Iterator[State]:
    """Yield a state if GNSS is not where the fixes are."""
    difference = facts.gnss
    if difference is None or difference.is_consistent:
        return
    off_m, rate = math.hypot(*difference.mean_en_m), math.hypot(*difference.rate_en_m_s)
    far = f'GNSS is {off_m:.0f} m ({difference.sigmas:.0f} sigmas) from the fixes'
    if difference.walks_away:
        yield State(
            'gnss_walks_away',
            'error',
            f'{far} and goes away at {rate:.1f} m/s, as spoofed GNSS does; the bridge keeps to '
            'the map',
            'a source set without GNSS (EK3_SRC2_*; PX4: EKF2_GPS_CTRL 0)',
        )
        return
    yield State(
        'gnss_disagrees',
        'warn',
        f'{far}; the bridge keeps to the map',
        'whichever is wrong: GNSS, the fixes, or the datum of the map',
    )
