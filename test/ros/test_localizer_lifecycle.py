# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The managed node: what it does when told, and when its index cannot be loaded."""

import subprocess
import sys

from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from localizer_peer import make_image_message, read_cloud, wait_for
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter


def change_state(peer, transition_id):
    return peer.call(ChangeState, 'change_state', transition=Transition(id=transition_id)).success


def state(peer):
    return peer.call(GetState, 'get_state').current_state.label


def set_parameter(peer, name, value):
    parameters = [Parameter(name, value=value).to_parameter_msg()]
    return peer.call(SetParameters, 'set_parameters', parameters=parameters).results[0]


def test_lifecycle_manager_drives_a_node_that_does_not_start_itself(localizer, small_map):
    _, peer = localizer('node.autostart:=false', f'node.map:={small_map.index}')
    assert state(peer) == 'unconfigured'
    assert not set_parameter(peer, 'retrieval.top_k', 0).successful
    assert set_parameter(peer, 'retrieval.top_k', 2).successful

    assert change_state(peer, Transition.TRANSITION_CONFIGURE)
    assert state(peer) == 'inactive'
    assert peer.images.get_subscription_count() == 0

    assert change_state(peer, Transition.TRANSITION_ACTIVATE)
    peer.wait_until_active()
    refused = set_parameter(peer, 'retrieval.top_k', 5)
    assert not refused.successful
    assert 'deactivate and clean up first' in refused.reason
    message = make_image_message(small_map.tile_image(8))
    peer.images.publish(message)
    fix = peer.wait_for_fix(message)
    assert fix.status.status == 0
    candidates = read_cloud(wait_for(lambda: peer.clouds, 'candidates')[0])
    assert {1, 2} <= set(candidates['retrieval_rank'])
    unverified = candidates[np.isnan(candidates['heading'])]
    assert set(unverified['retrieval_rank']) <= {1, 2}

    assert change_state(peer, Transition.TRANSITION_DEACTIVATE)
    wait_for(lambda: peer.images.get_subscription_count() == 0, 'end of the subscription')
    assert change_state(peer, Transition.TRANSITION_CLEANUP)
    assert state(peer) == 'unconfigured'
    assert change_state(peer, Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)
    assert state(peer) == 'finalized'


@pytest.mark.parametrize('fault', ['missing', 'damaged', 'unset'])
def test_node_without_an_index_says_so_and_can_be_configured_later(
    localizer, small_map, tmp_path, fault
):
    folder = tmp_path / 'index'
    if fault == 'damaged':
        folder.mkdir()
        (folder / 'manifest.json').write_text('{')
    parameters = () if fault == 'unset' else (f'node.map:={folder}',)
    process, peer = localizer(*parameters)
    values = peer.wait_for_status(
        lambda status, _: status.level == DiagnosticStatus.ERROR, 'error'
    )
    assert values['state'] == 'unconfigured'
    assert ('node.map is empty' if fault == 'unset' else str(folder)) in values['reason']
    assert 'Traceback' not in process.log()
    assert values['reason'] in process.log()
    if fault == 'missing':
        assert set_parameter(peer, 'node.map', str(small_map.index)).successful
        assert change_state(peer, Transition.TRANSITION_CONFIGURE)
        assert change_state(peer, Transition.TRANSITION_ACTIVATE)
        peer.wait_for_status(lambda _, values: values['state'] == 'active', 'active state')


def test_parameter_that_cannot_be_is_refused_at_the_start_in_one_line(localizer):
    process, _ = localizer('model.facet:=keys')
    assert process.exit_code() == 1
    assert 'model.facet' in process.log() and 'must be one of' in process.log()
    assert 'Traceback' not in process.log()


def test_the_node_starts_before_torch_is_loaded():
    program = (
        "import sys; sys.modules['torch'] = sys.modules['pandas'] = None; "
        'import visual_navsat.ros.localizer_node'
    )
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    # Both take longer than all that the node needs to say that it is loading.
    assert done.returncode == 0, done.stderr
