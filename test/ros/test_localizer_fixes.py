# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Two real processes on loopback: images in, fixes out."""

import io
import math
import time

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from localizer_peer import make_image_message, read_cloud, start_localizer, wait_for
from makers import TILE_M, TILE_PX
import numpy as np
import PIL.Image
import pytest
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Float64
from std_srvs.srv import SetBool, Trigger
from visual_navsat.geometry.geodesy import distance_m


@pytest.fixture(scope='module')
def running(small_map, tmp_path_factory):
    # Without /clock, simulated time stands still: no heading gets old before a test wants it.
    parameters = (
        'node.altitude_m:=0.0',
        f'node.gsd_m_per_px:={TILE_M / TILE_PX}',
        'use_sim_time:=true',
    )
    folder = tmp_path_factory.mktemp('localizer')
    with start_localizer(folder, f'node.map:={small_map.index}', *parameters) as (_, peer):
        peer.wait_until_active()
        yield peer


@pytest.fixture
def peer(running):
    """Return the peer of a localizer that knows its heading and else is as after its start."""
    assert running.call(SetBool, 'set_enabled', data=True).success
    assert running.call(Trigger, 'reset').success
    send_heading(running, 0.0)
    return running


def locate(peer, rgb, **header):
    message = make_image_message(rgb, **header)
    peer.images.publish(message)
    return peer.wait_for_fix(message)


def send_heading(peer, heading_deg):
    peer.send(heading=Float64(data=heading_deg))


def best_candidate(peer, fix):
    cloud = wait_for(
        lambda: next((c for c in peer.clouds if c.header == fix.header), None), 'candidates'
    )
    return read_cloud(cloud)[0]


def test_tile_published_as_an_image_gives_its_own_centre(peer, small_map):
    fix = locate(peer, small_map.tile_image(6), frame_id='nadir_optical')
    tile = small_map.tiles[6]
    assert fix.header.frame_id == 'nadir_optical'
    assert (fix.status.status, fix.status.service, fix.altitude) == (0, 0, 0.0)
    assert distance_m(fix.latitude, fix.longitude, tile.center_lat, tile.center_long) < 1.0
    covariance = fix.position_covariance.reshape(3, 3)
    assert fix.position_covariance_type == 1
    assert np.isfinite(covariance).all() and (np.linalg.eigvalsh(covariance) > 0).all()


def test_candidates_come_with_the_fix(peer, small_map):
    best = best_candidate(peer, locate(peer, small_map.tile_image(9)))
    assert (best['rank'], best['tile_index']) == (1, 9)
    assert best['similarity'] > 0.99


def test_image_that_shows_too_little_gives_no_fix_and_no_numbers(peer, small_map):
    # Turned by 45 degrees, not one patch of 14 x 14 px fits into 20 x 20 px.
    send_heading(peer, 45.0)
    fix = locate(peer, small_map.tile_image(4)[:20, :20], frame_id='')
    assert fix.header.frame_id == 'camera'
    assert (fix.status.status, fix.position_covariance_type) == (-1, 0)
    assert np.isnan([fix.latitude, fix.longitude, fix.altitude]).all()
    values = peer.wait_for_status(
        lambda status, _: status.level == DiagnosticStatus.WARN, 'warning in the diagnostics'
    )
    assert values['no_fixes'] == '1'
    assert 'no_patches' in values['reason']


@pytest.mark.parametrize(
    ('fault', 'words'),
    [
        ({'encoding': 'rgb48'}, "'rgb48' is not known"),
        ({'step': 5}, 'step is 5 bytes'),
        ({'width': 0}, '0 x 224 px'),
    ],
)
def test_bad_image_is_explained_and_the_next_good_one_gives_a_fix(peer, small_map, fault, words):
    bad = make_image_message(small_map.tile_image(2))
    for field, value in fault.items():
        setattr(bad, field, value)
    peer.images.publish(bad)
    assert peer.wait_for_fix(bad).status.status == -1
    values = peer.wait_for_status(
        lambda status, values: status.level == DiagnosticStatus.ERROR, 'error in the diagnostics'
    )
    assert words in values['reason']
    assert values['images_refused'] == '1'
    assert locate(peer, small_map.tile_image(2)).status.status == 0
    peer.wait_for_status(lambda status, _: status.level == DiagnosticStatus.OK, 'recovery')


