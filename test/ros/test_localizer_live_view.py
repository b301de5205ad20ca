# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Two real processes: markers and the debug image come to those who look, and only then."""

from localizer_peer import make_image_message, start_localizer, wait_for
from makers import TILE_M, TILE_PX
import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Float64
from visual_navsat.ros.debug_image import PANEL_PX
from visualization_msgs.msg import MarkerArray


@pytest.fixture(scope='module')
def peer(small_map, tmp_path_factory):
    folder = tmp_path_factory.mktemp('localizer')
    parameters = (f'node.map:={small_map.index}', f'node.gsd_m_per_px:={TILE_M / TILE_PX}')
    with start_localizer(folder, *parameters, 'use_sim_time:=true') as (_, peer):
        peer.wait_until_active()
        peer.send(heading=Float64(data=0.0))
        yield peer


def locate(peer, rgb):
    message = make_image_message(rgb)
    peer.images.publish(message)
    peer.wait_for_fix(message)
    return message


@pytest.mark.parametrize(('topic', 'kind'), [('debug_image', Image), ('markers', MarkerArray)])
def test_drawn_only_while_somebody_looks(peer, small_map, topic, kind):
    def is_drawn():
        locate(peer, small_map.tile_image(5))
        # One that began after the answer: its timings are of this image.
        values = peer.wait_for_status(lambda _, v: 'total_ms' in v, 'status with timings')
        return 'draw_ms' in values

    assert not is_drawn()
    got = []
    subscription = peer.node.create_subscription(kind, f'/localizer/{topic}', got.append, 1)
    try:
        count = peer.node.count_publishers
        wait_for(lambda: count(f'/localizer/{topic}'), 'publisher')
        wait_for(is_drawn, 'drawing')  # when the localizer knows of the subscription as well
        assert got
    finally:
        peer.node.destroy_subscription(subscription)
    wait_for(lambda: not is_drawn(), 'end of the drawing')
    count_before = len(got)
    assert not is_drawn()
    assert len(got) == count_before


def test_what_is_drawn_belongs_to_the_image(peer, small_map):
    pictures, arrays = [], []
    subscriptions = [
        peer.node.create_subscription(Image, '/localizer/debug_image', pictures.append, 1),
        peer.node.create_subscription(MarkerArray, '/localizer/markers', arrays.append, 1),
    ]
    try:
        # Until the localizer knows of both subscriptions.
        wait_for(lambda: locate(peer, small_map.tile_image(6)) and pictures and arrays, 'drawing')
        message = locate(peer, small_map.tile_image(5))
        picture = peer.wait_for_answer(pictures, message)
        markers = wait_for(
            lambda: next(
                (a.markers for a in arrays if a.markers[0].header.stamp == message.header.stamp),
                None,
            ),
            'markers with the stamp of the image',
        )
    finally:
        for subscription in subscriptions:
            peer.node.destroy_subscription(subscription)
    pixels = np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.width, 3)
    left, right = pixels[:PANEL_PX, :PANEL_PX], pixels[:PANEL_PX, PANEL_PX:]
    # The image is a tile of the map: it lies beside itself.
    assert np.median(np.abs(left.astype(int) - right)) < 12
    by_name = {marker.ns: marker for marker in markers}
    assert {'tiles', 'hypotheses', 'probabilities', 'footprint', 'fix'} <= set(by_name)
    assert {marker.header.frame_id for marker in markers} == {'map'}
    footprint = np.array([[point.x, point.y] for point in by_name['footprint'].points])
    sides = np.hypot(*np.diff(footprint, axis=0).T)
    np.testing.assert_allclose(sides, TILE_M, rtol=0.03)
    # Its middle is the middle of the fix, for a camera that looks straight down.
    ellipse = np.array([[point.x, point.y] for point in by_name['fix'].points])
    assert np.hypot(*(footprint[:4].mean(axis=0) - ellipse[:-1].mean(axis=0))) < 0.5
