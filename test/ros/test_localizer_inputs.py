# Copyright 2026 the visual_navsat authors
# Use of this source code is governed by an MIT-style license that can be found in the LICENSE
# file or at https://opensource.org/licenses/MIT.

"""Two real processes on loopback: what the vehicle's sensors say reaches the answer."""

import importlib.util
import math
import time

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseWithCovarianceStamped, Quaternion, QuaternionStamped
from localizer_peer import make_image_message, start_localizer
from makers import TILE_M, TILE_PX
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Imu, NavSatFix, Range
from std_msgs.msg import Float64
from std_srvs.srv import Trigger
from visual_navsat.geometry.areas import area_frame
from visual_navsat.geometry.geodesy import distance_m

GREY = np.full((TILE_PX, TILE_PX, 3), 128, np.uint8)


@pytest.fixture(scope='module')
def running(small_map, tmp_path_factory):
    # Without /clock, simulated time stands still: what has no stamp is never old.
    parameters = (
        f'node.map:={small_map.index}',
        f'node.gsd_m_per_px:={TILE_M / TILE_PX}',
        'use_sim_time:=true',
    )
    with start_localizer(tmp_path_factory.mktemp('localizer'), *parameters) as (_, peer):
        peer.wait_until_active()
        yield peer


@pytest.fixture
def peer(running):
    """Return the peer of a localizer that has forgotten all but its camera."""
    assert running.call(Trigger, 'reset').success
    return running


def stamped(kind, image, **fields):
    """Return a message of the time of an image message."""
    message = kind(**fields)
    message.header.stamp = image.header.stamp
    return message


def facing(heading_deg) -> Quaternion:
    """Return ENU from a level vehicle that faces this way."""
    half = math.radians(90.0 - heading_deg) / 2
    return Quaternion(z=math.sin(half), w=math.cos(half))


def odom_at(image, east, north) -> Odometry:
    message = stamped(Odometry, image)
    message.pose.pose.position.x, message.pose.pose.position.y = float(east), float(north)
    return message


def locate(peer, image, **sensors):
    """Publish sensors and then the image message, north up unless told; return its fix."""
    if not {'imu', 'attitude'} & sensors.keys():
        sensors['heading'] = Float64(data=0.0)
    peer.send(**sensors)
    peer.images.publish(image)
    return peer.wait_for_fix(image)


def error_m(fix, tile):
    return distance_m(fix.latitude, fix.longitude, tile.center_lat, tile.center_long)


def fly_until_tracked(peer, small_map, is_heading_known=True):
    """Fly from tile to tile with odometry; return the last image and its tracked fix."""
    for step in range(9):
        number = 5 + step % 2
        image = make_image_message(small_map.tile_image(number))
        odom = odom_at(image, 7000 + TILE_M * (step % 2), -300)
        if is_heading_known:
            locate(peer, image, odom=odom)
        else:
            peer.send(odom=odom)
            peer.images.publish(image)
            peer.wait_for_fix(image)
        tracked = peer.wait_for_answer(peer.tracked, image)
        if tracked.status.status == 0:
            return image, tracked, small_map.tiles[number]
    pytest.fail('nine images and odometry do not make a track')


def test_camera_attitude_and_height_are_used(peer, small_map):
    image = make_image_message(
        np.ascontiguousarray(np.rot90(small_map.tile_image(5)))
    )  # east is up
    focal_px = 100.0 / (TILE_M / TILE_PX)  # of the map's own GSD at 100 m
    center = (TILE_PX - 1) / 2
    info = CameraInfo(width=TILE_PX, height=TILE_PX)
    info.k = [focal_px, 0.0, center, 0.0, focal_px, center, 0.0, 0.0, 1.0]
    imu = stamped(Imu, image, orientation=facing(90.0))
    fix = locate(peer, image, camera_info=info, imu=imu, altitude=Float64(data=100.0))
    assert error_m(fix, small_map.tiles[5]) < 5.0
    values = peer.wait_for_status(lambda _, values: values['fixes'] == '1', 'fix')
    assert set(values['inputs'].split(', ')) == {'camera_info used', 'imu used', 'altitude used'}


def test_attitude_and_range_replace_imu_and_altitude(peer, small_map):
    image = make_image_message(small_map.tile_image(9))
    attitude = stamped(QuaternionStamped, image, quaternion=facing(0.0))
    below = stamped(Range, image, min_range=1.0, max_range=200.0, range=100.0)
    assert error_m(locate(peer, image, attitude=attitude, range=below), small_map.tiles[9]) < 5.0
    values = peer.wait_for_status(lambda _, values: values['fixes'] == '1', 'fix')
    assert {'attitude used', 'range used'} <= set(values['inputs'].split(', '))


