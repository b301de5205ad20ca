# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""The real node beside a camera that publishes both transports, none, or with another QoS."""

from collections.abc import Callable
import io
import time

from diagnostic_msgs.msg import DiagnosticStatus
from localizer_peer import make_image_message, start_localizer, wait_for
from makers import GSD
import PIL.Image
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Float64
from visual_navsat.ros.large_images import PROFILE_VARIABLES


def parameters(small_map, *others):
    return f'node.map:={small_map.index}', f'node.gsd_m_per_px:={GSD}', *others


def compressed(image, rgb):
    """Return an Image message as the CompressedImage that comes with it."""
    file = io.BytesIO()
    PIL.Image.fromarray(rgb).save(file, 'PNG')
    data = file.getvalue()
    return CompressedImage(header=image.header, format='rgb8; png compressed bgr8', data=data)


def publish_both(peer, rgb):
    image = make_image_message(rgb)
    peer.images.publish(image)
    peer.compressed.publish(compressed(image, rgb))
    return image


def test_each_image_counts_once_and_the_other_transport_takes_over(localizer, small_map):
    process, peer = localizer(*parameters(small_map))
    peer.wait_until_active()
    peer.send(heading=Float64(data=0.0))
    rgb = small_map.tile_image(5)
    for _ in range(3):
        peer.wait_for_fix(publish_both(peer, rgb))
    values = peer.wait_for_status(lambda _, v: v['fixes'] == '3', 'three fixes')
    assert (values['images_received'], values['images_stale']) == ('3', '0')
    assert 'is not after the last' not in process.log()

    def has_dropped(silent, sending: Callable[[], object]) -> Callable[[], bool]:
        # In a silence the node listens to both again: images come until it is seen to have chosen.
        def look() -> bool:
            sending()
            time.sleep(0.2)
            return silent() == 0

        return look

    def fewest() -> int:
        return min(each.get_subscription_count() for each in (peer.images, peer.compressed))

    wait_for(has_dropped(fewest, lambda: publish_both(peer, rgb)), 'one subscription')

    # Whichever it was falls silent.
    silent, other = peer.images, peer.compressed
    if silent.get_subscription_count() == 0:
        silent, other = other, silent
    wait_for(other.get_subscription_count, 'subscription to the other transport')

    def publish_other():
        image = make_image_message(rgb)
        other.publish(image if other is peer.images else compressed(image, rgb))
        return image

    image = publish_other()
    assert peer.wait_for_fix(image).header.stamp == image.header.stamp
    wait_for(has_dropped(silent.get_subscription_count, publish_other), 'end of the silent one')


def test_a_camera_of_which_nothing_arrives_is_told_from_none(tmp_path, small_map):
    with start_localizer(tmp_path, *parameters(small_map)) as (process, peer):
        peer.wait_until_active()

        def is_explained(words):
            return lambda status, values: (
                status.level == DiagnosticStatus.STALE and words in values['reason']
            )

        values = peer.wait_for_status(is_explained('but nothing arrives'), 'reason')
        assert all(variable in values['reason'] for variable in PROFILE_VARIABLES)
        assert 'fastdds_large_images.xml' in values['reason']
        assert f'peer_{process.domain_id} publishes /image' in process.log()
        for publisher in (peer.images, peer.compressed):
            peer.node.destroy_publisher(publisher)
        peer.wait_for_status(is_explained('nothing publishes there'), 'reason')
        peer.node.create_publisher(CompressedImage, '/image', 10)
        peer.wait_for_status(is_explained('/image carries sensor_msgs/msg/Comp'), 'other type')


def test_one_transport_alone_with_overrides_and_what_these_exclude_is_said(localizer, small_map):
    overrides = (
        'qos_overrides./image.subscription.reliability:=reliable',
        'qos_overrides./image.subscription.depth:=7',
        'qos_overrides./image.subscription.durability:=transient_local',
        'qos_overrides./imu.subscription.reliability:=reliable',
        'qos_overrides./localizer/fix.publisher.reliability:=best_effort',
    )
    process, peer = localizer(*parameters(small_map, 'image_transport:=raw', *overrides))
    status = peer.wait_for_status(lambda _, v: 'QoS incompatible' in v['reason'], 'reason')
    assert 'qos_overrides./image.subscription' in status['reason']
    assert '/image/compressed' not in status['reason']
    assert peer.compressed.get_subscription_count() == 0

    def reliability(endpoints):
        return endpoints[0].qos_profile.reliability

    node = peer.node
    for topic in ('/image', '/imu'):
        subscribed = node.get_subscriptions_info_by_topic(topic)
        assert reliability(subscribed) == ReliabilityPolicy.RELIABLE
    altitude = node.get_subscriptions_info_by_topic('/altitude')
    assert reliability(altitude) == ReliabilityPolicy.BEST_EFFORT
    fix = node.get_publishers_info_by_topic('/localizer/fix')
    assert reliability(fix) == ReliabilityPolicy.BEST_EFFORT
    assert 'qos_overrides' not in process.log().partition('activate failed')[2]


def test_an_override_without_sense_is_refused_in_a_line(localizer, small_map):
    bad = 'qos_overrides./image.subscription.reliability:=sometimes'
    process, peer = localizer(*parameters(small_map, bad))
    values = peer.wait_for_status(lambda _, v: 'qos_overrides' in v['reason'], 'refusal')
    assert 'qos_overrides of image cannot be used' in values['reason']
    assert values['state'] == 'inactive'
    assert not peer.node.get_subscriptions_info_by_topic('/imu')
    assert 'Traceback' not in process.log()


def test_an_override_of_an_output_without_sense_ends_the_node_in_a_line(localizer, small_map):
    bad = 'qos_overrides./localizer/fix.publisher.depth:=many'
    process, _ = localizer(*parameters(small_map, bad))
    assert process.exit_code() == 1
    assert 'qos_overrides of ~/fix cannot be used' in process.log()
    assert 'Traceback' not in process.log()
