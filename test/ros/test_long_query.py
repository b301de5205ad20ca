# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Nothing waits for a query or a load that takes long, not even the end of the process."""

from signal import SIGTERM

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from localizer_peer import make_image_message, start_localizer, wait_for
import pytest
from std_srvs.srv import SetBool, Trigger

# The real node, but one function of it works on, as hard as a query does, until a file is there.
PROGRAM = """
from pathlib import Path
import numpy as np
import torch
from visual_navsat.ros.localizer_node import main
import {module} as module

original, folder = module.{name}, Path({folder!r})

def slow(*arguments, **settings):
    result = original(*arguments, **settings)
    (folder / 'started').touch()
    while not (folder / 'release').exists():
        torch.fft.rfft2(torch.rand(1024, 1024))
        np.sort(np.random.rand(100_000))
    return result

module.{name} = slow
raise SystemExit(main())
"""


@pytest.fixture
def slow_localizer(tmp_path, small_map):
    def start(name, *parameters):
        program = PROGRAM.format(
            module='visual_navsat.tracking.localizer', name=name, folder=str(tmp_path)
        )
        return start_localizer(
            tmp_path, f'node.map:={small_map.index}', *parameters, program=('-c', program)
        )

    return start


def change_state(peer, *transitions):
    return [
        peer.call(ChangeState, 'change_state', transition=Transition(id=number)).success
        for number in transitions
    ]


def state(peer):
    return peer.call(GetState, 'get_state').current_state.label


DOWN = Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP
UP = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE


def publish(peer, small_map):
    wait_for(peer.images.get_subscription_count, 'subscription')
    message = make_image_message(small_map.tile_image(5))
    peer.images.publish(message)
    return message


@pytest.mark.slow
def test_a_long_query_is_abandoned_and_the_next_images_wait_for_its_end(
    slow_localizer, small_map, tmp_path
):
    with slow_localizer('query') as (_, peer):
        peer.wait_until_active()
        abandoned = publish(peer, small_map)
        wait_for((tmp_path / 'started').exists, 'query')
        # All of this while the query runs.
        assert state(peer) == 'active'
        assert peer.call(SetBool, 'set_enabled', data=True).success
        assert peer.call(Trigger, 'reset').success
        assert change_state(peer, *DOWN) == [True, True]
        assert state(peer) == 'unconfigured'
        values = peer.wait_for_status(lambda _, values: 'abandoned' in values['reason'], 'notice')
        assert values['reason'].startswith('waits for configure; an abandoned image takes ')
        # A second one does not pile up: it waits, and its map is unloaded again.
        assert change_state(peer, *UP) == [True, True]
        publish(peer, small_map)
        peer.wait_for_status(lambda _, values: 'wait for it' in values['reason'], 'notice')
        assert change_state(peer, *DOWN, *UP) == [True, True, True, True]
        answered = publish(peer, small_map)
        assert peer.fixes == []
        (tmp_path / 'release').touch()
        assert peer.wait_for_fix(answered).status.status == 0
        assert all(fix.header.stamp != abandoned.header.stamp for fix in peer.fixes)
        values = peer.wait_for_status(lambda _, values: values['fixes'] == '1', 'fix')
        counted = [values[f'images_{name}'] for name in ('received', 'abandoned', 'dropped')]
        assert counted == ['2', '1', '1']  # the first was received before the reset
        assert 'abandoned' not in values['reason']


@pytest.mark.slow
def test_the_process_ends_during_a_long_query_and_leaves_no_shared_memory(
    slow_localizer, small_map, tmp_path
):
    with slow_localizer('query') as (process, peer):
        peer.wait_until_active()
        publish(peer, small_map)
        wait_for((tmp_path / 'started').exists, 'query')
        segments = process.shared_memory()
        process.send_signal(SIGTERM)
        assert process.exit_code() == 0, process.log()
        assert 'Traceback' not in process.log()
    assert segments
    assert [path for path in segments if path.exists()] == []


@pytest.mark.slow
def test_services_are_answered_while_the_map_is_loaded(slow_localizer, small_map, tmp_path):
    with slow_localizer('warm_up') as (_, peer):
        wait_for((tmp_path / 'started').exists, 'load')
        assert state(peer) == 'configuring'
        assert peer.call(SetBool, 'set_enabled', data=True).success
        assert change_state(peer, Transition.TRANSITION_CONFIGURE) == [False]
        peer.wait_for_status(lambda _, values: values['reason'] == 'loads the map', 'state')
        (tmp_path / 'release').touch()
        peer.wait_until_active()
        assert state(peer) == 'active'
