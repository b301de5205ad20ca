# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The running node learns what its compass is off, says so, and keeps it for the next flight."""

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from localizer_peer import make_image_message
from makers import TILE_M, TILE_PX
import pytest
from std_msgs.msg import Float64
from visual_navsat.config import Config
from visual_navsat.tracking.calibration_keeper import with_kept_calibration

COMPASS_OFF_DEG = 8.0


def test_a_compass_that_is_off_is_learned_and_kept(localizer, small_map, tmp_path):
    path = tmp_path / 'calibration.yaml'
    _, peer = localizer(
        f'node.map:={small_map.index}',
        f'node.gsd_m_per_px:={TILE_M / TILE_PX}',
        f'node.calibration_file:={path}',
        'use_sim_time:=true',
    )
    peer.wait_until_active()
    for number in (5, 6, 9, 10, 5, 6):
        image = make_image_message(small_map.tile_image(number))  # north is up
        peer.send(heading=Float64(data=360.0 - COMPASS_OFF_DEG))
        peer.images.publish(image)
        assert peer.wait_for_fix(image).status.status == 0
    values = peer.wait_for_status(lambda _, values: values['fixes'] == '6', 'six fixes')
    said = values['calibration_heading_offset_deg']
    assert float(said.split()[0]) == pytest.approx(COMPASS_OFF_DEG, abs=1.0)
    assert said.endswith('corrected')
    assert values['calibration_scale_factor'].endswith('not significant')
    assert values['calibration_matches'] == '6, 0 left out'
    deactivate = Transition(id=Transition.TRANSITION_DEACTIVATE)
    assert peer.call(ChangeState, 'change_state', transition=deactivate).success
    kept = with_kept_calibration(Config().replace('node.calibration_file', str(path)))
    assert kept.calibration.heading_offset_deg == pytest.approx(COMPASS_OFF_DEG, abs=1.0)
    assert kept.calibration.scale_factor == 1.0
