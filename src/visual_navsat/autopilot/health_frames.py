# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Frames that are dropped without a word, and axes that somebody on the way exchanges."""

from __future__ import annotations

from collections.abc import Iterator
import math

from visual_navsat.autopilot.health_facts import Facts, State
from visual_navsat.autopilot.messages import BODY_FRD, LOCAL_FRD
from visual_navsat.autopilot.vehicle import ARDUPILOT

_HIGH_M = 20.0  # below it the sign of a height says little


def frame_states(facts: Facts) -> Iterator[State]:
    """Yield what is wrong with frames and axes."""
    fields = facts.sent_fields
    if facts.target.autopilot == ARDUPILOT and 'child_frame_id' in fields:
        pair = (fields['frame_id'], fields['child_frame_id'])
        if pair != (LOCAL_FRD, BODY_FRD):
            yield State(
                'wrong_frame',
                'error',
                f'ODOMETRY in frames {pair[0]} and {pair[1]} is dropped without a word',
                f'frame_id {LOCAL_FRD} (LOCAL_FRD), child_frame_id {BODY_FRD} (BODY_FRD)',
            )
    if any(math.isnan(value) for value in fields.get('covariance', ())):
        yield State('nan_covariance', 'error', 'a NaN in the covariance poisons the EKF')
    exchanged = facts.pairs.exchanged()
    if exchanged:
        yield State('wrong_frame', 'error', exchanged, 'positions are north, east, down')
    local = facts.vehicle.local_ned
    sent_m = fields.get('z', math.nan)
    if local is None or not abs(sent_m) > _HIGH_M:
        return
    if abs(local[1][2] + sent_m) < abs(sent_m) / 5:
        yield State(
            'wrong_frame',
            'error',
            f'{sent_m:.0f} m down was sent and the EKF is at {local[1][2]:.0f}: down is up there',
            'positions are north, east, down; EK3_SRC2_POSZ 1',
        )
