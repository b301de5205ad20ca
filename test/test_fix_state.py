# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The state that does not flicker."""

import pytest
from visual_navsat.tracking.fix_state import FixState, FixStateMachine


def states_of(outcomes: str, seconds_apart: float = 1.0) -> str:
    """Return F, D or N after each of the outcomes + (fix) and - (refused)."""
    machine = FixStateMachine(no_fix_after_s=5.0)
    found = ''
    for number, outcome in enumerate(outcomes):
        machine.note(outcome == '+', number * seconds_apart)
        found += machine.at(number * seconds_apart).name[0]
    return found


@pytest.mark.parametrize(
    ('outcomes', 'states'),
    [
        ('++', 'DF'),
        ('+-+-+-', 'DDDDDD'),
        ('++-+-+', 'DFFFFF'),
        ('++--+-++', 'DFFDDDDF'),
        ('++-------', 'DFFDDDDNN'),
        ('---', 'NNN'),
    ],
)
def test_state_after_each_image(outcomes, states):
    assert states_of(outcomes) == states


def test_images_too_far_apart_never_make_more_than_degraded():
    assert states_of('+++', seconds_apart=6.0) == 'DDD'


def test_silence_is_no_fix_and_so_is_a_clock_that_went_back():
    machine = FixStateMachine(no_fix_after_s=5.0)
    assert machine.at(100.0) is FixState.NO_FIX
    machine.note(True, 100.0)
    machine.note(True, 101.0)
    assert machine.at(106.0) is FixState.FIX
    assert machine.at(106.1) is FixState.NO_FIX
    assert machine.at(3.0) is FixState.NO_FIX