def test_attitude_that_never_comes_or_stops_costs_no_answer(peer, small_map):
    image = make_image_message(small_map.tile_image(5))
    no_orientation = stamped(Imu, image)
    no_orientation.orientation_covariance[0] = -1.0
    peer.send(imu=no_orientation)
    assert locate(peer, image).status.status == 0
    values = peer.wait_for_status(lambda _, values: values['inputs_ignored'] == '1', 'ignored imu')
    assert 'no orientation' in values['last_problem']
    peer.send(imu=stamped(Imu, image, orientation=facing(0.0)))
    later = make_image_message(small_map.tile_image(5))  # a second after the last attitude
    assert locate(peer, later).status.status == 0
    values = peer.wait_for_status(lambda _, values: values['inputs_too_old'] == '1', 'old imu')
    assert 'imu too old' in values['inputs']


def test_odometry_makes_a_track_that_goes_on_without_images(peer, small_map):
    image, tracked, tile = fly_until_tracked(peer, small_map)
    assert error_m(tracked, tile) < 5.0
    pose = peer.wait_for_answer(peer.poses, image)
    odometry = peer.wait_for_answer(peer.odometry, image)
    assert (pose.header.frame_id, odometry.child_frame_id) == ('map', 'base_link')
    lat, long = area_frame(small_map.tiles).geodetic_from_enu(
        np.array([pose.pose.pose.position.x, pose.pose.pose.position.y])
    )
    assert distance_m(lat, long, tracked.latitude, tracked.longitude) < 0.01
    assert np.isfinite(odometry.pose.covariance).all()

    at = next(o for o in (0, TILE_M) if tile is small_map.tiles[5 + int(o > 0)])
    nothing_seen = make_image_message(GREY)
    fix = locate(peer, nothing_seen, odom=odom_at(nothing_seen, 7000 + at, -300 + 30))
    assert fix.status.status == -1
    moved = peer.wait_for_answer(peer.tracked, nothing_seen)
    assert moved.latitude > tracked.latitude
    assert distance_m(
        moved.latitude, moved.longitude, tracked.latitude, tracked.longitude
    ) == pytest.approx(30.0, abs=0.5)
    values = peer.wait_for_status(lambda _, values: values['no_fixes'] == '1', 'refused image')
    assert values['track'] == 'tracked'


def test_a_clock_that_jumps_back_loses_the_track_and_gains_it_again(peer, small_map):
    fly_until_tracked(peer, small_map)
    back = make_image_message(GREY, stamp_s=1000)
    locate(peer, back, odom=odom_at(back, 7000, -300))
    lost = peer.wait_for_answer(peer.tracked, back)
    assert lost.status.status == -1 and math.isnan(lost.latitude)
    assert fly_until_tracked(peer, small_map)


def gnss_at(image, tile, north_deg=0.0) -> NavSatFix:
    message = stamped(
        NavSatFix, image, latitude=tile.center_lat + north_deg, longitude=tile.center_long
    )
    message.position_covariance = np.diag([4.0, 4.0, 9.0]).ravel()
    message.position_covariance_type = 2
    return message


def test_gnss_is_compared_and_a_spoofed_one_shows(peer, small_map):
    image = make_image_message(small_map.tile_image(6))
    locate(peer, image, gnss=gnss_at(image, small_map.tiles[6]))
    values = peer.wait_for_status(lambda _, values: 'gnss' in values, 'comparison with gnss')
    assert values['gnss'].startswith('consistent (0 m')
    image = make_image_message(small_map.tile_image(6))
    fix = locate(peer, image, gnss=gnss_at(image, small_map.tiles[6], north_deg=0.02))
    assert error_m(fix, small_map.tiles[6]) < 5.0  # it never enters the fix
    values = peer.wait_for_status(
        lambda status, values: status.level == DiagnosticStatus.WARN, 'warning of spoofing'
    )
    assert values['gnss'].startswith('inconsistent (222')
    assert 'gnss is inconsistent' in values['reason']


def make_initialpose(east, north, frame_id='map') -> PoseWithCovarianceStamped:
    message = PoseWithCovarianceStamped()
    message.header.frame_id = frame_id
    message.pose.pose.position.x, message.pose.pose.position.y = east, north
    message.pose.covariance = np.diag([25.0, 25.0, 0.0, 0.0, 0.0, 0.07]).ravel()
    return message


def test_initial_pose_starts_the_track(peer, small_map):
    peer.send(initialpose=make_initialpose(50.0, -70.0))
    nothing_seen = make_image_message(GREY)
    assert locate(peer, nothing_seen).status.status == -1
    position = peer.wait_for_answer(peer.poses, nothing_seen).pose.pose.position
    assert (position.x, position.y) == pytest.approx((50.0, -70.0), abs=3.0)


@pytest.mark.parametrize(('sec', 'nanosec'), [(-1, 0), (1, 4_000_000_000)])
def test_stamps_that_no_clock_shows_are_refused_and_the_node_lives_on(
    peer, small_map, sec, nanosec
):
    image = make_image_message(small_map.tile_image(5))
    impossible = make_image_message(small_map.tile_image(5))
    impossible.header.stamp.sec, impossible.header.stamp.nanosec = sec, nanosec
    odom = odom_at(impossible, 0, 0)
    peer.send(odom=odom)
    peer.images.publish(impossible)
    values = peer.wait_for_status(
        lambda _, values: values['images_refused'] == values['inputs_ignored'] == '1', 'refusals'
    )
    assert f'got {sec} s and {nanosec} ns' in values['last_problem']
    assert error_m(locate(peer, image), small_map.tiles[5]) < 1.0