def test_heading_decides_how_the_image_is_turned(peer, small_map):
    east_up = np.ascontiguousarray(np.rot90(small_map.tile_image(5)))
    similarities = []
    for heading_deg in (90.0, 215.0):
        send_heading(peer, heading_deg)
        similarities.append(best_candidate(peer, locate(peer, east_up))['similarity'])
    assert similarities[0] > 0.99
    assert similarities[1] < similarities[0] - 0.05


def test_heading_gets_old_on_the_simulated_clock(peer, small_map):
    clock = peer.node.create_publisher(Clock, '/clock', 1)
    wait_for(clock.get_subscription_count, 'localizer that listens to the clock')
    send_heading(peer, 90.0)

    def is_located() -> bool:
        # The clock has a thread of its own: until it is heard, the wrong heading counts.
        clock.publish(Clock(clock=Time(sec=1000)))
        return locate(peer, small_map.tile_image(5)).status.status == 0

    wait_for(is_located, 'fix without the old heading')
    peer.wait_for_status(lambda _, values: values['inputs_too_old'] == '1', 'old heading')


def test_heading_that_is_not_finite_is_counted_and_ignored(peer, small_map):
    peer.send(heading=Float64(data=math.nan))
    peer.wait_for_status(lambda _, values: values['inputs_ignored'] == '1', 'ignored heading')
    assert locate(peer, small_map.tile_image(5)).status.status == 0


def test_stamps_that_repeat_are_stale_and_a_jump_back_starts_anew(peer, small_map):
    image = small_map.tile_image(1)
    first = locate(peer, image, stamp_s=1_600_000_100)
    assert first.status.status == 0
    peer.images.publish(make_image_message(image, stamp_s=1_600_000_100))
    peer.wait_for_status(lambda _, values: values['images_stale'] == '1', 'stale image')
    assert locate(peer, image, stamp_s=1_600_000_000).status.status == 0
    values = peer.wait_for_status(lambda _, values: values['stamp_restarts'] == '1', 'restart')
    assert 'new sequence' in values['last_problem']


def test_disabled_localizer_takes_no_image(peer, small_map):
    assert peer.call(SetBool, 'set_enabled', data=False).message == 'disabled'
    ignored = make_image_message(small_map.tile_image(4))
    peer.images.publish(ignored)
    peer.wait_for_status(lambda _, values: values['enabled'] == 'false', 'disabled state')
    assert peer.call(SetBool, 'set_enabled', data=True).success
    assert locate(peer, small_map.tile_image(4)).status.status == 0
    assert all(fix.header.stamp != ignored.header.stamp for fix in peer.fixes)


def test_camera_faster_than_the_engine_loses_all_but_the_newest_images(peer, small_map):
    burst = [make_image_message(small_map.tile_image(k % 16)) for k in range(20)]
    for message in burst:
        peer.images.publish(message)
        time.sleep(0.02)
    peer.wait_for_fix(burst[-1])
    values = peer.wait_for_status(lambda _, values: int(values['fixes']) > 0, 'fix')
    assert int(values['images_dropped']) > 0
    assert int(values['images_received']) == int(values['fixes']) + int(values['images_dropped'])


def test_diagnostics_name_index_model_and_timings_and_reset_clears_counters(peer, small_map):
    locate(peer, small_map.tile_image(0))
    values = peer.wait_for_status(lambda _, values: values['fixes'] == '1', 'fix')
    assert values['index'] == str(small_map.index)
    assert values['model'] == 'dinov2_vit_d192_l6_aerial'
    assert float(values['backbone_ms']) > 0 and float(values['total_ms']) > 0
    peer.call(Trigger, 'reset')
    values = peer.wait_for_status(lambda _, values: values['fixes'] == '0', 'cleared counters')
    assert values['images_received'] == '0'


# Last: the node then listens to compressed images until they are silent for a while.
def test_compressed_image_gives_a_fix(peer, small_map):
    file = io.BytesIO()
    PIL.Image.fromarray(small_map.tile_image(3)).save(file, 'PNG')
    sent = []

    def answer():  # taken when the raw images of other tests have been silent for a while
        message = CompressedImage(format='png', data=file.getvalue())
        message.header = make_image_message(small_map.tile_image(3)).header
        peer.compressed.publish(message)
        sent.append(message.header.stamp)
        time.sleep(0.2)
        return next((fix for fix in peer.fixes if fix.header.stamp in sent), None)

    assert wait_for(answer, 'answer to a compressed image').status.status == 0