def test_initial_pose_in_another_frame_is_ignored(peer, small_map):
    peer.send(initialpose=make_initialpose(50.0, -70.0, frame_id='odom'))
    values = peer.wait_for_status(lambda _, values: values['inputs_ignored'] == '1', 'ignored')
    assert "in frame 'odom'" in values['last_problem']


def test_a_heading_that_only_the_image_tells_turns_the_pose(peer, small_map):
    image, *_ = fly_until_tracked(peer, small_map, is_heading_known=False)
    orientation = peer.wait_for_answer(peer.poses, image).pose.pose.orientation
    assert 2 * math.atan2(orientation.z, orientation.w) == pytest.approx(math.pi / 2, abs=0.03)
    covariance = peer.wait_for_answer(peer.poses, image).pose.covariance
    assert covariance[35] == pytest.approx(math.radians(1.0) ** 2)


def test_initial_pose_narrows_the_search_beyond_the_budget(localizer, small_map):
    parameters = (
        f'node.map:={small_map.index}',
        f'node.gsd_m_per_px:={TILE_M / TILE_PX}',
        'correlation.max_million_scores:=0.15',  # the map takes more, a fifth of it does not
        'retrieval.top_k:=1',
        'use_sim_time:=true',
    )
    _, peer = localizer(*parameters)
    peer.wait_until_active()
    east, north = area_frame(small_map.tiles).enu_from_geodetic(
        small_map.tiles[5].center_lat, small_map.tiles[5].center_long
    )
    # Under 96 m: too small a footprint to begin on a coarser level instead.
    rim = TILE_PX // 8
    middle = np.ascontiguousarray(small_map.tile_image(5)[rim:-rim, rim:-rim])
    first = make_image_message(middle)
    locate(peer, first)
    values = peer.wait_for_status(lambda _, values: values['fixes'] == '1', 'fix')
    assert (values['found_by'], values['looked_near_track']) == ('retrieval', 'no')
    peer.send(initialpose=make_initialpose(float(east) + 12.0, float(north) - 9.0))
    second = make_image_message(middle)
    fix = locate(peer, second)
    values = peer.wait_for_status(lambda _, values: values['fixes'] == '2', 'second fix')
    # The fix is what the image says by itself; the track has looked around the initial pose.
    assert (values['found_by'], values['looked_near_track']) == ('retrieval', 'yes')
    assert error_m(fix, small_map.tiles[5]) < 5.0
    # From 15 m off, as much as one image of unknown tilt (8 m) weighs against a pose of 5 m: 0.28.
    assert error_m(peer.wait_for_answer(peer.tracked, second), small_map.tiles[5]) < 12.0


def test_an_image_that_is_too_old_is_refused_as_stale(localizer, small_map):
    _, peer = localizer(f'node.map:={small_map.index}', 'node.image_max_age_s:=5.0')
    peer.wait_until_active()
    old = make_image_message(small_map.tile_image(5), stamp_s=int(time.time()) - 60)
    assert locate(peer, old).status.status == -1
    values = peer.wait_for_status(lambda _, values: values['no_fixes'] == '1', 'refused image')
    assert values['refusal'] == 'stale'
    assert 's old, 5 s are allowed' in values['reason']
    fresh = make_image_message(small_map.tile_image(5), stamp_s=int(time.time()))
    assert locate(peer, fresh).status.status == 0
    values = peer.wait_for_status(lambda _, values: values['fixes'] == '1', 'fix')
    assert values['refusal'] == ''


def test_state_of_the_fix_follows_the_images(peer, small_map):
    peer.wait_for_status(lambda _, values: values['fix_state'] == 'NO_FIX', 'NO_FIX')
    locate(peer, make_image_message(small_map.tile_image(5)))
    peer.wait_for_status(lambda _, values: values['fix_state'] == 'DEGRADED', 'DEGRADED')
    locate(peer, make_image_message(small_map.tile_image(5)))
    peer.wait_for_status(lambda _, values: values['fix_state'] == 'FIX', 'FIX')


def test_gimbal_without_tf_is_refused_in_one_line(localizer, small_map):
    if importlib.util.find_spec('tf2_ros'):
        pytest.skip('this machine has tf2_ros')
    process, peer = localizer(f'node.map:={small_map.index}', 'node.mount_from_tf:=true')
    values = peer.wait_for_status(
        lambda status, _: status.level == DiagnosticStatus.ERROR, 'error'
    )
    assert values['state'] == 'inactive'
    assert 'needs tf2_ros' in values['reason']
    assert 'Traceback' not in process.log()
